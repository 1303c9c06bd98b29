"""Test values against a distribution, without a seed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.check.findings import Numbers
from caffe_fillers.distributions import Distribution
from caffe_fillers.distributions.goodness import p_value

Floats = NDArray[np.floating]


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Fit of values to a distribution: p-value, 0 if it is impossible; relative error; the test's name."""

    p_value: float
    effect: float
    numbers: Numbers


def fit(distribution: Distribution, values: Floats, tolerance: float = 0.0) -> Fit:
    """Test values, in the order of the blob; `tolerance` is an absolute error that is forgiven.

    The p-value is Bonferroni's over the tests that are made of one blob. If
    the distribution is right it is below p in at most p of all cases; for
    computed values it is 0 or 1.

    >>> from caffe_fillers.distributions import Constant
    >>> fit(Constant(0.0), np.zeros(3)).p_value
    1.0
    """
    bad = int((~np.isfinite(values)).sum())
    if bad:
        return Fit(p_value=0.0, effect=math.nan, numbers={"not_finite": bad, "size": values.size})
    tests = distribution.tests(np.asarray(values, np.float64).ravel(), tolerance)
    refuted = [test for test in tests if test.p_value == 0.0]
    first = refuted[0] if refuted else tests[0]
    name = first.quantity.replace(" ", "_")
    numbers = {name: first.measured, f"declared_{name}": first.declared}
    return Fit(
        p_value=p_value(tests),
        effect=first.ratio - 1 if first.declared else first.measured,
        numbers=numbers | ({"ratio": first.ratio} if first.declared else {}),
    )


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
