"""Tests of values against a distribution: what can be said without a seed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from caffe_fillers.distributions.contract import Distribution

FEW, MANY = 8, 100
"""Below so many values nothing is said of their spread; below so many, only by exact formulas."""
SLACK = 1e-6
"""Relative room at bounds and for constants, for the rounding of a distribution's own parameters."""
MISSED = 1e-3
"""How often an interval for a factor misses the true one."""

_EXACT_VALUES, _SHAPE_VALUES = 5000, 1 << 20

Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Test:
    """A quantity of values, what it should be, and how likely one as far from that is.

    `p_value` is 0 if the distribution never gives it, and None for a bound
    that the values keep, which says nothing more. The quantities are
    `largest` (the greatest
    distance from the mean), `std`, `mean`, `nonzero` (share),
    `row sum`, `row length` (the greatest error), `value` (number of wrong
    values), `support` (the value farthest out) and `shape`
    (Kolmogorov-Smirnov's statistic).
    """

    quantity: str
    measured: float
    declared: float
    p_value: float | None

    @property
    def ratio(self) -> float:
        """Measured over declared."""
        return self.measured / self.declared

    __test__ = False  # a class of that name, which pytest would collect


def p_value(tests: Sequence[Test]) -> float:
    """Bonferroni's p-value over tests of the same values; 1 if none has one.

    >>> p_value([Test("mean", 1.0, 1.0, 0.25), Test("support", 1.0, 1.0, None)])
    0.25
    """
    p_values = [test.p_value for test in tests if test.p_value is not None]
    return min(1.0, len(p_values) * min(p_values) if p_values else 1.0)


def default_tests(distribution: Distribution, values: Reals, tolerance: float) -> tuple[Test, ...]:
    """Support, standard deviation, mean and Kolmogorov-Smirnov, which need no more than moments and cdf.

    The standard deviation is compared by the fourth moment of the values
    themselves, which needs many of them.
    """
    spread = Test("std", float(values.std()), distribution.std, None)
    support = within_support(distribution, values, tolerance)
    if values.size < FEW or not distribution.std > 0 or support.p_value == 0:
        return support, spread
    shape = kolmogorov_smirnov(distribution, values, tolerance)
    if values.size < MANY:
        return spread, support, shape
    squares = (values - distribution.mean) ** 2
    measured = math.sqrt(float(squares.mean()))
    error = (float(squares.std()) / (2 * measured) if measured else 0.0) / math.sqrt(values.size)
    p_value = two_sided(max(0.0, abs(measured - distribution.std) - tolerance), error)
    mean = mean_test(values, distribution.mean, distribution.std, tolerance)
    return Test("std", measured, distribution.std, p_value), mean, support, shape


def within_support(distribution: Distribution, values: Reals, tolerance: float) -> Test:
    """Return whether all values lie in the support, but for rounding."""
    low, high = distribution.support
    least, greatest = float(values.min()), float(values.max())
    room = tolerance + SLACK * max(
        abs(bound) for bound in (low, high) if math.isfinite(bound) or bound == low
    )
    if least < low - room:
        return Test("support", least, low, 0.0)
    return Test("support", greatest, high, 0.0 if greatest > high + room else None)


def mean_test(values: Reals, mean: float, std: float, tolerance: float) -> Test:
    """The mean, which is nearly normal."""
    measured = float(values.mean())
    off = max(0.0, abs(measured - mean) - tolerance)
    return Test("mean", measured, mean, two_sided(off, std / math.sqrt(values.size)))


def two_sided(off: float, error: float) -> float:
    """The probability that a normal of this standard deviation is as far from its mean."""
    return math.erfc(off / error / math.sqrt(2)) if error else float(off == 0)


def kolmogorov_smirnov(distribution: Distribution, values: Reals, tolerance: float) -> Test:
    """Kolmogorov-Smirnov's test; of a large blob some million values stand for all.

    What a tolerance can move over any place is taken off the statistic. The p-value of few values is twice
    the one-sided one, which is right where it is small: both distances are hardly ever large at once.
    """
    from scipy.special import kolmogorov, smirnov  # scipy.stats takes two seconds to import

    values = values[:: -(-values.size // _SHAPE_VALUES)]
    share = distribution.cdf(np.sort(values))
    steps = np.arange(values.size + 1) / values.size
    statistic = float(max((steps[1:] - share).max(), (share - steps[:-1]).max()))
    moved = tolerance * float(distribution.density(np.array([distribution.mean]))[0]) if tolerance else 0.0
    distance = min(1.0, max(0.0, statistic - moved))
    few = values.size < _EXACT_VALUES
    p_value = 2 * smirnov(values.size, distance) if few else kolmogorov(math.sqrt(values.size) * distance)
    return Test("shape", statistic, 0.0, min(1.0, float(p_value)))
