"""How values differ from those that a seed makes in their place."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from caffe_fillers.check.diagnose import damaged
from caffe_fillers.check.result import Kind, Mismatch
from caffe_fillers.distributions import Values
from caffe_fillers.frameworks.arrangements import rearranged

_NEAR = 0.1
"""Parts of the deviation by which values may be off and still be called the declared ones."""
_ROUNDED_OFF, _ROUNDED_ONCE = 5e-5, 4e-7
"""Relative errors that float32 leaves after some hundred multiplications, and after one."""
_LEVELS, _DIGITS = 256, range(2, 9)
_SIGMAS, _CORRELATION, _FEWEST = 6.0, 0.1, 16
"""A correlation counts from six of its standard errors on, and from 0.1 on, of 16 values or more."""
_HALVED = math.sqrt(0.5)


def difference(values: Values, wanted: Values) -> Mismatch | None:
    """What was done to the wanted values, or None if these have nothing to do with them.

    >>> difference(np.float32([1.5, 3.0]), np.float32([1.0, 2.0])).text
    'the declared values times 1.5'
    """
    return next((found for told in _MEASURES if (found := told(values, wanted)) is not None), None)


def equal_bits(values: Values, wanted: Values) -> np.ndarray:
    """Where float32 values are the same, bit for bit."""
    equal: np.ndarray = values.view(np.uint32) == wanted.view(np.uint32)
    return equal


def scale_between(values: Values, wanted: Values) -> float | None:
    """The factor that makes the one of the other, up to rounding.

    >>> scale_between(np.float32([1.5, 3.0]), np.float32([1.0, 2.0]))
    1.5
    """
    known = wanted != 0
    if not known.any():
        return None
    ratios = values[known].astype(np.float64) / wanted[known]
    factor = float(np.median(ratios))
    one = values.size > 1 and abs(factor - 1) < _ROUNDED_OFF
    close = np.allclose(ratios, factor, rtol=_ROUNDED_ONCE if one else _ROUNDED_OFF, atol=0)
    return factor if close and (values[~known] == 0).all() else None


def _signs(values: Values, wanted: Values) -> Mismatch | None:
    if not (values == wanted).all():
        return None
    return Mismatch(Kind.OTHER_SEED, "equal but for the signs of zeros: drawn with another seed or order")


def _damage(values: Values, wanted: Values) -> Mismatch | None:
    text = damaged(values)
    return Mismatch(Kind.DAMAGED, text) if text else None


def _factor(values: Values, wanted: Values) -> Mismatch | None:
    factor = scale_between(values, wanted)
    if factor is None:
        return None
    text = f"the declared values times {factor:.6g}"
    if values.size == 1:
        text += ", or drawn with another seed or order"
    kind = Kind.FLIPPED if factor == -1 else Kind.SCALED
    return Mismatch(kind, f"{text}: all signs changed" if factor == -1 else text, {"factor": factor})


def _row_factors(values: Values, wanted: Values) -> Mismatch | None:
    """Each filter times a number of its own, as where batch normalization is folded in."""
    if values.ndim < 2 or values.shape[0] < 2 or values[0].size < 4:
        return None
    rows, declared = (each.reshape(values.shape[0], -1).astype(np.float64) for each in (values, wanted))
    squares = (declared**2).sum(axis=1)
    if not squares.all():
        return None
    factors = (rows * declared).sum(axis=1) / squares
    error = np.abs(rows - factors[:, None] * declared).max(axis=1)
    least, most = float(factors.min()), float(factors.max())
    if not (error <= _ROUNDED_ONCE * np.abs(rows).max(axis=1)).all() or most - least < _ROUNDED_OFF:
        return None
    text = f"each filter of the declared values times a factor of its own, {least:.4g} to {most:.4g}"
    return Mismatch(
        Kind.ROWS_SCALED, f"{text}: batch normalization folded in?", {"least": least, "most": most}
    )


def _order(values: Values, wanted: Values) -> Mismatch | None:
    order = rearranged(values, wanted)
    return Mismatch(Kind.REORDERED, f"the declared values, {order}") if order else None


def _changes(values: Values, wanted: Values) -> Mismatch | None:
    changed = ~equal_bits(values, wanted)
    telling = changed | (wanted != 0)  # zeros of a sparse distribution agree by chance
    if 2 * changed.sum() >= telling.sum():
        return None
    text = f"{changed.sum():,} of {values.size:,} values were changed"
    return Mismatch(Kind.CHANGED, text, {"changed": float(changed.sum())})


def _centered(values: Values, wanted: Values) -> Mismatch | None:
    """The same number taken off all values, or off those of each row, so that their mean is 0."""
    off = wanted.astype(np.float64) - values
    rows = off.reshape(off.shape[0] if off.ndim > 1 else 1, -1)
    room = 2 * _ROUNDED_ONCE * float(np.abs(wanted).max())
    means = wanted.reshape(rows.shape).mean(axis=1, dtype=np.float64)[:, None]
    for name, left in (("all", off - wanted.mean(dtype=np.float64)), ("each row's", rows - means)):
        if np.abs(left).max() <= room and values.size > 1 and rows.shape[1] > 1:
            text = f"the declared values less the mean of {name}"
            return Mismatch(Kind.CENTERED, text, {"mean": float(off.mean())})
    return None


def _rounding(values: Values, wanted: Values) -> Mismatch | None:
    """Something that moved every value by little: half the precision, decimals, levels, or noise."""
    off = float(np.abs(values.astype(np.float64) - wanted).max())
    with np.errstate(over="ignore"):
        half = (wanted.astype(np.float16) == values).all()
    if not half and not off <= _NEAR * float(wanted.std()):
        return None
    unit = 10.0 ** (math.floor(math.log10(off)) - 1)
    most = f"{math.ceil(off / unit) * unit:.2g}"
    numbers = {"moved by at most": off}
    name = "float16" if half else _resolution(values)
    if name:
        text = f"the declared values rounded to {name}: --tolerance {most} forgives it"
        return Mismatch(Kind.ROUNDED, text, numbers)
    text = f"the declared values, each moved by {most} at most: rounded, or trained a little?"
    return Mismatch(Kind.MOVED, text, numbers | {"correlation": _correlation(values, wanted)})


def _resolution(values: Values) -> str:
    """To what the values are rounded, if they show it."""
    if not (values.view(np.uint32) & np.uint32(0xFFFF)).any():
        return "bfloat16"
    for digits in _DIGITS:
        if (np.round(values.astype(np.float64), digits).astype(np.float32) == values).all():
            return f"{digits} decimals"
    levels = np.unique(values).size
    return f"{levels} levels" if levels <= _LEVELS < values.size else ""


def _correlated(values: Values, wanted: Values) -> Mismatch | None:
    """What training, or an average with other values, leaves of the declared ones."""
    if values.size < _FEWEST or not wanted.std() or not values.std():
        return None
    correlation = _correlation(values, wanted)
    if abs(correlation) < max(_CORRELATION, _SIGMAS / math.sqrt(values.size)):
        return None
    slope = correlation * float(values.std()) / float(wanted.std())
    numbers = {"correlation": correlation, "slope": slope}
    text = f"correlated with the declared values, r = {correlation:.4f}, slope {slope:.4g}"
    room = 3 / math.sqrt(values.size)
    if abs(correlation - _HALVED) < room and abs(slope - 0.5) < room:
        return Mismatch(Kind.CORRELATED, f"{text}: averaged with other values?", numbers)
    return Mismatch(Kind.TRAINED, f"{text}: trained from these", numbers)


def _correlation(values: Values, wanted: Values) -> float:
    one, other = (each.ravel().astype(np.float64) - each.mean(dtype=np.float64) for each in (values, wanted))
    return float(one @ other / math.sqrt((one @ one) * (other @ other)))


_MEASURES: tuple[Callable[[Values, Values], Mismatch | None], ...] = (
    _signs,
    _damage,
    _factor,
    _row_factors,
    _order,
    _changes,
    _centered,
    _rounding,
    _correlated,
)
