"""Normal values, as `caffe_rng_gaussian` draws them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from caffe_fillers import rng
from caffe_fillers.distributions.contract import Distribution, Reals, Values
from caffe_fillers.distributions.goodness import FEW, MISSED, Test, kolmogorov_smirnov, mean_test

_MIN_VALUES = 4
"""Fewest values that say anything about a scale."""


@dataclass(frozen=True)
class Normal(Distribution):
    """N(mean, std) by `boost::normal_distribution`, whose algorithm depends on the release of Boost.

    >>> Normal(1.0, 2.0).cdf(np.array([1.0, 3.0])).round(4)
    array([0.5   , 0.8413])
    """

    mean: float = 0.0
    std: float = 1.0

    unit = 2  # the pairs of the oldest algorithm are never torn
    from_normals = True

    def __str__(self) -> str:
        return f"N({self.mean:.6g}, {self.std:.6g})"

    def draw(self, size: int, stream: rng.Stream, dtype: type[np.floating] = np.float32) -> Values:
        """Draw by the algorithm of the stream's release of Boost."""
        return rng.normal(stream, size, dtype(self.mean), dtype(self.std), dtype)

    def chunks(
        self, size: int, stream: rng.Stream, dtype: type[np.floating] = np.float32
    ) -> Iterator[Values]:
        """Draw as `draw` does, by as many threads as the stream has."""
        return rng.normal_chunks(stream, size, dtype(self.mean), dtype(self.std), dtype)

    def words(self, size: int, stream: rng.Stream, dtype: type[np.floating] = np.float32) -> int | None:
        """Unknown: it loops until a point lies below the density."""

    @property
    def support(self) -> tuple[float, float]:
        """All numbers."""
        return -math.inf, math.inf

    def cdf(self, points: Reals) -> Reals:
        """Compute it by the error function."""
        from scipy.special import ndtr

        return np.asarray(ndtr((points - self.mean) / self.std), np.float64)

    def density(self, points: Reals) -> Reals:
        """The bell curve."""
        standard = (points - self.mean) / self.std
        return np.exp(-standard * standard / 2) / (self.std * math.sqrt(2 * math.pi))

    def tests(self, values: Reals, tolerance: float = 0.0) -> tuple[Test, ...]:
        """Compare mean and variance by their exact distributions, and the shape."""
        size = values.size
        shown = float(values.std()) if size > 1 else self.std
        if size < FEW:
            return (Test("std", shown, self.std, None),)
        measured = math.sqrt(float(((values - self.mean) ** 2).mean()))
        nearest = min(max(self.std, measured - tolerance), measured + tolerance)
        return (
            Test("std", shown, self.std, _spread(size, nearest / self.std)),
            mean_test(values, self.mean, self.std, tolerance),
            kolmogorov_smirnov(self, values, tolerance),
        )

    def scale_interval(self, values: Reals) -> tuple[float, float] | None:
        """Factors for which the sum of squares is not unlikely, by its distribution, chi-squared."""
        from scipy.special import gammainccinv, gammaincinv

        size = values.size
        if size < _MIN_VALUES:
            return None
        squares = float(((values - (values.mean() if self.mean else 0.0)) ** 2).sum())
        tails = (2 * float(inverse(size / 2, MISSED / 2)) for inverse in (gammainccinv, gammaincinv))
        low, high = (math.sqrt(squares / tail) / self.std for tail in tails)
        return low, high


def _spread(size: int, ratio: float) -> float:
    """The p-value of a standard deviation that is so many times the declared one, by chi-squared."""
    from scipy.special import gammainc, gammaincc

    half = size * ratio**2 / 2
    return float(min(1.0, 2 * min(gammainc(size / 2, half), gammaincc(size / 2, half))))
