"""Distributions whose values were multiplied by a factor after they were drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.distributions import Distribution, Reals, Values
from caffe_fillers.rng import Stream

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Times(Distribution):
    """Values of a distribution, each multiplied by `factor` and rounded once to the values' own type."""

    distribution: Distribution
    factor: float

    def __str__(self) -> str:
        return f"{self.distribution} times {self.factor:.6g}"

    @property
    def unit(self) -> int | None:
        """Number of values that can be drawn apart, as the distribution has it."""
        return self.distribution.unit

    def draw(self, size: int, stream: Stream, dtype: type[np.floating] = np.float32) -> Values:
        """Draw from the distribution and multiply."""
        return multiplied(self.distribution.draw(size, stream, dtype), self.factor).astype(dtype, copy=False)

    def words(self, size: int, stream: Stream, dtype: type[np.floating] = np.float32) -> int | None:
        """Count the raw outputs as the distribution does."""
        return self.distribution.words(size, stream, dtype)

    def cdf(self, points: Reals) -> Reals:
        """Probability of a value up to each point over the factor, which is positive."""
        return self.distribution.cdf(points / self.factor)

    @property
    def mean(self) -> float:
        """The distribution's, multiplied."""
        return self.distribution.mean * self.factor

    @property
    def std(self) -> float:
        """The distribution's, multiplied."""
        return self.distribution.std * abs(self.factor)

    @property
    def support(self) -> tuple[float, float]:
        """The distribution's, multiplied."""
        low, high = sorted(bound * self.factor for bound in self.distribution.support)
        return low, high


def multiplied(values: Values, factor: float | NDArray[np.float64]) -> Floats:
    """Return the float32 nearest to each product, which is exact in float64.

    >>> multiplied(np.float32([3.0]), 1.02) == np.float32(3.0) * np.float32(1.02)
    array([ True])
    """
    product: Floats = (values.astype(np.float64) * factor).astype(np.float32)
    return product


def divided(value: np.float32, factor: NDArray[np.float64]) -> list[tuple[Floats, NDArray[np.bool_]]]:
    """Return the numbers next to each quotient, and which of them become the value by the factor.

    >>> [number for number, right in divided(np.float32(3.06), np.array([1.02])) if right]
    [array([3.], dtype=float32)]
    """
    middle = (np.float64(value) / factor).astype(np.float32)
    upper, lower = np.float32(np.inf), np.float32(-np.inf)
    numbers = (np.nextafter(middle, lower), middle, np.nextafter(middle, upper))
    return [(number, multiplied(number, factor) == value) for number in numbers]


def unscaled(distribution: Distribution) -> Distribution:
    """Return the distribution that drew the values before they were multiplied.

    >>> from caffe_fillers.distributions import Normal
    >>> unscaled(Times(Normal(0.0, 1.0), 1.02))
    Normal(mean=0.0, std=1.0)
    """
    return distribution.distribution if isinstance(distribution, Times) else distribution
