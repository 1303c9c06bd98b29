"""Intervals in which values lay before they were rounded or moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import distributions
from caffe_fillers.recover.found import RELEASES, Hit
from caffe_fillers.recover.intervals import Floats
from caffe_fillers.rng import Stream

_MOVEMENTS = (1e-5, 1e-4, 1e-3, 4e-3, 1.5e-2, 4e-2, 0.1)
"""Parts of the bound by which values may have moved, at most."""
_LEVELS, _DIGITS = 256, range(2, 8)
_TREATED = 10_000
"""Values that tell what was done to them."""
_MIN_LEVELS, _OFF = 16, 0.02
"""Fewest levels that show equal steps, and the part of a step by which they may miss these."""


@dataclass(frozen=True)
class Moved:
    """A rounding or movement, and the interval in which each value lay before."""

    name: str
    least: Floats
    most: Floats


def roundings(distribution: distributions.Uniform, values: Floats) -> Iterator[Moved]:
    """Yield the rounding that the values show, or if they show none, movements, the least first.

    >>> distribution = distributions.Uniform(-0.5, 0.5)
    >>> [each.name for each in roundings(distribution, np.float32([0.25, 0.125, 0.3125] * 100))][0]
    'rounded to bfloat16'
    """
    values = np.float32(values)
    shown = shown_rounding(values)
    if shown is not None:
        yield shown
        return
    bound = (distribution.high - distribution.low) / 2
    beyond = max(float(values.max()) - distribution.high, distribution.low - float(values.min()), 0.0) / bound
    for movement in _MOVEMENTS:
        if movement >= beyond:
            room = movement * bound
            yield Moved(f"each moved by {room:.2g} at most", values - room, values + room)


def shown_rounding(values: Floats) -> Moved | None:
    """Return the rounding that values show; None if they show none."""
    return next((found for kind in (_formats, _steps) for found in kind(np.float32(values))), None)


def is_rounded(values: NDArray[np.float32]) -> bool:
    """Return whether all values are float16 or bfloat16 numbers."""
    bits = np.bitwise_or.reduce(np.ascontiguousarray(values).view(np.uint32), initial=0)
    return not bits & np.uint32((1 << 13) - 1)


def find_treatment(distribution: distributions.Distribution, values: Floats, hit: Hit) -> str:
    """Describe what was done to values since they were drawn, one of them from a known output."""
    part = values[hit.value : hit.value + _TREATED]
    stream = Stream(hit.seed, RELEASES[-1])
    stream.skip(hit.position)
    drawn = distribution.draw(part.size, stream)
    off = np.abs(part - drawn)
    if np.median(off) > np.median(np.abs(part + drawn)):
        return "negated" if np.array_equal(part, -drawn) else "negated and moved"
    if not off.any():
        return ""
    shown = shown_rounding(part)
    return shown.name if shown is not None else f"each moved by {off.max():.2g} at most"


def _formats(values: Floats) -> Iterator[Moved]:
    """Yield float16 and bfloat16, with half of the way to the next number on either side, ties included."""
    bits = np.bitwise_or.reduce(values.view(np.uint32), initial=0)
    for name, hidden, digits in (("bfloat16", 16, 8), ("float16", 13, 11)):
        if not bits & np.uint32((1 << hidden) - 1):
            _, exponent = np.frexp(values.astype(np.float64))
            least_exponent = -13 if name == "float16" else -125
            unit = np.ldexp(1.0, np.maximum(exponent, least_exponent) - digits)
            yield Moved(f"rounded to {name}", values - unit / 2, values + unit / 2)
            return


def _steps(values: Floats) -> Iterator[Moved]:
    """Yield decimal digits, or few levels that are coarser, as multiples of 0.0005 are than four digits."""
    wide = values.astype(np.float64)
    levels = np.unique(wide)
    step = float(np.diff(levels).min()) if levels.size > 2 else 0.0
    few = bool(step) and levels.size <= _LEVELS and (values.size // 2 > _LEVELS or _are_equal_steps(levels))
    step = step if few else 0.0
    for digits in _DIGITS:
        if (np.float32(np.round(wide, digits)) == values).all() and step < 1.5 * 10.0**-digits:
            half = 0.5 * 10.0**-digits
            yield Moved(f"rounded to {digits} decimals", wide - half, wide + half)
            return
    if few:
        half = step / 2 * (1 + 1e-3)
        yield Moved(f"rounded to {levels.size} levels", wide - half, wide + half)


def _are_equal_steps(levels: NDArray[np.float64]) -> bool:
    """Return whether levels are multiples of one step, few of which span them all."""
    steps = (levels - levels[0]) / np.diff(levels).min()
    off = np.abs(steps - np.rint(steps)).max()
    return levels.size >= _MIN_LEVELS and float(steps[-1]) <= _LEVELS and float(off) < _OFF
