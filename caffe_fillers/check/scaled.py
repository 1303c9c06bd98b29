"""A law whose values somebody multiplied by a factor after they were drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import laws
from caffe_fillers.laws import Values
from caffe_fillers.rng import Stream

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Times:
    """Values of a law, each multiplied by `factor` and rounded once to the values' own type."""

    law: laws.Law
    factor: float

    def __str__(self) -> str:
        return f"{self.law} times {self.factor:.6g}"

    def chunks(self, stream: Stream, size: int, dtype: type[np.floating]) -> Iterator[Values]:
        """The law's own, multiplied."""
        for chunk in self.law.chunks(stream, size, dtype):
            yield multiplied(chunk, self.factor).astype(dtype, copy=False)

    def words(self, stream: Stream, size: int, dtype: type[np.floating]) -> int | None:
        """As the law."""
        return self.law.words(stream, size, dtype)

    @property
    def mean(self) -> float:
        """The law's, multiplied."""
        return self.law.mean * self.factor

    @property
    def std(self) -> float:
        """The law's, multiplied."""
        return self.law.std * abs(self.factor)

    @property
    def support(self) -> tuple[float, float]:
        """The law's, multiplied."""
        low, high = sorted(bound * self.factor for bound in self.law.support)
        return low, high


def multiplied(values: Values, factor: float | NDArray[np.float64]) -> Floats:
    """The float32 nearest to each product: a float32 factor's product with one is exact in float64.

    >>> multiplied(np.float32([3.0]), 1.02) == np.float32(3.0) * np.float32(1.02)
    array([ True])
    """
    product: Floats = (values.astype(np.float64) * factor).astype(np.float32)
    return product


def divided(value: np.float32, factor: NDArray[np.float64]) -> list[tuple[Floats, NDArray[np.bool_]]]:
    """What a factor may have made a value of: numbers next to each quotient, and for which that is true.

    >>> [number for number, right in divided(np.float32(3.06), np.array([1.02])) if right]
    [array([3.], dtype=float32)]
    """
    middle = (np.float64(value) / factor).astype(np.float32)
    upper, lower = np.float32(np.inf), np.float32(-np.inf)
    numbers = (np.nextafter(middle, lower), middle, np.nextafter(middle, upper))
    return [(number, multiplied(number, factor) == value) for number in numbers]


def unscaled(law: laws.Law) -> laws.Law:
    """The law that drew the values before anybody multiplied them.

    >>> unscaled(Times(laws.Normal(0.0, 1.0), 1.02))
    Normal(mean=0.0, std=1.0)
    """
    return law.law if isinstance(law, Times) else law
