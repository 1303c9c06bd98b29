"""Uniform values, as `caffe_rng_uniform` draws them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from caffe_fillers import rng
from caffe_fillers.distributions.contract import Distribution, Reals, Values
from caffe_fillers.distributions.goodness import FEW, MISSED, SLACK, Test, kolmogorov_smirnov

_MIN_VALUES = 4
"""Fewest values that say anything about a scale."""


@dataclass(frozen=True)
class Uniform(Distribution):
    """U(low, high), both included, for Caffe raises the upper bound by one step.

    >>> Uniform(0.0, 4.0).cdf(np.array([1.0])), Uniform(0.0, 4.0).density(np.array([1.0, 5.0]))
    (array([0.25]), array([0.25, 0.  ]))
    """

    low: float
    high: float

    unit = 1

    def __str__(self) -> str:
        return f"U({self.low:.6g}, {self.high:.6g})"

    def draw(self, size: int, stream: rng.Stream, dtype: type[np.floating] = np.float32) -> Values:
        """Draw by one raw output a value, and another for a value that rounds to the raised bound."""
        return rng.uniform(stream, size, dtype(self.low), dtype(self.high), dtype)

    def chunks(
        self, size: int, stream: rng.Stream, dtype: type[np.floating] = np.float32
    ) -> Iterator[Values]:
        """Draw as `draw` does, by as many threads as the stream has."""
        return rng.uniform_chunks(stream, size, dtype(self.low), dtype(self.high), dtype)

    def words(self, size: int, stream: rng.Stream, dtype: type[np.floating] = np.float32) -> int | None:
        """One output per value if no output can round up to the raised bound."""
        return None if rng.may_redraw(stream, dtype(self.low), dtype(self.high), dtype) else size

    @property
    def mean(self) -> float:
        """Middle of the interval."""
        return (self.low + self.high) / 2

    @property
    def std(self) -> float:
        """Width over the root of twelve."""
        return (self.high - self.low) / math.sqrt(12)

    @property
    def support(self) -> tuple[float, float]:
        """Lower and upper bound."""
        return self.low, self.high

    @property
    def bound(self) -> float:
        """Upper bound."""
        return self.high

    def cdf(self, points: Reals) -> Reals:
        """Share of the interval below each point."""
        if not self.high > self.low:
            return np.asarray(points >= self.high, np.float64)
        return np.clip((points - self.low) / (self.high - self.low), 0.0, 1.0)

    def density(self, points: Reals) -> Reals:
        """One over the width, inside."""
        inside = (points >= self.low) & (points <= self.high)
        width = self.high - self.low
        return np.where(inside, 1 / width if width else math.inf, 0.0)

    def tests(self, values: Reals, tolerance: float = 0.0) -> tuple[Test, ...]:
        """Compare the largest value with the bound, by its exact distribution, and the shape."""
        half = (self.high - self.low) / 2
        farthest = float(np.abs(values - self.mean).max())
        if not half:
            wrong = farthest > SLACK * abs(self.high) + tolerance
            return (Test("value", float(np.count_nonzero(values != self.high)), 0.0, 0.0 if wrong else None),)
        largest, room = farthest / half, SLACK + tolerance / half
        if largest > 1 + room:
            return (Test("largest", farthest, half, 0.0),)
        if values.size < FEW:
            return (Test("largest", farthest, half, None),)
        probability = min(1.0, largest + room) ** values.size  # P(no value is farther out)
        return Test("largest", farthest, half, probability), kolmogorov_smirnov(self, values, tolerance)

    def scale_interval(self, values: Reals) -> tuple[float, float] | None:
        """Factors by which the bounds hold all values, and leave no unlikely gap.

        >>> low, high = Uniform(0.0, 1.0).scale_interval(np.linspace(0.02, 1.1, 100))
        >>> round(low, 4), round(high, 4)
        (1.1, 1.2132)
        """
        size = values.size
        if size < _MIN_VALUES or not self.high > self.low:
            return None
        least, greatest = float(values.min()), float(values.max())
        share = (MISSED / size) ** (1 / (size - 1))  # P(all lie within a share) < size * share**(size - 1)
        above = [(greatest - least) / (self.high - self.low)]
        below = [(greatest - least) / (self.high - self.low) / share]
        for bound, extreme, opens in (
            (self.low, least, self.low < 0),
            (self.high, greatest, self.high > 0),
        ):
            if bound:
                (above if opens else below).append(extreme / bound)
        low, high = max(above) * (1 - SLACK), min(below) * (1 + SLACK)
        return (low, high) if 0 < low <= high else None
