"""A blob's values in a few numbers: moments, bounds and a histogram, read piece by piece."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.laws import Law, SparseNormal, Values

BINS = 48
_TAILS = 6.0
"""Standard deviations to either side that a law without bounds is looked for in; few values lie beyond."""


@dataclass(frozen=True)
class Histogram:
    """How many values lie in each of some bins of equal width from `low` to `high`."""

    low: float
    high: float
    counts: tuple[int, ...]

    @property
    def edges(self) -> NDArray[np.float64]:
        """The bins' bounds, one more than there are bins."""
        return np.linspace(self.low, self.high, len(self.counts) + 1)


@dataclass(frozen=True)
class Summary:
    """What the values of a blob are like.

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


def summarise(chunks: Callable[[], Iterator[Values]], law: Law | None = None) -> Summary:
    """Look at all values that `chunks` gives; they are asked for again where `law` does not tell their range.

    >>> values = np.float32([0.0, 0.25, 0.5, 1.0])
    >>> found = summarise(lambda: iter([values]))
    >>> found.mean, found.zeros, found.histogram.high
    (0.4375, 1, 1.0)
    """
    bins = _Bins.of(law)
    moments = _Moments()
    for chunk in chunks():
        values = moments.add(chunk)
        if bins is not None:
            bins.add(values)
    summary = moments.summary(None)
    if summary.least is None or summary.greatest is None or summary.least == summary.greatest:
        return summary
    if bins is None or summary.least < bins.low or summary.greatest > bins.high:
        bins = _Bins(summary.least, summary.greatest, BINS, bins is not None and bins.sparse)
        for chunk in chunks():
            bins.add(chunk[np.isfinite(chunk)].astype(np.float64))
        return moments.summary(bins.histogram())
    return moments.summary(_trimmed(bins.histogram()) if not _is_bounded(law) else bins.histogram())


def _is_bounded(law: Law | None) -> bool:
    return law is not None and all(map(math.isfinite, law.support))


def _trimmed(histogram: Histogram) -> Histogram:
    """Without the empty bins at the ends."""
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
    def of(cls, law: Law | None) -> _Bins | None:
        """Where a law's values lie; None where it has one value or none is given."""
        if law is None or not law.std > 0 or not math.isfinite(law.std):
            return None
        if _is_bounded(law):
            return cls(*law.support, BINS, sparse=False)
        width = _TAILS * max(law.std, _normal_std(law))
        return cls(law.mean - width, law.mean + width, 2 * BINS, isinstance(law, SparseNormal))

    def add(self, values: NDArray[np.float64]) -> None:
        """Count finite values; those outside are left out."""
        if self.sparse:
            values = values[values != 0]
        number = self._counts.size
        places = (values - self.low) * (number / (self.high - self.low))
        places = places[(places >= 0) & (values <= self.high)]
        found = np.bincount(places.astype(np.intp), minlength=number + 1)
        found[number - 1] += found[number]  # the last bin has both its bounds, as numpy's has
        self._counts += found[:number]

    def histogram(self) -> Histogram:
        """What was counted so far."""
        return Histogram(self.low, self.high, tuple(self._counts.tolist()))


def _normal_std(law: Law) -> float:
    return law.normal.std if isinstance(law, SparseNormal) else 0.0


class _Moments:
    """Mean and sum of squared deviations over pieces, joined by Chan, Golub and LeVeque (1979)."""

    def __init__(self) -> None:
        self._size = self._finite = self._zeros = 0
        self._mean = self._squares = 0.0
        self._least, self._greatest = math.inf, -math.inf

    def add(self, chunk: Values) -> NDArray[np.float64]:
        """Take a piece in; its finite values as float64."""
        values = chunk.astype(np.float64)
        self._size += values.size
        self._zeros += values.size - int(np.count_nonzero(values))
        finite = np.isfinite(values)
        if not finite.all():
            values = values[finite]
        if not values.size:
            return values
        mean = float(values.mean())
        centred = values - mean
        total = self._finite + values.size
        shift = mean - self._mean
        self._squares += float(np.dot(centred, centred)) + shift**2 * self._finite * values.size / total
        self._mean += shift * values.size / total
        self._finite = total
        self._least = min(self._least, float(values.min()))
        self._greatest = max(self._greatest, float(values.max()))
        return values

    def summary(self, histogram: Histogram | None) -> Summary:
        """All that was found."""
        if not self._finite:
            return Summary(self._size, 0, self._zeros)
        return Summary(
            *(self._size, self._finite, self._zeros, self._mean, math.sqrt(self._squares / self._finite)),
            *(self._least, self._greatest, histogram),
        )
