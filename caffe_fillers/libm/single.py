"""log, exp, sin and cos of float32, by the algorithms of glibc.

These are the algorithms of glibc since 2.27 and 2.28 (sysdeps/ieee754/flt-32: e_logf.c, e_expf.c, s_sinf.c,
s_cosf.c, from Arm's Optimized Routines): polynomials in double, rounded once at the end. The recorded values
come from such a library. Older ones computed otherwise and differed in the last bit of about one value in
seventy.

glibc also has each function compiled for processors that fuse a multiplication with an addition. That moves
the double before the last rounding by some 2**-52 of itself, so about one float in 2**28 could come out
differently; of 2**24 values compared none did.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]


def _hex(*numbers: str) -> Doubles:
    return np.array([float.fromhex(number) for number in numbers])


# The logarithm's sixteen intervals: 1/c and log(c) for a c near the middle of each.
_INVERSE = _hex(
    *("0x1.661ec79f8f3bep+0", "0x1.571ed4aaf883dp+0", "0x1.49539f0f010bp+0", "0x1.3c995b0b80385p+0"),
    *("0x1.30d190c8864a5p+0", "0x1.25e227b0b8eap+0", "0x1.1bb4a4a1a343fp+0", "0x1.12358f08ae5bap+0"),
    *("0x1.0953f419900a7p+0", "0x1p+0", "0x1.e608cfd9a47acp-1", "0x1.ca4b31f026aap-1"),
    *("0x1.b2036576afce6p-1", "0x1.9c2d163a1aa2dp-1", "0x1.886e6037841edp-1", "0x1.767dcf5534862p-1"),
)
_LOGARITHM = _hex(
    *("-0x1.57bf7808caadep-2", "-0x1.2bef0a7c06ddbp-2", "-0x1.01eae7f513a67p-2", "-0x1.b31d8a68224e9p-3"),
    *("-0x1.6574f0ac07758p-3", "-0x1.1aa2bc79c81p-3", "-0x1.a4e76ce8c0e5ep-4", "-0x1.1973c5a611cccp-4"),
    *("-0x1.252f438e10c1ep-5", "0x0p+0", "0x1.aa5aa5df25984p-5", "0x1.c5e53aa362eb4p-4"),
    *("0x1.526e57720db08p-3", "0x1.bc2860d22477p-3", "0x1.1058bc8a07ee1p-2", "0x1.4043057b6ee09p-2"),
)
_LOG_POLYNOMIAL = _hex("-0x1.00ea348b88334p-2", "0x1.5575b0be00b6ap-2", "-0x1.ffffef20a4123p-2")
_LOG_2 = float.fromhex("0x1.62e42fefa39efp-1")
_LOG_OFFSET = 0x3F330000

_SINE = _hex("-0x1.555545995a603p-3", "0x1.1107605230bc4p-7", "-0x1.994eb3774cf24p-13")
_COSINE = _hex(
    *("-0x1.ffffffd0c621cp-2", "0x1.55553e1068f19p-5", "-0x1.6c087e89a359dp-10", "0x1.99343027bf8c3p-16"),
)
_HALF_PI = float.fromhex("0x1.921fb54442d18p0")
_QUADRANTS = float.fromhex("0x1.45f306dc9c883p+23")  # 2/pi * 2**24

# 2**(i/32), and the polynomial for what is left of the exponent, in units of 1/32.
_POWERS = _hex(
    *("0x1.0000000000000p+0", "0x1.059b0d3158574p+0", "0x1.0b5586cf9890fp+0", "0x1.11301d0125b51p+0"),
    *("0x1.172b83c7d517bp+0", "0x1.1d4873168b9aap+0", "0x1.2387a6e756238p+0", "0x1.29e9df51fdee1p+0"),
    *("0x1.306fe0a31b715p+0", "0x1.371a7373aa9cbp+0", "0x1.3dea64c123422p+0", "0x1.44e086061892dp+0"),
    *("0x1.4bfdad5362a27p+0", "0x1.5342b569d4f82p+0", "0x1.5ab07dd485429p+0", "0x1.6247eb03a5585p+0"),
    *("0x1.6a09e667f3bcdp+0", "0x1.71f75e8ec5f74p+0", "0x1.7a11473eb0187p+0", "0x1.82589994cce13p+0"),
    *("0x1.8ace5422aa0dbp+0", "0x1.93737b0cdc5e5p+0", "0x1.9c49182a3f090p+0", "0x1.a5503b23e255dp+0"),
    *("0x1.ae89f995ad3adp+0", "0x1.b7f76f2fb5e47p+0", "0x1.c199bdd85529cp+0", "0x1.cb720dcef9069p+0"),
    *("0x1.d5818dcfba487p+0", "0x1.dfc97337b9b5fp+0", "0x1.ea4afa2a490dap+0", "0x1.f50765b6e4540p+0"),
)
_EXP_POLYNOMIAL = _hex("0x1.c6af84b912394p-5", "0x1.ebfce50fac4f3p-3", "0x1.62e42ff0c52d6p-1") / (
    32.0**3,
    32.0**2,
    32.0,
)
_INVERSE_LOG_2 = float.fromhex("0x1.71547652b82fep+0") * 32

CONSTANTS = np.concatenate(
    (
        *(_INVERSE, _LOGARITHM, _LOG_POLYNOMIAL, [_LOG_2]),
        *(_POWERS, _EXP_POLYNOMIAL, [_INVERSE_LOG_2]),
        *(_SINE, _COSINE, [_HALF_PI, _QUADRANTS]),
    )
)
"""All of them, in the order of `Libm` in rng/_kernel.c."""


def log(x: Floats) -> Floats:
    """Natural logarithm of positive normal numbers."""
    bits = x.view(np.int32).astype(np.int64)
    shifted = bits - _LOG_OFFSET
    interval = (shifted >> 19) & 15
    exponent = shifted >> 23
    mantissa = (bits - (exponent << 23)).astype(np.int32).view(np.float32).astype(np.float64)
    r = mantissa * _INVERSE[interval] - 1
    square = r * r
    tail = _LOG_POLYNOMIAL[0] * square + (_LOG_POLYNOMIAL[1] * r + _LOG_POLYNOMIAL[2])
    result: Floats = (tail * square + (_LOGARITHM[interval] + exponent * _LOG_2 + r)).astype(np.float32)
    return result


def exp(x: Floats) -> Floats:
    """Exponential of numbers whose exponential is a normal number."""
    exponent = x.astype(np.float64) * _INVERSE_LOG_2
    whole = np.rint(exponent)
    r = exponent - whole
    power, index = np.divmod(whole.astype(np.int64), 32)
    scale = np.ldexp(_POWERS[index], power)
    high = _EXP_POLYNOMIAL[0] * r + _EXP_POLYNOMIAL[1]
    result: Floats = ((high * (r * r) + (_EXP_POLYNOMIAL[2] * r + 1)) * scale).astype(np.float32)
    return result


def sin(x: Floats) -> Floats:
    """Sine of numbers from 0 to 120."""
    return _circular(x, 0)


def cos(x: Floats) -> Floats:
    """Cosine of numbers from 0 to 120."""
    return _circular(x, 1)


def _circular(x: Floats, turn: int) -> Floats:
    """Bring the angle to within pi/4 of a multiple of pi/2, then a polynomial by quadrant."""
    angle = x.astype(np.float64)
    quadrant = ((angle * _QUADRANTS).astype(np.int64) + 0x800000) >> 24
    angle -= quadrant * _HALF_PI
    square = angle * angle
    flipped = np.where((quadrant + turn) & 2, -1.0, 1.0)
    odd = ((quadrant + turn) & 1).astype(np.bool_)
    values = np.where(odd, _cosine(square), _sine(angle, square))
    result: Floats = (values * flipped).astype(np.float32)
    return result


def _sine(x: Doubles, square: Doubles) -> Doubles:
    cube = x * square
    result: Doubles = (x + cube * _SINE[0]) + cube * square * (_SINE[1] + square * _SINE[2])
    return result


def _cosine(square: Doubles) -> Doubles:
    fourth = square * square
    low = (1.0 + square * _COSINE[0]) + fourth * _COSINE[1]
    result: Doubles = low + fourth * square * (_COSINE[2] + square * _COSINE[3])
    return result
