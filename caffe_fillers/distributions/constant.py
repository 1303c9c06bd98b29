"""One value everywhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from caffe_fillers.distributions.contract import Distribution, Reals, Values
from caffe_fillers.distributions.goodness import SLACK, Test
from caffe_fillers.rng import Stream


@dataclass(frozen=True)
class Constant(Distribution):
    """One value everywhere; nothing is drawn.

    >>> Constant(0.5).cdf(np.array([0.4, 0.5]))
    array([0., 1.])
    """

    value: float

    unit = 1
    outputs_per_value = 0

    def __str__(self) -> str:
        return f"{self.value:.6g}"

    def draw(self, size: int, stream: Stream, dtype: type[np.floating] = np.float32) -> Values:
        """Repeat the value."""
        return np.full(size, self.value, dtype)

    def words(self, size: int, stream: Stream, dtype: type[np.floating] = np.float32) -> int | None:
        """None at all."""
        return 0

    @property
    def mean(self) -> float:
        """The value."""
        return self.value

    @property
    def std(self) -> float:
        """None."""
        return 0.0

    @property
    def support(self) -> tuple[float, float]:
        """The value."""
        return self.value, self.value

    def cdf(self, points: Reals) -> Reals:
        """A step at the value."""
        return np.asarray(points >= self.value, np.float64)

    def tests(self, values: Reals, tolerance: float = 0.0) -> tuple[Test, ...]:
        """Count other values."""
        wrong = int((np.abs(values - self.value) > SLACK * abs(self.value) + tolerance).sum())
        return (Test("value", float(wrong), 0.0, 0.0 if wrong else None),)
