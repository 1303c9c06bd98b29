"""Fillers of forks: NVIDIA's static types, msra as Intel and happynear have it, happynear's two of its own.

A type that a fork's field turns into another is registered as type+field.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from caffe_fillers import laws, rng
from caffe_fillers.errors import FillerError
from caffe_fillers.fans import MASTER, Convention, VarianceNorm, scale_count
from caffe_fillers.fillers.contract import Filler, filler, filler_types, require_finite, require_held
from caffe_fillers.fillers.standard import MSRA, Bilinear, Gaussian, PositiveUnitball, Uniform, Xavier
from caffe_fillers.shapes import Shape, count, format_shape, legacy_dim

# NVIDIA/caffe 87a25543a and caffe-jacinto: a static filler draws once for each object and copies that
# from then on. A layer makes an object for each blob, so the first values are those of the plain filler.
for _plain in (Gaussian, PositiveUnitball, Uniform, Xavier, MSRA, Bilinear):
    filler_types.add(f"{_plain.type_name}static", _plain)


@filler("msra+scale")
@dataclass(frozen=True)
class IntelMSRA(Filler):
    """Msra whose standard deviation is multiplied by `scale`: intel/caffe 44d536385.

    >>> IntelMSRA(scale=0.5).law((4, 2))
    Normal(mean=0.0, std=0.5)
    """

    variance_norm: VarianceNorm | str | int = VarianceNorm.FAN_IN
    scale: float = 1.0

    def law(
        self, shape: Shape, dtype: type[np.floating] = np.float32, convention: Convention = MASTER
    ) -> laws.Law:
        """`scale` is a float in FillerParameter, whatever `dtype` is."""
        require_finite(self, "scale")
        std = MSRA(self.variance_norm, sparse=self.sparse).scale(shape, dtype, convention)
        return laws.Normal(0.0, float(dtype(np.float32(self.scale)) * dtype(std)))


@filler("msra+alpha")
@dataclass(frozen=True)
class LeakyMSRA(Filler):
    """Msra for rectifiers of slope `alpha`, sqrt(2 / n / (1 + alpha^2)): happynear/caffe-windows 967eedf25.

    He, Zhang, Ren and Sun, Delving deep into rectifiers, ICCV 2015, equation 15.

    >>> LeakyMSRA(alpha=1.0).law((4, 1))
    Normal(mean=0.0, std=1.0)
    """

    variance_norm: VarianceNorm | str | int = VarianceNorm.FAN_IN
    alpha: float = 0.0

    def law(
        self, shape: Shape, dtype: type[np.floating] = np.float32, convention: Convention = MASTER
    ) -> laws.Law:
        """`alpha` is a float in FillerParameter, whatever `dtype` is."""
        self.require_dense(shape)
        n = scale_count(convention.fans(shape), VarianceNorm.of(self.variance_norm), dtype)
        alpha = dtype(np.float32(self.alpha))
        return laws.Normal(0.0, float(np.sqrt(dtype(2) / n / (dtype(1) + alpha * alpha))))


@filler("identity")
@dataclass(frozen=True)
class Identity(Filler):
    """The identity matrix for a blob of as many outputs as inputs: happynear/caffe-windows 967eedf25.

    >>> Identity().law((2, 2)).block.tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    def law(
        self, shape: Shape, dtype: type[np.floating] = np.float32, convention: Convention = MASTER
    ) -> laws.Law:
        """Ones lie where output and channel are equal."""
        self.require_dense(shape)
        num, channels = legacy_dim(shape, 0), legacy_dim(shape, 1)
        if num != channels:
            raise FillerError(
                f"the identity filler needs as many outputs as inputs, not {format_shape(shape)}"
            )
        require_held(count(shape))
        return laws.Exact(count(shape), lambda: _diagonal(shape, num, dtype))


def _diagonal(shape: Shape, num: int, dtype: type[np.floating]) -> laws.Values:
    values = np.zeros(shape, dtype)
    values.ravel()[np.arange(num) * (num + 1)] = 1
    return values


@filler("gaussian_unitball")
@dataclass(frozen=True)
class GaussianUnitball(Filler):
    """A row of N(0, 1) for each output, brought to length 1: happynear/caffe-windows 967eedf25.

    >>> GaussianUnitball().law((5, 8))
    UnitNorm(row=8)
    """

    def law(
        self, shape: Shape, dtype: type[np.floating] = np.float32, convention: Convention = MASTER
    ) -> laws.Law:
        """Rows are what belongs to one index of the first axis."""
        self.require_dense(shape)
        require_held(count(shape))
        return UnitNorm(math.prod(shape) // legacy_dim(shape, 0))


@dataclass(frozen=True)
class UnitNorm:
    """N(0, 1), each row of `row` values divided by sqrt(its sum of squares + 1e-12).

    The order in which a BLAS sums is its own; here it is summed in double
    precision, so the last bit may differ from what the fork had.
    """

    row: int

    def __str__(self) -> str:
        return f"rows of {self.row} of length 1"

    def chunks(self, stream: rng.Stream, size: int, dtype: type[np.floating]) -> Iterator[laws.Values]:
        """One piece: rows can be scaled only when all are drawn."""
        rows = laws.sample(laws.Normal(0.0, 1.0), stream, (size // self.row, self.row), dtype)
        squares = np.add.accumulate(np.square(rows, dtype=np.float64), axis=1)[:, -1] + 1e-12
        yield (rows * (dtype(1) / np.sqrt(squares.astype(dtype)))[:, np.newaxis]).ravel()

    def words(self, stream: rng.Stream, size: int, dtype: type[np.floating]) -> int | None:
        """As the normal's."""

    @property
    def mean(self) -> float:
        """Zero, by symmetry."""
        return 0.0

    @property
    def std(self) -> float:
        """Each of the values has its share of the length."""
        return 1 / math.sqrt(self.row)

    @property
    def support(self) -> tuple[float, float]:
        """The unit ball's."""
        return -1.0, 1.0
