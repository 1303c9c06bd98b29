"""The seven fillers of BVLC Caffe: include/caffe/filler.hpp at 9b8915401."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from caffe_fillers import distributions
from caffe_fillers.errors import FillerError
from caffe_fillers.fans import MASTER, Convention, VarianceNorm, scale_count
from caffe_fillers.fillers.contract import (
    NOT_SPARSE,
    Filler,
    filler,
    require_finite,
    require_held,
    require_values,
)
from caffe_fillers.shapes import Shape, count, format_shape, legacy_dim


@filler("constant")
@dataclass(frozen=True)
class Constant(Filler):
    """One value everywhere, zero by default: what a blob without any filler gets.

    >>> Constant(0.5).distribution((3,))
    Constant(value=0.5)
    """

    value: float = 0.0

    def distribution(
        self, shape: Shape, dtype: type[np.floating] = np.float32, convention: Convention = MASTER
    ) -> distributions.Distribution:
        """The constant, rounded to float32."""
        self.require_dense(shape)
        return distributions.Constant(float(np.float32(self.value)))


@filler("uniform")
@dataclass(frozen=True)
class Uniform(Filler):
    """U(min, max), 0 to 1 by default.

    >>> Uniform(-0.5, 0.5).distribution((3,))
    Uniform(low=-0.5, high=0.5)
    """

    min: float = 0.0
    max: float = 1.0

    def distribution(
        self, shape: Shape, dtype: type[np.floating] = np.float32, convention: Convention = MASTER
    ) -> distributions.Distribution:
        """U(min, max); Caffe refuses min > max."""
        self.require_dense(shape)
        low, high = float(np.float32(self.min)), float(np.float32(self.max))
        if not low <= high:
            raise FillerError(f"the uniform filler has min {low:g} above max {high:g}: exchange them")
        require_finite(self, "min", "max")
        return distributions.Uniform(low, high)


@filler("gaussian")
@dataclass(frozen=True)
class Gaussian(Filler):
    """N(mean, std), of which `sparse` values per output on average stay where it is not -1.

    >>> Gaussian(std=0.25, sparse=3).distribution((12, 20))
    SparseNormal(normal=Normal(mean=0.0, std=0.25), keep=0.25)
    """

    mean: float = 0.0
    std: float = 1.0

    def distribution(
        self, shape: Shape, dtype: type[np.floating] = np.float32, convention: Convention = MASTER
    ) -> distributions.Distribution:
        """The normal, or its sparse form; Caffe refuses std <= 0 and a sparse outside 0 to the outputs."""
        require_values(shape)
        normal = distributions.Normal(float(np.float32(self.mean)), float(np.float32(self.std)))
        if not normal.std > 0:
            raise FillerError(f"the gaussian filler needs std above 0, not {normal.std:g}")
        require_finite(self, "mean", "std")
        if self.sparse == NOT_SPARSE:
            return normal
        return distributions.SparseNormal(normal, float(self._keep(shape, dtype, convention)))

    def _keep(self, shape: Shape, dtype: type[np.floating], convention: Convention) -> np.floating:
        if self.sparse < NOT_SPARSE:
            raise FillerError(f"the gaussian filler has sparse {self.sparse}: give -1 (off), 0 or more")
        num_outputs = _sparse_outputs(shape, convention)
        if self.sparse > num_outputs:
            raise FillerError(
                f"the gaussian filler has sparse {self.sparse} for {num_outputs} outputs "
                f"(blob {format_shape(shape)}): it cannot be more"
            )
        keep: np.floating = dtype(self.sparse) / dtype(num_outputs)
        return keep


def _sparse_outputs(shape: Shape, convention: Convention) -> int:
    """The number of outputs that `sparse` is measured against.

    Until 2015-03 the filler took 1x1xNxK blobs alone and read N from the height,
    in C3D 1.0 of 1x1x1xNxK ones.
    """
    if convention.legacy_blobs and len(shape) == 5 and shape[:2] == (1, 1):
        return shape[3]
    if convention.legacy_blobs:
        if legacy_dim(shape, 0) != 1 or legacy_dim(shape, 1) != 1:
            raise FillerError(
                f"Caffe {convention.name} allows sparse for 1x1xNxK blobs only, not {format_shape(shape)}"
            )
        return legacy_dim(shape, 2)
    if not shape:
        raise FillerError("the gaussian filler's sparse needs a blob of at least one axis")
    return shape[0]


@filler("positive_unitball")
@dataclass(frozen=True)
class PositiveUnitball(Filler):
    """U(0, 1), each output's values divided by their sum.

    >>> PositiveUnitball().distribution((5, 8))
    UnitSum(row=8)
    """

    def distribution(
        self, shape: Shape, dtype: type[np.floating] = np.float32, convention: Convention = MASTER
    ) -> distributions.Distribution:
        """Rows are what belongs to one index of the first axis."""
        self.require_dense(shape)
        if not shape:
            raise FillerError("the positive_unitball filler needs a blob of at least one axis")
        row = count(shape, 1)
        require_held(row)
        return distributions.UnitSum(row)


@dataclass(frozen=True)
class _Scaled(Filler):
    """Xavier and msra: a scale from the fans that `variance_norm` selects."""

    variance_norm: VarianceNorm | str | int = VarianceNorm.FAN_IN
    numerator: ClassVar[int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "variance_norm", VarianceNorm.of(self.variance_norm))

    def scale(self, shape: Shape, dtype: type[np.floating], convention: Convention) -> float:
        """sqrt(numerator / n) in the arithmetic of `dtype`."""
        self.require_dense(shape)
        norm = VarianceNorm.of(self.variance_norm)
        if not convention.variance_norm and norm is not VarianceNorm.FAN_IN:
            raise FillerError(
                f"Caffe {convention.name} has no variance_norm, which came on 2015-05-26: it takes fan_in"
            )
        n = scale_count(convention.fans(shape), norm, dtype)
        return float(np.sqrt(dtype(self.numerator) / n))


@filler("xavier")
@dataclass(frozen=True)
class Xavier(_Scaled):
    """U(-a, a) with a = sqrt(3 / n), n being fan_in, fan_out or their mean.

    Glorot and Bengio, Understanding the difficulty of training deep
    feedforward neural networks, AISTATS 2010, equation 16 is the mean; the
    default here is fan_in.

    >>> Xavier("AVERAGE").distribution((2, 4))
    Uniform(low=-1.0, high=1.0)
    """

    numerator: ClassVar[int] = 3

    def distribution(
        self, shape: Shape, dtype: type[np.floating] = np.float32, convention: Convention = MASTER
    ) -> distributions.Distribution:
        """The bounds are opposite to each other."""
        bound = self.scale(shape, dtype, convention)
        return distributions.Uniform(-bound, bound)


@filler("msra")
@dataclass(frozen=True)
class MSRA(_Scaled):
    """N(0, std) with std = sqrt(2 / n), n being fan_in, fan_out or their mean.

    He, Zhang, Ren and Sun, Delving deep into rectifiers, ICCV 2015, equation
    10 is fan_in and equation 14 fan_out.

    >>> MSRA().distribution((4, 2))
    Normal(mean=0.0, std=1.0)
    """

    numerator: ClassVar[int] = 2

    def distribution(
        self, shape: Shape, dtype: type[np.floating] = np.float32, convention: Convention = MASTER
    ) -> distributions.Distribution:
        """Caffe had no msra before the variance norms."""
        if not convention.variance_norm:
            raise FillerError(f"Caffe {convention.name} has no msra filler, which came on 2015-05-26")
        return distributions.Normal(0.0, self.scale(shape, dtype, convention))


@filler("bilinear")
@dataclass(frozen=True)
class Bilinear(Filler):
    """The weights of bilinear interpolation in every kernel, for upsampling by deconvolution.

    The formula of 2015 centered the kernel wrongly for widths of 2 and 3
    modulo 4 and computed in float whatever the `Dtype`; 888597e67 (2017-10)
    mended both. NVIDIA's from 0.16 on takes half the width, rounded down, for
    the factor (NVIDIA/caffe 87a25543a, filler.hpp:501).

    >>> Bilinear().distribution((1, 1, 4, 4)).block[0].tolist()
    [0.0625, 0.1875, 0.1875, 0.0625]
    """

    def factor(self, size: int, convention: Convention) -> int:
        """Return the factor by which a kernel of this width enlarges an image."""
        return size // 2 if convention.bilinear == "rounded down" else (size + 1) // 2

    def center(self, size: int, convention: Convention) -> float:
        """Return where the kernel's peak is, in units of the factor."""
        factor = self.factor(size, convention)
        if convention.bilinear == "double":
            return (size - 1) / (2.0 * factor)
        return (2 * factor - 1 - factor % 2) / (2.0 * factor)

    def distribution(
        self, shape: Shape, dtype: type[np.floating] = np.float32, convention: Convention = MASTER
    ) -> distributions.Distribution:
        """One kernel, repeated for every pair of channels."""
        self.require_dense(shape)
        if convention.bilinear is None:
            raise FillerError(f"Caffe {convention.name} has no bilinear filler, which came on 2015-06-30")
        if len(shape) != 4:
            raise FillerError(f"the bilinear filler needs a blob of 4 axes, not {format_shape(shape)}")
        if shape[2] != shape[3]:
            raise FillerError(f"the bilinear filler needs a square kernel, not {shape[2]}x{shape[3]}")
        size, factor = shape[3], self.factor(shape[3], convention)
        if factor == 0:
            raise FillerError(f"Caffe {convention.name} divides by zero in a bilinear kernel of width {size}")
        precision = dtype if convention.bilinear == "double" else np.float32
        center = precision(self.center(size, convention))
        distance = np.abs(np.arange(size, dtype=precision) / precision(factor) - center)
        one = np.float64(1) if convention.bilinear == "rounded down" else distance.dtype.type(1)
        weight = one - distance
        require_held(size * size)
        return distributions.Exact(size * size, lambda: np.outer(weight, weight).astype(dtype))
