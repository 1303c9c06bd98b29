"""Turn values of blobs into distributions for the signal, and compare those of two files."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from caffe_fillers.distributions import Constant, Distribution, Normal, Values
from caffe_fillers.model import ModelBlob
from caffe_fillers.report.summary import Histogram, Summary, summarize
from caffe_fillers.shapes import Shape


@dataclass(frozen=True)
class Comparison:
    """Comparison of a blob with one of another file.

    `change` is the root mean square of the differences over that of the blob at
    hand, None where that is 0; `correlation` is None where either has one value
    alone. `counts` are of the other's values in the bins of the blob's histogram.
    """

    summary: Summary
    equal: bool
    change: float | None
    correlation: float | None
    counts: tuple[int, ...] | None = None


def as_distribution(found: Summary, shape: Shape) -> Distribution | None:
    """Return values as a distribution for the signal, taken as independent; None if there are none.

    Weights, which have more than one axis, get the root mean square as the
    deviation around 0: what they add up to by their mean is not independent.

    >>> as_distribution(Summary(size=2, finite=2, zeros=0, mean=3.0, std=4.0), (1, 2))
    Normal(mean=0.0, std=5.0)
    """
    if found.mean is None or found.std is None:
        return None
    if not found.std > 0:
        return Constant(found.mean)
    if len(shape) > 1:
        return Normal(0.0, math.hypot(found.mean, found.std))
    return Normal(found.mean, found.std)


def compare(chunks: Callable[[], Iterator[Values]], other: ModelBlob, bins: Histogram | None) -> Comparison:
    """Compare two blobs of as many values.

    >>> from caffe_fillers.model import ModelBlob
    >>> values = np.float32([1.0, 2.0, 4.0])
    >>> twice = ModelBlob((3,), lambda: iter([2 * values]))
    >>> found = compare(lambda: iter([values]), twice, None)
    >>> found.change, round(found.correlation, 6)
    (1.0, 1.0)
    """
    theirs = other.array().ravel()
    summary = summarize(other.chunks)
    equal, place = True, 0
    sums = np.zeros(6)
    for chunk in chunks():
        there = theirs[place : place + chunk.size]
        place += chunk.size
        equal &= chunk.tobytes() == there.tobytes()
        left, right = chunk.astype(np.float64), there.astype(np.float64)
        sums += (
            left.sum(),
            right.sum(),
            left @ left,
            right @ right,
            left @ right,
            np.square(right - left).sum(),
        )
    counts = None if bins is None else tuple(np.histogram(theirs, bins.edges)[0].tolist())
    return Comparison(summary, equal, *_relations(sums, theirs.size), counts)


def _relations(
    sums: np.ndarray[tuple[int], np.dtype[np.float64]], size: int
) -> tuple[float | None, float | None]:
    """Return the relative change, and Pearson's correlation."""
    left, right, squares, their_squares, products, differences = map(float, sums)
    change = math.sqrt(differences / squares) if squares > 0 and math.isfinite(differences) else None
    spread = (squares - left**2 / size) * (their_squares - right**2 / size) if size else 0.0
    if not (spread > 0 and math.isfinite(spread)):
        return change, None
    correlation = (products - left * right / size) / math.sqrt(spread)
    return change, max(-1.0, min(correlation, 1.0))
