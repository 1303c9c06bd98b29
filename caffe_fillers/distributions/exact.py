"""Values that are computed, such as those of bilinear interpolation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from caffe_fillers.distributions.contract import Distribution, Reals, Values
from caffe_fillers.distributions.goodness import SLACK, Test
from caffe_fillers.rng import Stream


@dataclass(frozen=True, eq=False)
class Exact(Distribution):
    """Values that are computed, not drawn: `block`, of `size` values, repeated until the blob is full.

    The block is computed when it is first read, for a plan may ask for more
    than memory holds.

    >>> Exact(2, lambda: np.array([1.0, 3.0])).cdf(np.array([0.0, 1.0, 3.0]))
    array([0. , 0.5, 1. ])
    """

    size: int
    make: Callable[[], Values] = field(repr=False)

    outputs_per_value = 0

    @cached_property
    def block(self) -> Values:
        """The values, in memory."""
        return self.make()

    def __str__(self) -> str:
        return "computed"

    @property
    def unit(self) -> int:
        """A block."""
        return self.size

    def draw(self, size: int, stream: Stream, dtype: type[np.floating] = np.float32) -> Values:
        """Repeat the block."""
        flat = self.block.astype(dtype, copy=False).ravel()
        return np.tile(flat, size // flat.size)

    def words(self, size: int, stream: Stream, dtype: type[np.floating] = np.float32) -> int | None:
        """None at all."""
        return 0

    @property
    def mean(self) -> float:
        """The block's own."""
        return float(self.block.mean(dtype=np.float64))

    @property
    def std(self) -> float:
        """The block's own."""
        return float(self.block.std(dtype=np.float64))

    @property
    def support(self) -> tuple[float, float]:
        """The block's own."""
        return float(self.block.min()), float(self.block.max())

    def cdf(self, points: Reals) -> Reals:
        """Share of the block up to each point."""
        ordered = np.sort(self.block.ravel().astype(np.float64))
        return np.searchsorted(ordered, points, side="right") / ordered.size

    def tests(self, values: Reals, tolerance: float = 0.0) -> tuple[Test, ...]:
        """Count values that differ from the block's."""
        block = self.block.ravel().astype(np.float64)
        wrong = int((np.abs(values.reshape(-1, block.size) - block) > SLACK + tolerance).sum())
        return (Test("value", float(wrong), 0.0, 0.0 if wrong else None),)
