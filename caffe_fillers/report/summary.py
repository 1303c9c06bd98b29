"""Summarize a blob's values, read piece by piece: moments, bounds and a histogram."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.distributions import Distribution, Values

BINS = 48
_LARGEST = float(np.finfo(np.float32).max)
_TAILS = 6.0
"""Standard deviations to either side to look for unbounded values in; few lie beyond."""


@dataclass(frozen=True)
class Histogram:
    """Counts of values in bins of equal width from `low` to `high`."""

    low: float
    high: float
    counts: tuple[int, ...]

    @property
    def edges(self) -> NDArray[np.float64]:
        """The bins' bounds, one more than there are bins."""
        return np.linspace(self.low, self.high, len(self.counts) + 1)


@dataclass(frozen=True)
class Summary:
    """Summary of the values of a blob.

    Moments and bounds are of the `finite` values and None where there are
    none; `std` is that of the values at hand, not an estimate. There is no
    histogram where all values are one. Of a sparse filler's values it leaves
    the zeros out, of which there would be one bar.
    """

    size: int
    finite: int
    zeros: int
    mean: float | None = None
    std: float | None = None
    least: float | None = None
    greatest: float | None = None
    histogram: Histogram | None = None


def summarize(chunks: Callable[[], Iterator[Values]], distribution: Distribution | None = None) -> Summary:
    """Summarize the values of `chunks`, which is read twice if `distribution` does not give their range.

    >>> values = np.float32([0.0, 0.25, 0.5, 1.0])
    >>> found = summarize(lambda: iter([values]))
    >>> found.mean, found.zeros, found.histogram.high
    (0.4375, 1, 1.0)
    """
    bins, moments = _Bins.of(distribution), _Moments()
    for chunk in chunks():
        moments.add(chunk)
        if bins is not None:
            bins.add(chunk)
    least, greatest = moments.least, moments.greatest
    if not least < greatest:  # one value, or none
        return moments.summary(None)
    if bins is None or least < bins.low or greatest > bins.high:
        bins = _Bins(least, greatest, BINS, sparse=bins is not None and bins.sparse)
        for chunk in chunks():
            bins.add(chunk)
        return moments.summary(bins.histogram())
    histogram = bins.histogram()
    return moments.summary(histogram if _is_bounded(distribution) else _trimmed(histogram))


def _is_bounded(distribution: Distribution | None) -> bool:
    return distribution is not None and all(map(math.isfinite, distribution.support))


def _trimmed(histogram: Histogram) -> Histogram:
    """Remove the empty bins at the ends."""
    used = np.flatnonzero(histogram.counts)
    if not used.size:
        return histogram
    first, last = int(used[0]), int(used[-1]) + 1
    edges = histogram.edges
    return Histogram(float(edges[first]), float(edges[last]), histogram.counts[first:last])


class _Bins:
    """Counts of values, as more and more come in."""

    def __init__(self, low: float, high: float, number: int, sparse: bool) -> None:
        self.low, self.high, self.sparse = low, high, sparse
        self._counts = np.zeros(number, np.int64)

    @classmethod
    def of(cls, distribution: Distribution | None) -> _Bins | None:
        """Return empty bins where a distribution's values lie; None if it has one value or none is given."""
        if distribution is None or not distribution.std > 0 or not math.isfinite(distribution.std):
            return None
        number = BINS if _is_bounded(distribution) else 2 * BINS
        low, high = distribution.range_of_most(_TAILS)
        return cls(max(low, -_LARGEST), min(high, _LARGEST), number, distribution.zeros > 0)

    def add(self, chunk: Values) -> None:
        """Count values; those outside, which are not numbers among them, are left out."""
        number = self._counts.size
        places = np.subtract(chunk, self.low, dtype=np.float64)
        places *= number / (self.high - self.low)
        inside = (chunk >= self.low) & (chunk <= self.high)
        if self.sparse:
            inside &= chunk != 0
        if not inside.all():
            places = places[inside]
        found = np.bincount(places.astype(np.intp), minlength=number + 1)
        found[number - 1] += found[number]  # the last bin has both its bounds, as numpy's has
        self._counts += found[:number]

    def histogram(self) -> Histogram:
        """Return the counts so far."""
        return Histogram(self.low, self.high, tuple(self._counts.tolist()))


class _Moments:
    """Mean and sum of squared deviations over pieces, joined by Chan, Golub and LeVeque (1979)."""

    def __init__(self) -> None:
        self.least, self.greatest = math.inf, -math.inf
        self._size = self._finite = self._zeros = 0
        self._mean = self._squares = 0.0

    def add(self, chunk: Values) -> None:
        """Add a piece."""
        self._size += chunk.size
        self._zeros += chunk.size - int(np.count_nonzero(chunk))
        least, greatest = float(chunk.min(initial=math.inf)), float(chunk.max(initial=-math.inf))
        if not -math.inf < least <= greatest < math.inf:  # nothing, infinities or not-a-numbers
            chunk = chunk[np.isfinite(chunk)]
            if not chunk.size:
                return
            least, greatest = float(chunk.min()), float(chunk.max())
        self.least, self.greatest = min(self.least, least), max(self.greatest, greatest)
        mean, squares = least, 0.0
        if least < greatest:
            offsets = np.subtract(chunk, least, dtype=np.float64)
            offset = float(offsets.mean())
            mean += offset
            squares = float(np.dot(offsets, offsets)) - chunk.size * offset**2
        total = self._finite + chunk.size
        shift = mean - self._mean
        self._squares += squares + shift**2 * self._finite * chunk.size / total
        self._mean += shift * chunk.size / total
        self._finite = total

    def summary(self, histogram: Histogram | None) -> Summary:
        """Return the summary."""
        if not self._finite:
            return Summary(self._size, 0, self._zeros)
        std = math.sqrt(max(self._squares, 0.0) / self._finite)
        bounds = (self.least, self.greatest)
        return Summary(self._size, self._finite, self._zeros, self._mean, std, *bounds, histogram)
