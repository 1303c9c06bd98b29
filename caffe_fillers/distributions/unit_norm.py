"""Rows of length 1: the gaussian_unitball filler of happynear/caffe-windows."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from caffe_fillers import rng
from caffe_fillers.distributions.contract import Distribution, Reals, Values
from caffe_fillers.distributions.goodness import MANY, Test, kolmogorov_smirnov
from caffe_fillers.distributions.normal import Normal


@dataclass(frozen=True)
class UnitNorm(Distribution):
    """N(0, 1), each row of `row` values divided by sqrt(its sum of squares + 1e-12).

    The order in which a BLAS sums is its own; here it is summed in double
    precision, so the last bit may differ from what the fork had.

    >>> UnitNorm(3).cdf(np.array([-0.5, 0.0, 0.5])).round(4)
    array([0.25, 0.5 , 0.75])
    """

    row: int

    from_normals = True

    def __str__(self) -> str:
        return f"rows of {self.row} of length 1"

    def draw(self, size: int, stream: rng.Stream, dtype: type[np.floating] = np.float32) -> Values:
        """Draw all rows, then divide them."""
        rows = Normal().sample((size // self.row, self.row), stream, dtype)
        squares = np.add.accumulate(np.square(rows, dtype=np.float64), axis=1)[:, -1] + 1e-12
        rows *= (dtype(1) / np.sqrt(squares.astype(dtype)))[:, np.newaxis]
        return rows.ravel()

    def words(self, size: int, stream: rng.Stream, dtype: type[np.floating] = np.float32) -> int | None:
        """Unknown, as for the normal."""

    @property
    def mean(self) -> float:
        """Zero, by symmetry."""
        return 0.0

    @property
    def std(self) -> float:
        """An equal share of the length."""
        return 1 / math.sqrt(self.row)

    @property
    def support(self) -> tuple[float, float]:
        """The unit ball."""
        return -1.0, 1.0

    @property
    def is_continuous(self) -> bool:
        """Unless a row is one value, which is -1 or 1."""
        return self.row > 1

    def cdf(self, points: Reals) -> Reals:
        """Compute it by Student's t, which x * sqrt(row - 1) / sqrt(1 - x^2) follows on a sphere."""
        from scipy.special import stdtr

        if self.row == 1:
            return (np.asarray(points >= -1, np.float64) + (points >= 1)) / 2
        inside = np.clip(points, -1.0, 1.0)
        with np.errstate(divide="ignore"):
            t = inside * math.sqrt(self.row - 1) / np.sqrt((1 - inside) * (1 + inside))
        return np.asarray(stdtr(self.row - 1, t), np.float64)

    def tests(self, values: Reals, tolerance: float = 0.0) -> tuple[Test, ...]:
        """Require rows of length 1, and compare the shape if rows are long, so that values hardly depend."""
        lengths = np.sqrt((values.reshape(-1, self.row) ** 2).sum(axis=1))
        off = float(np.abs(lengths - 1).max())
        bad = off > 1e-4 + tolerance * self.row
        length = Test("row length", off, 0.0, 0.0 if bad else None)
        if bad or self.row < MANY:
            return (length,)
        return length, kolmogorov_smirnov(self, values, tolerance)
