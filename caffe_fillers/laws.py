"""What a filler draws from: a law is a distribution and how Caffe samples it.

Everything right of the Plan reads these: execution samples them, checks test
against them, ports print them, reports plot them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import rng

CHUNK = 1 << 18
"""Values that are drawn at a time, so that a blob of any size passes through a processor's cache."""

Values: TypeAlias = NDArray[np.floating]


class Law(Protocol):
    """A distribution with Caffe's way of drawing from it."""

    def chunks(self, stream: rng.Stream, size: int, dtype: type[np.floating]) -> Iterator[Values]:
        """Draw `size` values of `dtype`, in pieces in C order; at the end the stream stands behind them."""

    def words(self, stream: rng.Stream, size: int, dtype: type[np.floating]) -> int | None:
        """How many words `size` values take from a stream like this; None where the words decide that."""

    @property
    def mean(self) -> float:
        """Expected value of one element."""

    @property
    def std(self) -> float:
        """Standard deviation of one element."""

    @property
    def support(self) -> tuple[float, float]:
        """The least and the greatest value possible."""


def sample(
    law: Law, stream: rng.Stream, shape: tuple[int, ...], dtype: type[np.floating] = np.float32
) -> Values:
    """Draw a whole array of `shape` and `dtype` from a law.

    >>> sample(Uniform(-1.0, 1.0), rng.Stream(1701), (2, 2)).dtype
    dtype('float32')
    """
    values = np.empty(math.prod(shape), dtype)
    position = 0
    for chunk in law.chunks(stream, values.size, dtype):
        values[position : position + chunk.size] = chunk
        position += chunk.size
    return values.reshape(shape)


@dataclass(frozen=True)
class Uniform:
    """`caffe_rng_uniform`: low to high, both included, for Caffe raises the upper bound by one step."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"U({self.low:.6g}, {self.high:.6g})"

    def chunks(self, stream: rng.Stream, size: int, dtype: type[np.floating]) -> Iterator[Values]:
        """One word a value, another where the value comes out at the raised bound."""
        for length in _lengths(size):
            yield rng.uniform(stream, length, dtype(self.low), dtype(self.high), dtype)

    def words(self, stream: rng.Stream, size: int, dtype: type[np.floating]) -> int | None:
        """One a value where no word comes out at the raised bound, as for half of all bounds."""
        return None if rng.may_redraw(stream, dtype(self.low), dtype(self.high), dtype) else size

    @property
    def mean(self) -> float:
        """The middle."""
        return (self.low + self.high) / 2

    @property
    def std(self) -> float:
        """The width over the root of twelve."""
        return (self.high - self.low) / math.sqrt(12)

    @property
    def support(self) -> tuple[float, float]:
        """The bounds."""
        return self.low, self.high


@dataclass(frozen=True)
class Normal:
    """`caffe_rng_gaussian`: `boost::normal_distribution`, whose algorithm depends on the release of Boost."""

    mean: float
    std: float

    def __str__(self) -> str:
        return f"N({self.mean:.6g}, {self.std:.6g})"

    def chunks(self, stream: rng.Stream, size: int, dtype: type[np.floating]) -> Iterator[Values]:
        """CHUNK is even, so the pairs of the oldest algorithm are never torn."""
        for length in _lengths(size):
            yield rng.normal(stream, length, dtype(self.mean), dtype(self.std), dtype)

    def words(self, stream: rng.Stream, size: int, dtype: type[np.floating]) -> int | None:
        """It loops until a point lies below the density."""

    @property
    def support(self) -> tuple[float, float]:
        """All numbers."""
        return -math.inf, math.inf


@dataclass(frozen=True)
class SparseNormal:
    """A normal of which each value is kept with probability `keep` and is zero otherwise.

    Caffe multiplies by a mask of 0 and 1 that it draws behind all the
    normals; a negative value that is dropped becomes -0.
    """

    normal: Normal
    keep: float

    def __str__(self) -> str:
        return f"{self.normal}, {self.keep:.4g} kept"

    def chunks(self, stream: rng.Stream, size: int, dtype: type[np.floating]) -> Iterator[Values]:
        """Normals are drawn twice: the first time to learn where the mask begins."""
        masks = stream.copy()
        for _ in self.normal.chunks(masks, size, dtype):
            pass
        for values in self.normal.chunks(stream, size, dtype):
            yield values * rng.bernoulli(masks, values.size, dtype(self.keep), dtype).astype(dtype)
        stream.skip(masks.position - stream.position)

    def words(self, stream: rng.Stream, size: int, dtype: type[np.floating]) -> int | None:
        """As the normal's."""

    @property
    def mean(self) -> float:
        """The normal's, as far as it is kept."""
        return self.normal.mean * self.keep

    @property
    def std(self) -> float:
        """Of the mixture of the normal and zero."""
        second_moment = self.keep * (self.normal.std**2 + self.normal.mean**2)
        return math.sqrt(second_moment - self.mean**2)

    @property
    def support(self) -> tuple[float, float]:
        """All numbers."""
        return self.normal.support


@dataclass(frozen=True)
class UnitSum:
    """U(0, 1), each row of `row` values divided by its sum.

    The sum is taken from left to right in `dtype`, as the loop in
    `PositiveUnitballFiller` does: numpy's own sum would pair the terms.
    """

    row: int

    def __str__(self) -> str:
        return f"rows of {self.row} that sum to 1"

    def chunks(self, stream: rng.Stream, size: int, dtype: type[np.floating]) -> Iterator[Values]:
        """Whole rows at a time."""
        uniform = Uniform(0.0, 1.0)
        for length in _lengths(size, self.row):
            rows = sample(uniform, stream, (length // self.row, self.row), dtype)
            sums = np.add.accumulate(rows, axis=1, dtype=dtype)[:, -1:]
            yield (rows / sums).ravel()

    def words(self, stream: rng.Stream, size: int, dtype: type[np.floating]) -> int | None:
        """As of U(0, 1)."""
        return Uniform(0.0, 1.0).words(stream, size, dtype)

    @property
    def mean(self) -> float:
        """One over the row's length, by symmetry."""
        return 1 / self.row

    @property
    def std(self) -> float:
        """To first order in 1/row: the numerator's spread, less what it shares with the sum."""
        return math.sqrt((1 - 1 / self.row) / 3) / self.row

    @property
    def support(self) -> tuple[float, float]:
        """0 to 1."""
        return 0.0, 1.0


@dataclass(frozen=True)
class Constant:
    """One value everywhere; nothing is drawn."""

    value: float

    def __str__(self) -> str:
        return f"{self.value:.6g}"

    def chunks(self, stream: rng.Stream, size: int, dtype: type[np.floating]) -> Iterator[Values]:
        """The value, over and over."""
        for length in _lengths(size):
            yield np.full(length, self.value, dtype)

    def words(self, stream: rng.Stream, size: int, dtype: type[np.floating]) -> int | None:
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


@dataclass(frozen=True, eq=False)
class Exact:
    """Values that are computed, not drawn: `block`, of `size` values, repeated until the blob is full.

    It is made when it is first looked at, for a plan may ask for more than memory holds.
    """

    size: int
    make: Callable[[], Values] = field(repr=False)

    @cached_property
    def block(self) -> Values:
        """The values, in memory."""
        return self.make()

    def __str__(self) -> str:
        return "computed"

    def chunks(self, stream: rng.Stream, size: int, dtype: type[np.floating]) -> Iterator[Values]:
        """Whole blocks at a time."""
        flat = self.block.astype(dtype, copy=False).ravel()
        for length in _lengths(size, self.size):
            yield np.tile(flat, length // flat.size)

    def words(self, stream: rng.Stream, size: int, dtype: type[np.floating]) -> int | None:
        """None at all."""
        return 0

    @property
    def mean(self) -> float:
        """Of the block."""
        return float(self.block.mean(dtype=np.float64))

    @property
    def std(self) -> float:
        """Of the block."""
        return float(self.block.std(dtype=np.float64))

    @property
    def support(self) -> tuple[float, float]:
        """Of the block."""
        return float(self.block.min()), float(self.block.max())


def _lengths(size: int, multiple: int = 1) -> Iterator[int]:
    """Cut `size` into pieces of about CHUNK values, each a whole multiple."""
    piece = max(CHUNK // multiple, 1) * multiple
    for start in range(0, size, piece):
        yield min(piece, size - start)
