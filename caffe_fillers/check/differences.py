"""How values differ from those that a seed makes in their place."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from caffe_fillers.check.arrangements import rearranged
from caffe_fillers.check.diagnose import damaged
from caffe_fillers.distributions import Values

_NEAR = 0.1
"""Parts of the deviation by which values may be off and still be called the declared ones."""


def difference(values: Values, wanted: Values) -> str:
    """What was done to the wanted values, or an empty string if these have nothing to do with them.

    >>> difference(np.float32([1.5, 3.0]), np.float32([1.0, 2.0]))
    'the declared values times 1.5'
    """
    return next((told for teller in _TELLERS if (told := teller(values, wanted))), "")


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
    return factor if np.allclose(ratios, factor, rtol=1e-6, atol=0) and (values[~known] == 0).all() else None


def _signs(values: Values, wanted: Values) -> str:
    zeros = bool((values == wanted).all())
    return "equal but for the signs of zeros: drawn with another seed or order" if zeros else ""


def _damage(values: Values, wanted: Values) -> str:
    return damaged(values)


def _factor(values: Values, wanted: Values) -> str:
    factor = scale_between(values, wanted)
    if factor is None:
        return ""
    alone = ", or drawn with another seed or order" if values.size == 1 else ""
    return f"the declared values times {factor:.6g}{alone}"


def _order(values: Values, wanted: Values) -> str:
    order = rearranged(values, wanted)
    return f"the declared values, {order}" if order else ""


def _changes(values: Values, wanted: Values) -> str:
    changed = ~equal_bits(values, wanted)
    telling = changed | (wanted != 0)  # zeros of a sparse distribution agree by chance
    few = 2 * changed.sum() < telling.sum()
    return f"{changed.sum():,} of {values.size:,} values were changed" if few else ""


def _rounding(values: Values, wanted: Values) -> str:
    """Half the precision, or something else that moved every value by little."""
    off = float(np.abs(values.astype(np.float64) - wanted).max())
    with np.errstate(over="ignore"):
        half = (wanted.astype(np.float16) == values).all()
    if not half and not off <= _NEAR * float(wanted.std()):
        return ""
    unit = 10.0 ** (math.floor(math.log10(off)) - 1)
    most = f"{math.ceil(off / unit) * unit:.2g}"
    if half or not (values.view(np.uint32) & np.uint32(0xFFFF)).any():
        kind = "float16" if half else "bfloat16"
        return f"the declared values rounded to {kind}: --tolerance {most} forgives it"
    return f"the declared values, each moved by {most} at most: rounded, or trained a little?"


_TELLERS: tuple[Callable[[Values, Values], str], ...] = (
    *(_signs, _damage, _factor, _order, _changes, _rounding),
)
