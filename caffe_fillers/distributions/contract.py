"""Contract of a distribution: how it is drawn, and the properties of its values.

A new one is a frozen dataclass with `draw`, `words`, `mean`, `std`, `support`
and `cdf`. Execution, the check, the signal, the report and the ports read
these; everything else here has a default that follows from them.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.distributions import goodness
from caffe_fillers.rng import CHUNK, Stream

Values: TypeAlias = NDArray[np.floating]
Reals: TypeAlias = NDArray[np.float64]


class Distribution(ABC):
    """A distribution of single values, with Caffe's way of drawing them from its stream."""

    @abstractmethod
    def draw(self, size: int, stream: Stream, dtype: type[np.floating] = np.float32) -> Values:
        """Draw `size` values of `dtype`, in C order, and leave the stream after the last one."""

    @abstractmethod
    def words(self, size: int, stream: Stream, dtype: type[np.floating] = np.float32) -> int | None:
        """Count the raw outputs that `size` values take from a stream like this; None if these decide."""

    @property
    @abstractmethod
    def mean(self) -> float:
        """Expected value."""

    @property
    @abstractmethod
    def std(self) -> float:
        """Standard deviation."""

    @property
    @abstractmethod
    def support(self) -> tuple[float, float]:
        """Least and greatest possible value."""

    @abstractmethod
    def cdf(self, points: Reals) -> Reals:
        """Probability of a value up to each point."""

    def density(self, points: Reals) -> Reals:
        """Probability density at each point: the slope of `cdf`."""
        step = (self.std or 1.0) * 1e-5
        slope: Reals = (self.cdf(points + step) - self.cdf(points - step)) / (2 * step)
        return slope

    @property
    def unit(self) -> int | None:
        """Number of values that can be drawn apart from the next ones; None if a blob is drawn as a whole."""
        return None

    @property
    def outputs_per_value(self) -> int:
        """Raw outputs that a value takes at least; 0 if values are computed, not drawn."""
        return 1

    @property
    def is_random(self) -> bool:
        """Whether values depend on the stream."""
        return self.outputs_per_value > 0

    @property
    def from_normals(self) -> bool:
        """Whether every value begins as a normal, which may take further raw outputs."""
        return False

    @property
    def is_continuous(self) -> bool:
        """Whether equal values in a blob, apart from rounding, are not by chance."""
        return self.is_random and self.std > 0 and not self.zeros

    @property
    def is_correlated(self) -> bool:
        """Whether the variance of a sum of values differs from the sum of their variances."""
        return False

    @property
    def bound(self) -> float | None:
        """Upper bound of a uniform; None for any other distribution."""
        return None

    @property
    def zeros(self) -> float:
        """Probability of a zero that is set, beside those that are drawn."""
        return 0.0

    def range_of_most(self, deviations: float) -> tuple[float, float]:
        """Interval of so many standard deviations around the mean, zeros that are set aside, in the support.

        >>> from caffe_fillers.distributions import Normal, Uniform
        >>> Uniform(-1.0, 1.0).range_of_most(6), Normal(2.0, 0.5).range_of_most(6)
        ((-1.0, 1.0), (-1.0, 5.0))
        """
        mean, std = self.mean, self.std
        if 0 < self.zeros < 1:
            kept = 1 - self.zeros
            mean, std = mean / kept, math.sqrt((std**2 + mean**2) / kept - (mean / kept) ** 2)
        width = deviations * std
        low, high = self.support
        return max(low, mean - width), min(high, mean + width)

    @property
    def block(self) -> Values | None:
        """Computed values that are repeated until a blob is full; None if there are none."""
        return None

    def chunks(self, size: int, stream: Stream, dtype: type[np.floating] = np.float32) -> Iterator[Values]:
        """Draw as `draw` does, in pieces of about CHUNK values, as far as these can be drawn apart."""
        if self.unit is None:
            yield self.draw(size, stream, dtype)
            return
        piece = max(CHUNK // self.unit, 1) * self.unit
        for start in range(0, size, piece):
            yield self.draw(min(piece, size - start), stream, dtype)

    def sample(self, shape: tuple[int, ...], stream: Stream, dtype: type[np.floating] = np.float32) -> Values:
        """Draw an array of `shape` and `dtype`.

        >>> from caffe_fillers.distributions import Uniform
        >>> Uniform(-1.0, 1.0).sample((2, 2), Stream(1701)).dtype
        dtype('float32')
        """
        values = np.empty(math.prod(shape), dtype)
        position = 0
        for chunk in self.chunks(values.size, stream, dtype):
            values[position : position + chunk.size] = chunk
            position += chunk.size
        return values.reshape(shape)

    def tests(self, values: Reals, tolerance: float = 0.0) -> tuple[goodness.Test, ...]:
        """Test whether float64 values, in the order of the blob, come from here; the first test says most.

        By default these are support, mean, standard deviation and
        Kolmogorov-Smirnov. `tolerance` is an absolute error that is forgiven.
        """
        return goodness.default_tests(self, values, tolerance)

    def scale_interval(self, values: Reals) -> tuple[float, float] | None:
        """Least and greatest positive factor that may have multiplied the values; None if nothing is known.

        The true one lies outside in one case of a thousand.
        """
        return None
