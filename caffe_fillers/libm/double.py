"""log, sin and cos of float64, by the algorithms of glibc.

These are the algorithms of glibc since 2.28 on a processor with
fused multiply-add, every x86-64 server since 2013 (sysdeps/ieee754/dbl-64:
e_log.c, from Arm's Optimized Routines; s_sin.c and s_sincos.c, from IBM's
Accurate Mathematical Library). Without fused multiply-add glibc rounds at
more places, and a few doubles in a thousand differ by an ulp.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Context, Decimal, localcontext
from functools import cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Doubles: TypeAlias = NDArray[np.float64]
Number: TypeAlias = Doubles | float


def _hex(numbers: str) -> list[float]:
    return [float.fromhex(number) for number in numbers.split()]


_SPLITTER = 2.0**27 + 1

# Near 1 the logarithm is one polynomial; elsewhere a short one around the nearest of 128 points.
_NEAR_ONE = _hex(
    "-0x1p-1 0x1.5555555555577p-2 -0x1.ffffffffffdcbp-3 0x1.999999995dd0cp-3 -0x1.55555556745a7p-3 "
    "0x1.24924a344de3p-3 -0x1.fffffa4423d65p-4 0x1.c7184282ad6cap-4 -0x1.999eb43b068ffp-4 "
    "0x1.78182f7afd085p-4 -0x1.5521375d145cdp-4"
)
_AROUND_POINT = _hex(
    "-0x1.0000000000001p-1 0x1.555555551305bp-2 -0x1.fffffffeb459p-3 0x1.999b324f10111p-3 "
    "-0x1.55575e506c89fp-3"
)
_NEAR_LOW, _NEAR_HIGH = _hex("0x1.ep-1 0x1.109p+0")
_LN2_HIGH, _LN2_LOW = _hex("0x1.62e42fefa38p-1 0x1.ef35793c7673p-45")
_LOG_OFFSET, _LOG_INDEX_BITS, _FRACTION_BITS = 0x3FE6000000000000, 7, 52
_LOG_TABLE_STEP = 43  # logarithms of the points are whole multiples of 2**-43

_SINE_SMALL = _hex(
    "-0x1.addffc2fcdf59p-26 0x1.71de27b9a7ed9p-19 -0x1.a01a019db08b8p-13 0x1.1111111110ecep-7 "
    "-0x1.5555555555555p-3"
)
_SINE_3, _SINE_5 = -1.66666666666664880952546298448555e-01, 8.33333214285722277379541354343671e-03
_COSINE_2, _COSINE_4, _COSINE_6 = (
    0.5,
    -4.16666666666664434524222570944589e-02,
    1.38888874007937613028114285595617e-03,
)
_SMALL = 0.126
_TABLE_STEP, _TABLE_SIZE = 128, 110
_TO_TABLE, _TO_WHOLE = 1.5 * 2.0**45, 1.5 * 2.0**52  # adding these rounds to a multiple of 1/128, of 1
_HALF_PI, _HALF_PI_REST = _hex("0x1.921fb54442d18p0 0x1.1a62633145c07p-54")
_HALF_PI_PARTS = _hex("0x1.921fb58p0 -0x1.dde973cp-27 -0x1.cb3b398p-55 -0x1.d747f23e32ed7p-83")
_INVERSE_HALF_PI = float.fromhex("0x1.45f306dc9c883p-1")
# Above these the high word of the angle decides for the next way to bring it down.
_UNREDUCED, _ONE_QUADRANT = _hex("0x1.b6p-1 0x1.368fdp+1")
_TINY = 2.0**-27


def fma(a: Number, b: Number, c: Number) -> Doubles:
    """Fused multiply-add: a * b + c rounded once, of numbers far from the ends of the range.

    The product's error by Dekker (1971), the sum's by Knuth (TAOCP 2, 4.2.2).

    >>> float(fma(1 + 2.0**-30, 1 - 2.0**-30, -1.0)) == -(2.0**-60)
    True
    """
    product = a * b
    (a_high, a_low), (b_high, b_low) = _halves(a), _halves(b)
    product_error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    total = product + c
    rest = total - product
    total_error = (product - (total - rest)) + (c - rest)
    return np.asarray(total + (total_error + product_error))


def log(x: Doubles) -> Doubles:
    """Natural logarithm of positive normal numbers.

    >>> log(np.array([1.0, 0.5, 1e-7])).tolist()
    [0.0, -0.6931471805599453, -16.11809565095832]
    """
    near = (x >= _NEAR_LOW) & (x < _NEAR_HIGH)
    return np.asarray(np.where(near, _log_near_one(np.where(near, x, 1.0)), _log_by_table(x)))


def sincos(x: Doubles) -> tuple[Doubles, Doubles]:
    """Sine and cosine of numbers from 0 to 100.

    >>> [part.tolist() for part in sincos(np.array([0.5, 3.0]))]
    [[0.479425538604203, 0.1411200080598672], [0.8775825618903728, -0.9899924966004454]]
    """
    angle, rest, quadrant = _reduced(x)
    sine, cosine = _sine(angle, rest), _cosine(angle, rest)
    cosine = np.where(quadrant & 2, -cosine, cosine)
    swapped = (quadrant & 1).astype(np.bool_)
    tiny = x < _TINY
    return (
        np.where(tiny, x, np.where(swapped, cosine, sine)),
        np.where(tiny, 1.0, np.where(swapped, sine, cosine)),
    )


def _log_by_table(x: Doubles) -> Doubles:
    reciprocals, logarithms = _log_table()
    bits = x.view(np.int64)
    shifted = bits - _LOG_OFFSET
    index = (shifted >> (_FRACTION_BITS - _LOG_INDEX_BITS)) & (len(reciprocals) - 1)
    exponent = shifted >> _FRACTION_BITS
    mantissa = (bits - (exponent << _FRACTION_BITS)).view(np.float64)
    power = exponent.astype(np.float64)
    r = fma(mantissa, reciprocals[index], -1.0)
    base = power * _LN2_HIGH + logarithms[index]
    high = base + r
    low = fma(power, _LN2_LOW, base - high + r)
    square, c = r * r, _AROUND_POINT
    polynomial = fma(square, fma(r, c[4], c[3]), fma(r, c[2], c[1]))
    result: Doubles = fma(r * square, polynomial, fma(square, c[0], low)) + high
    return result


def _log_near_one(x: Doubles) -> Doubles:
    r = x - 1
    square, c = r * r, _NEAR_ONE
    cube = r * square

    def three(first: int) -> Doubles:
        return fma(square, c[first + 2], fma(r, c[first + 1], c[first]))

    polynomial = fma(cube, fma(cube, fma(cube, c[10], three(7)), three(4)), three(1))
    scaled = r * 2.0**27
    r_high = r + scaled - scaled
    half_square = r_high * r_high * c[0]
    high = r + half_square
    low = fma(c[0] * (r - r_high), r_high + r, r - high + half_square)
    return fma(cube, polynomial, low) + high


def _reduced(x: Doubles) -> tuple[Doubles, Doubles, NDArray[np.int64]]:
    """Bring angles near 0: angle, what its rounding left, and how many quarter turns were taken off.

    Up to the first bound the angle stays; up to the second it is taken from
    a quarter turn, which swaps sine and cosine without a change of sign.
    """
    upper = _HALF_PI - x
    folded = upper + _HALF_PI_REST
    angle, rest, quadrant = _quarter_turns(x)
    negated = (quadrant == 1) | (quadrant == 2)
    angle, rest = np.where(negated, -angle, angle), np.where(negated, -rest, rest)
    whole, once = x < _UNREDUCED, x < _ONE_QUADRANT
    return (
        np.where(whole, x, np.where(once, folded, angle)),
        np.where(whole, 0.0, np.where(once, (upper - folded) + _HALF_PI_REST, rest)),
        np.where(whole, 0, np.where(once, 1, quadrant)),
    )


def _quarter_turns(x: Doubles) -> tuple[Doubles, Doubles, NDArray[np.int64]]:
    first, second, third, fourth = _HALF_PI_PARTS
    rounded = fma(x, _INVERSE_HALF_PI, _TO_WHOLE)
    turns = rounded - _TO_WHOLE
    y = fma(-turns, second, fma(-turns, first, x))
    nearer = fma(-turns, third, y)
    rest = fma(-turns, third, y - nearer)
    angle = fma(-turns, fourth, nearer)
    rest = rest + fma(-turns, fourth, nearer - angle)
    return angle, rest, rounded.view(np.int64) & 3


def _sine(x: Doubles, rest: Doubles) -> Doubles:
    square = x * x
    short = x + fma(fma(_polynomial(square, _SINE_SMALL), x, -(0.5 * rest)), square, rest)
    place, offset = _nearest_in_table(x)
    rest = np.where(x <= 0, -rest, rest)
    square = offset * offset
    s = offset + fma(offset * square, fma(square, _SINE_5, _SINE_3), rest)
    c = fma(offset, rest, square * _polynomial(square, (_COSINE_6, _COSINE_4, _COSINE_2)))
    sine, sine_low, cosine, cosine_low = _sine_table()[:, place]
    correction = fma(cosine, s, fma(-sine, c, fma(s, cosine_low, sine_low)))
    return np.where(np.abs(x) < _SMALL, short, np.copysign(sine + correction, x))


def _cosine(x: Doubles, rest: Doubles) -> Doubles:
    place, offset = _nearest_in_table(x)
    offset = offset + np.where(x < 0, -rest, rest)
    square = offset * offset
    s = fma(offset * square, fma(square, _SINE_5, _SINE_3), offset)
    c = square * _polynomial(square, (_COSINE_6, _COSINE_4, _COSINE_2))
    sine, sine_low, cosine, cosine_low = _sine_table()[:, place]
    result: Doubles = cosine + fma(-sine, s, fma(-cosine, c, fma(-s, sine_low, cosine_low)))
    return result


def _polynomial(x: Doubles, coefficients: Sequence[float]) -> Doubles:
    """Horner's rule, highest power first, each step rounded once."""
    value: Number = coefficients[0]
    for coefficient in coefficients[1:]:
        value = fma(value, x, coefficient)
    return np.asarray(value)


def _nearest_in_table(x: Doubles) -> tuple[NDArray[np.int64], Doubles]:
    size = np.abs(x)
    point = (_TO_TABLE + size) - _TO_TABLE
    return (point * _TABLE_STEP).astype(np.int64), size - point


def _halves(x: Number) -> tuple[Number, Number]:
    scaled = x * _SPLITTER
    high = scaled - (scaled - x)
    return high, x - high


@cache
def _log_table() -> tuple[Doubles, Doubles]:
    """1/c and log(c) for each of the points c; the first as published, the second follows from it."""
    published = json.loads(Path(__file__).with_name("reciprocals.json").read_text())
    reciprocals = _hex(" ".join(published))
    with localcontext(Context(prec=40)):
        steps = [int((-Decimal(each).ln() * 2**_LOG_TABLE_STEP).to_integral_value()) for each in reciprocals]
    return np.array(reciprocals), np.array(steps) / 2.0**_LOG_TABLE_STEP


@cache
def _sine_table() -> Doubles:
    """Sine, its rounding error, cosine and its rounding error of 0, 1/128, 2/128 and so on."""
    with localcontext(Context(prec=60)):
        points = [Decimal(place) / _TABLE_STEP for place in range(_TABLE_SIZE)]
        rows = [[*_doubled(_series(x, x, 1)), *_doubled(_series(x, Decimal(1), 0))] for x in points]
    return np.ascontiguousarray(np.array(rows, np.float64).T)


def _series(x: Decimal, first: Decimal, power: int) -> Decimal:
    """The Taylor series of the sine (from x) or the cosine (from 1) to 50 digits."""
    total = term = first
    while abs(term) > Decimal("1e-50"):
        power += 2
        term *= -x * x / (power * (power - 1))
        total += term
    return total


def _doubled(exact: Decimal) -> tuple[float, float]:
    return float(exact), float(exact - Decimal(float(exact)))
