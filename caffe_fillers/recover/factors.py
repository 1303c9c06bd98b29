"""Factors by which values may have been multiplied after a distribution drew them.

The spread of the values leaves an interval. What is drawn lies on a grid that
is coarser than float32 near zero: a uniform's, because a bound is added to
what was rounded at the bound's size; a normal's, because of its 24 bits. A
factor stretches the grid, so that it is refused by the first value that no
number of the grid becomes. For some thirty uniforms that leaves of all
float32 numbers few but the true one; where more are left, only factors are
tried that people write: few digits, small fractions, their roots.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import distributions
from caffe_fillers.recover.inverse import on_grid
from caffe_fillers.recover.scaled import divided

Floats = NDArray[np.float32]
Factors = NDArray[np.float64]

_MOST_FLOATS, _AT_ONCE = 1 << 24, 1 << 16
_FEW = 16
"""Factors that nobody writes but that are tried, if no more are left."""
_GRID_VALUES = 4096
"""Values that a factor must agree with."""
_NORMALS = 24
"""The same for normals, of which only the smallest say anything."""
_DECIMALS, _FRACTIONS, _UNWRITTEN = 3, 24, 9.0
_STEPS_FROM_ONE = 4 * 2.0**-23


@dataclass(frozen=True)
class Factor:
    """A factor, and how many digits or so it takes to write it: what is short is tried first."""

    length: float
    value: float


def possible_factors(distribution: distributions.Distribution, values: Floats) -> list[Factor]:
    """Return the factors, other than 1, that values may have been multiplied by, the likeliest first.

    >>> from caffe_fillers.rng import Stream
    >>> distribution = distributions.Uniform(-0.5, 0.5)
    >>> values = distribution.sample((40,), Stream(1701)) * np.float32(1.02)
    >>> round(possible_factors(distribution, values)[0].value, 6)
    1.02
    """
    finite = values[np.isfinite(values)]
    distinct, times = np.unique(finite, return_counts=True)
    once = distinct[times == 1]
    interval = distribution.scale_interval(once.astype(np.float64))
    if interval is None:
        return []
    order = np.argsort(np.abs(once))
    few = once[order[: _NORMALS if isinstance(distribution, distributions.Normal) else _GRID_VALUES]]
    written = _written(*interval)
    kept = _on_grid(distribution, few, np.array([factor.value for factor in written]))
    found = [factor for factor, keep in zip(written, kept, strict=True) if keep]
    if isinstance(distribution, distributions.Uniform):
        known = {factor.value for factor in found}
        found += [
            Factor(_UNWRITTEN, value)
            for value in _among_floats(distribution, few, *interval)
            if value not in known
        ]
    return found


def _written(low: float, high: float) -> list[Factor]:
    """Return factors in an interval that people write, the shortest first, then those next to its middle."""
    middle = math.sqrt(low * high)
    shortest: dict[float, float] = {}
    for length, value in _short(low, high):
        if low <= value <= high and abs(value - 1) > _STEPS_FROM_ONE:
            shortest.setdefault(float(value), length)
            shortest.setdefault(float(np.float32(value)), length)  # whoever multiplies in float32
    found = [Factor(length, value) for value, length in shortest.items()]
    return sorted(found, key=lambda each: (each.length, abs(math.log(each.value / middle))))


def _short(low: float, high: float) -> Iterator[tuple[float, float]]:
    for exponent in range(-10, 11):
        yield 0, 2.0**exponent
    for digits in range(1, _DECIMALS + 1):
        unit = 10**digits
        yield from ((digits, k / unit) for k in _whole(low * unit, high * unit))
        yield from ((digits + 0.5, unit / k) for k in _whole(unit / high, unit / low))
    for p in range(1, _FRACTIONS + 1):
        for q in range(1, _FRACTIONS + 1):
            length = 1.5 if max(p, q) < 10 else 2.5
            yield length, p / q
            yield length + 0.2, math.sqrt(p / q)


def _whole(low: float, high: float) -> range:
    """Return the whole numbers of an interval, if they are no more than those of three digits."""
    first, last = max(1, math.ceil(low)), math.floor(high)
    return range(first, last + 1) if last - first < 1000 else range(0)


def _among_floats(
    distribution: distributions.Distribution, values: Floats, low: float, high: float
) -> list[float]:
    """Return the float32 numbers of an interval that agree with every value, if they are few."""
    first, last = np.array([low, high], np.float32).view(np.int32).tolist()
    if last - first > _MOST_FLOATS:
        return []
    pieces = [(begin, min(begin + _AT_ONCE, last + 1)) for begin in range(first, last + 1, _AT_ONCE)]

    def agreeing(piece: tuple[int, int]) -> Factors:
        factors = np.arange(*piece, dtype=np.int32).view(np.float32).astype(np.float64)
        return factors[_on_grid(distribution, values, factors)]

    with ThreadPoolExecutor() as pool:
        found = np.concatenate(list(pool.map(agreeing, pieces)))
    found = found[np.abs(found - 1) > _STEPS_FROM_ONE]
    return found.tolist() if found.size <= _FEW else []


def _on_grid(distribution: distributions.Distribution, values: Floats, factors: Factors) -> NDArray[np.bool_]:
    """Return which factors make every value of a number that the distribution can draw."""
    alive = np.arange(factors.size)
    for value in values:
        if not alive.size:
            break
        holds = np.zeros(alive.size, np.bool_)
        for number, right in divided(value, factors[alive]):
            places = np.flatnonzero(right & ~holds)
            holds[places] = on_grid(distribution, number[places])
        alive = alive[holds]
    agrees = np.zeros(factors.size, np.bool_)
    agrees[alive] = True
    return agrees
