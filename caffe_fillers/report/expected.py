"""Expected counts of a histogram: a distribution's share of each bin."""

from __future__ import annotations

import numpy as np

from caffe_fillers.distributions import Distribution
from caffe_fillers.report.summary import Histogram


def expected_counts(distribution: Distribution, histogram: Histogram, size: int) -> tuple[float, ...] | None:
    """Return how many of `size` values should lie in each bin; None if values are computed, or all the same.

    >>> from caffe_fillers.distributions import Uniform
    >>> expected_counts(Uniform(0.0, 1.0), Histogram(0.0, 2.0, (5, 5)), 10)
    (10.0, 0.0)
    """
    if not (distribution.is_random and distribution.std > 0):
        return None
    edges = histogram.edges
    below = distribution.cdf(edges) - distribution.zeros * (edges >= 0)  # zeros are not in the histogram
    return tuple((size * np.diff(below)).tolist())
