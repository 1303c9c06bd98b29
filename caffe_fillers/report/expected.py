"""What a law lets expect of a histogram: its density, integrated over each bin."""

from __future__ import annotations

import math
from functools import singledispatch

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.laws import Law, Normal, SparseNormal, Uniform
from caffe_fillers.report.summary import Histogram

Reals = NDArray[np.float64]


def expected_counts(law: Law, histogram: Histogram, size: int) -> tuple[float, ...] | None:
    """How many of `size` values should lie in each bin; None for a law that has no density.

    >>> expected_counts(Uniform(0.0, 1.0), Histogram(0.0, 2.0, (5, 5)), 10)
    (10.0, 0.0)
    """
    below = distribution(law, histogram.edges)
    return None if below is None else tuple((size * np.diff(below)).tolist())


@singledispatch
def distribution(law: Law, points: Reals) -> Reals | None:
    """The share of values below each point; None for a constant, computed values, rows that sum to one."""
    return None


@distribution.register
def _uniform(law: Uniform, points: Reals) -> Reals | None:
    if law.high <= law.low:
        return None
    return np.clip((points - law.low) / (law.high - law.low), 0.0, 1.0)


@distribution.register
def _normal(law: Normal, points: Reals) -> Reals | None:
    if not law.std > 0:
        return None
    standard = (points - law.mean) / (law.std * math.sqrt(2.0))
    return np.array([0.5 * math.erfc(-each) for each in standard.tolist()])


@distribution.register
def _sparse(law: SparseNormal, points: Reals) -> Reals | None:
    """Of the values that are kept: the histogram leaves the zeros out."""
    below = _normal(law.normal, points)
    return None if below is None else law.keep * below
