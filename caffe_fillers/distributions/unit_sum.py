"""Rows of positive values that sum to 1: the positive_unitball filler."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from caffe_fillers import rng
from caffe_fillers.distributions.contract import Distribution, Reals, Values
from caffe_fillers.distributions.goodness import FEW, Test, two_sided
from caffe_fillers.distributions.normal import Normal
from caffe_fillers.distributions.uniform import Uniform

_EXACT_TERMS = 20
"""Up to so many terms the distribution of their sum is computed exactly; beyond, it is normal."""


@dataclass(frozen=True)
class UnitSum(Distribution):
    """U(0, 1), each row of `row` values divided by its sum.

    The sum is taken from left to right in the type that is drawn, as the loop
    in `PositiveUnitballFiller` does: numpy's own sum would pair the terms.

    >>> UnitSum(2).cdf(np.array([0.25, 0.5, 0.75])).round(4)
    array([0.1667, 0.5   , 0.8333])
    """

    row: int

    is_correlated = True

    def __str__(self) -> str:
        return f"rows of {self.row} that sum to 1"

    @property
    def unit(self) -> int:
        """A row."""
        return self.row

    def draw(self, size: int, stream: rng.Stream, dtype: type[np.floating] = np.float32) -> Values:
        """Draw whole rows and divide them."""
        rows = Uniform(0.0, 1.0).draw(size, stream, dtype).reshape(-1, self.row)
        sums = np.add.accumulate(rows, axis=1, dtype=dtype)[:, -1:]
        return (rows / sums).ravel()

    def words(self, size: int, stream: rng.Stream, dtype: type[np.floating] = np.float32) -> int | None:
        """Return as many as for U(0, 1)."""
        return Uniform(0.0, 1.0).words(size, stream, dtype)

    @property
    def mean(self) -> float:
        """One over the row's length, by symmetry."""
        return 1 / self.row

    @property
    def std(self) -> float:
        """The std to first order in 1/row: the numerator's spread, less what it shares with the sum."""
        return math.sqrt((1 - 1 / self.row) / 3) / self.row

    @property
    def support(self) -> tuple[float, float]:
        """0 to 1."""
        return 0.0, 1.0

    def cdf(self, points: Reals) -> Reals:
        """P(u <= ratio * rest of the row), where x = ratio / (1 + ratio)."""
        if self.row == 1:
            return np.asarray(points >= 1, np.float64)
        inside = np.clip(points, 0.0, np.nextafter(1.0, 0.0))
        ratio = inside / (1 - inside)
        limit = np.minimum((1 - inside) / np.maximum(inside, np.finfo(np.float64).tiny), self.row)
        below = ratio * _mean_of_lesser(self.row - 1, limit)
        return np.where(points >= 1, 1.0, np.clip(below, 0.0, 1.0))

    def tests(self, values: Reals, tolerance: float = 0.0) -> tuple[Test, ...]:
        """Require positive values and rows that sum to 1, and compare the standard deviation."""
        rows = values.reshape(-1, self.row)
        off, least = float(np.abs(rows.sum(axis=1) - 1).max()), float(values.min())
        if least < 0:
            return (Test("support", least, 0.0, 0.0),)
        if off > 1e-4 + tolerance * self.row:
            return (Test("row sum", off, 0.0, 0.0),)
        sums = Test("row sum", off, 0.0, None)
        if self.row < FEW:
            return (sums,)
        measured = float(values.std())
        p_value = two_sided(abs(measured / self.std - 1), 1 / math.sqrt(values.size))
        return Test("std", measured, self.std, p_value), sums


def _mean_of_lesser(terms: int, limit: Reals) -> Reals:
    """E[min(sum, limit)] of a sum of U(0, 1): exact for few terms (Irwin, Hall 1927), else as of a normal."""
    if terms > _EXACT_TERMS:
        total = Normal(terms / 2, math.sqrt(terms / 12))
        below = total.cdf(limit)
        lesser = total.mean * below - total.std**2 * total.density(limit) + limit * (1 - below)
        return np.asarray(lesser)
    excess = np.zeros_like(limit)
    for number in range(terms + 1):
        power = np.maximum(limit - number, 0.0) ** (terms + 1)
        excess += (-1) ** number * math.comb(terms, number) * power / math.factorial(terms + 1)
    return np.minimum(limit - excess, terms / 2)
