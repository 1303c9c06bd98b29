"""Differences between values and those that a seed makes in their place."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.check.evidence import damage
from caffe_fillers.check.findings import Kind, Mismatch
from caffe_fillers.distributions import Values
from caffe_fillers.frameworks.arrangements import rearranged
from caffe_fillers.recover.rounding import shown_rounding

_NEAR = 0.1
"""Share of the standard deviation by which values may be off and still be called the declared ones."""
_ROUNDED_OFF, _ROUNDED_ONCE = 5e-5, 4e-7
"""Relative errors that float32 leaves after some hundred multiplications, and after one."""
_SIGMAS, _MIN_CORRELATION, _MIN_VALUES = 6.0, 0.1, 16
"""A correlation counts from six of its standard errors on, and from 0.1 on, of 16 values or more."""
_HALVED = math.sqrt(0.5)


def difference(values: Values, wanted: Values) -> Mismatch | None:
    """Explain what was done to the wanted values; None if the values are unrelated to them.

    >>> difference(np.float32([1.5, 3.0]), np.float32([1.0, 2.0])).numbers
    {'factor': 1.5}
    """
    return next((found for measure in _MEASURES if (found := measure(values, wanted)) is not None), None)


def equal_bits(values: Values, wanted: Values) -> np.ndarray:
    """Return where float32 values are the same, bit for bit."""
    equal: np.ndarray = values.view(np.uint32) == wanted.view(np.uint32)
    return equal


def agrees(values: Values, wanted: Values, tolerance: float) -> bool:
    """Return whether values are the wanted ones, bit for bit or within the tolerance."""
    return not differs(values, wanted, tolerance).any()


def differs(values: Values, wanted: Values, tolerance: float) -> NDArray[np.bool_]:
    """Return where flat values differ, in bits or by more than the tolerance."""
    values, wanted = values.ravel(), wanted.ravel()
    if not tolerance:
        return ~equal_bits(values, wanted)
    with np.errstate(invalid="ignore"):
        off: NDArray[np.bool_] = ~(np.abs(values - wanted) <= tolerance)
    return off


def _signs(values: Values, wanted: Values) -> Mismatch | None:
    if not (values == wanted).all():
        return None
    return Mismatch.of(Kind.OTHER_SEED, zeros=int((~equal_bits(values, wanted)).sum()))


def _damage(values: Values, wanted: Values) -> Mismatch | None:
    """Detect damage that the declared values, which may have rows of zeros, do not have."""
    found, declared = damage(values), damage(wanted)
    if found and declared and found.numbers.keys() == declared.numbers.keys():
        kind = next(iter(found.numbers))
        return found if float(found.numbers[kind]) > float(declared.numbers[kind]) else None
    return found


def _factor(values: Values, wanted: Values) -> Mismatch | None:
    """Detect one factor for all values, up to rounding."""
    known = wanted != 0
    if not known.any():
        return None
    ratios = values[known].astype(np.float64) / wanted[known]
    factor = float(np.median(ratios))
    if factor == 1:
        return None
    near_one = values.size > 1 and abs(factor - 1) < _ROUNDED_OFF
    close = np.allclose(ratios, factor, rtol=_ROUNDED_ONCE if near_one else _ROUNDED_OFF, atol=0)
    if not close or (values[~known] != 0).any():
        return None
    kind = Kind.FLIPPED if factor == -1 else Kind.SCALED
    return Mismatch.of(kind, factor=factor, **({"size": 1} if values.size == 1 else {}))


def _row_factors(values: Values, wanted: Values) -> Mismatch | None:
    """Detect a factor for each filter, as where batch normalization is folded in."""
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
    return Mismatch.of(Kind.ROWS_SCALED, least=least, most=most)


def _order(values: Values, wanted: Values) -> Mismatch | None:
    order = rearranged(values, wanted)
    return Mismatch.of(Kind.REORDERED, order=order) if order else None


def _changes(values: Values, wanted: Values) -> Mismatch | None:
    changed = ~equal_bits(values, wanted)
    telling = changed | (wanted != 0) | (not wanted.any())  # zeros of a sparse distribution agree by chance
    if 2 * changed.sum() >= telling.sum():
        return None
    return Mismatch.of(Kind.CHANGED, changed=int(changed.sum()), size=values.size)


def _centered(values: Values, wanted: Values) -> Mismatch | None:
    """Detect a mean that was subtracted from all values, or from those of each row."""
    off = wanted.astype(np.float64) - values
    rows = off.reshape(off.shape[0] if off.ndim > 1 else 1, -1)
    room = 2 * _ROUNDED_ONCE * float(np.abs(wanted).max())
    means = wanted.reshape(rows.shape).mean(axis=1, dtype=np.float64)[:, None]
    for of, left in (("all", off - wanted.mean(dtype=np.float64)), ("each row's", rows - means)):
        if np.abs(left).max() <= room and values.size > 1 and rows.shape[1] > 1:
            return Mismatch.of(Kind.CENTERED, of=of, mean=float(off.mean()))
    return None


def _rounding(values: Values, wanted: Values) -> Mismatch | None:
    """Detect a small change of every value: half precision, decimals, levels, or noise."""
    moved = float(np.abs(values.astype(np.float64) - wanted).max())
    with np.errstate(over="ignore"):
        half = (wanted.astype(np.float16) == values).all()
    if not half and not (np.ptp(wanted) and moved <= _NEAR * float(wanted.std())):
        return None
    unit = 10.0 ** (math.floor(math.log10(moved)) - 1)
    most = math.ceil(moved / unit) * unit
    shown = shown_rounding(values.ravel())
    if half or shown is not None:
        to = "float16" if half or shown is None else shown.name.removeprefix("rounded to ")
        return Mismatch.of(Kind.ROUNDED, to=to, moved_by=most)
    return Mismatch.of(Kind.MOVED, moved_by=most, correlation=_correlation(values, wanted))


def _correlated(values: Values, wanted: Values) -> Mismatch | None:
    """Detect a correlation with the declared values, which training or an average leaves."""
    if values.size < _MIN_VALUES or not np.ptp(wanted) or not np.ptp(values):
        return None
    correlation = _correlation(values, wanted)
    if abs(correlation) < max(_MIN_CORRELATION, _SIGMAS / math.sqrt(values.size)):
        return None
    slope = correlation * float(values.std()) / float(wanted.std())
    room = 3 / math.sqrt(values.size)
    averaged = abs(correlation - _HALVED) < room and abs(slope - 0.5) < room
    kind = Kind.CORRELATED if averaged else Kind.TRAINED
    return Mismatch.of(kind, correlation=correlation, slope=slope)


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
