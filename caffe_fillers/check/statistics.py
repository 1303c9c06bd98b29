"""Tests of values against a distribution: what can be said without a seed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.distributions import Distribution, Test
from caffe_fillers.distributions.goodness import p_value

Floats = NDArray[np.floating]

_EVIDENCE = {
    "largest": "largest value at {0.ratio:.6f} of the bound {0.declared:.6g}",
    "std": "std {0.measured:.6g}, declared {0.declared:.6g}",
    "mean": "mean {0.measured:.6g}, declared {0.declared:.6g}",
    "nonzero": "{0.measured:.4g} are not zero, {0.declared:.4g} declared",
    "row sum": "rows miss the sum 1 by up to {0.measured:.3g}",
    "row length": "rows miss the length 1 by up to {0.measured:.3g}",
    "value": "{0.measured:,.0f} values are wrong",
    "support": "a value of {0.measured:.6g}, the bound is {0.declared:.6g}",
    "shape": "distance {0.measured:.3g} between the distribution functions",
}


@dataclass(frozen=True)
class Fit:
    """How values fit a distribution: a p-value, 0 if they cannot come from it; the relative error; words."""

    p_value: float
    effect: float
    evidence: str


def fit(distribution: Distribution, values: Floats, tolerance: float = 0.0) -> Fit:
    """Test values, in the order of the blob; `tolerance` is an absolute error that is forgiven.

    The p-value is Bonferroni's over the tests that are made of one blob. If
    the distribution is right it is below p in at most p of all cases; for
    computed values it is 0 or 1.

    >>> from caffe_fillers.distributions import Constant
    >>> fit(Constant(0.0), np.zeros(3)).p_value
    1.0
    """
    if not np.isfinite(values).all():
        bad = int((~np.isfinite(values)).sum())
        return Fit(0.0, math.nan, f"{bad} of {values.size:,} values are NaN or infinite")
    tests = distribution.tests(np.asarray(values, np.float64).ravel(), tolerance)
    refuted = [test for test in tests if test.p_value == 0.0]
    first = refuted[0] if refuted else tests[0]
    effect = first.ratio - 1 if first.declared else first.measured
    return Fit(p_value(tests), effect, _evidence(first))


def log_likelihood(distribution: Distribution, values: Floats) -> float:
    """Compute the logarithm of the density of values; infinite if they are computed, not drawn.

    >>> from caffe_fillers.distributions import Uniform
    >>> round(log_likelihood(Uniform(0.0, 2.0), np.ones(3)), 4)
    -2.0794
    """
    if not distribution.is_random:
        return math.inf
    with np.errstate(divide="ignore"):
        return float(np.log(distribution.density(np.asarray(values, np.float64))).sum())


def _evidence(test: Test) -> str:
    return _EVIDENCE[test.quantity].format(test)
