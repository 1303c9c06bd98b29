"""Fillers of forks: NVIDIA's static types, msra as Intel and happynear have it, and those of their own.

A type that a fork's field turns into another is registered as type+field.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from caffe_fillers import distributions
from caffe_fillers.errors import FillerError
from caffe_fillers.fans import MASTER, Convention, VarianceNorm, scale_count
from caffe_fillers.fillers.contract import Filler, filler, filler_types, require_finite, require_held
from caffe_fillers.fillers.standard import MSRA, Bilinear, Gaussian, PositiveUnitball, Uniform, Xavier
from caffe_fillers.shapes import Shape, count, format_shape, legacy_dim

# NVIDIA/caffe 87a25543a and caffe-jacinto: a static filler draws once for each object and copies that
# from then on. A layer makes an object for each blob, so the first values are those of the plain filler.
for _plain in (Gaussian, PositiveUnitball, Uniform, Xavier, MSRA):
    filler_types.add(f"{_plain.type_name}static", _plain)


@filler("bilinearstatic")
@dataclass(frozen=True)
class BilinearStatic(Bilinear):
    """Bilinear of which the factor is always rounded up: caffe-jacinto de52e8224, filler.hpp:570.

    >>> BilinearStatic().distribution((1, 1, 2, 2)).block[0].tolist()
    [0.25, 0.25]
    """

    def factor(self, size: int, convention: Convention) -> int:
        """Half the width, rounded up."""
        return (size + 1) // 2


@filler("msra+scale")
@dataclass(frozen=True)
class IntelMSRA(Filler):
    """Msra whose standard deviation is multiplied by `scale`: intel/caffe 44d536385.

    >>> IntelMSRA(scale=0.5).distribution((4, 2))
    Normal(mean=0.0, std=0.5)
    """

    variance_norm: VarianceNorm | str | int = VarianceNorm.FAN_IN
    scale: float = 1.0

    def distribution(
        self, shape: Shape, dtype: type[np.floating] = np.float32, convention: Convention = MASTER
    ) -> distributions.Distribution:
        """`scale` is a float in FillerParameter, whatever `dtype` is."""
        require_finite(self, "scale")
        std = MSRA(self.variance_norm, sparse=self.sparse).scale(shape, dtype, convention)
        return distributions.Normal(0.0, float(dtype(np.float32(self.scale)) * dtype(std)))


@filler("msra+alpha")
@dataclass(frozen=True)
class LeakyMSRA(Filler):
    """Msra for rectifiers of slope `alpha`, sqrt(2 / n / (1 + alpha^2)): happynear/caffe-windows 967eedf25.

    He, Zhang, Ren and Sun, Delving deep into rectifiers, ICCV 2015, equation 15.

    >>> LeakyMSRA(alpha=1.0).distribution((4, 1))
    Normal(mean=0.0, std=1.0)
    """

    variance_norm: VarianceNorm | str | int = VarianceNorm.FAN_IN
    alpha: float = 0.0

    def distribution(
        self, shape: Shape, dtype: type[np.floating] = np.float32, convention: Convention = MASTER
    ) -> distributions.Distribution:
        """`alpha` is a float in FillerParameter, whatever `dtype` is."""
        self.require_dense(shape)
        n = scale_count(convention.fans(shape), VarianceNorm.of(self.variance_norm), dtype)
        alpha = dtype(np.float32(self.alpha))
        return distributions.Normal(0.0, float(np.sqrt(dtype(2) / n / (dtype(1) + alpha * alpha))))


@filler("identity")
@dataclass(frozen=True)
class Identity(Filler):
    """Ones where output and channel are equal: C3D 1.1, 71336a220; happynear/caffe-windows 967eedf25.

    Both count in the values as if the kernel were 1x1; the latter takes as
    many outputs as inputs only.

    >>> Identity().distribution((2, 3)).block.tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """

    def distribution(
        self, shape: Shape, dtype: type[np.floating] = np.float32, convention: Convention = MASTER
    ) -> distributions.Distribution:
        """The first values are the matrix; what is left stays zero."""
        self.require_dense(shape)
        num, channels = (shape[:2]) if len(shape) > 1 else (legacy_dim(shape, 0), 1)
        if len(shape) < 2 and num != channels:
            raise FillerError(f"the identity filler needs outputs and inputs, not {format_shape(shape)}")
        require_held(count(shape))
        places = np.arange(min(num, channels)) * (channels + 1)
        return distributions.Exact(count(shape), lambda: _placed(shape, places, 1.0, dtype))


@filler("diagonal")
@dataclass(frozen=True)
class Diagonal(Filler):
    """Kernels from a channel to itself: `diag_val`, or 1, spread over the kernel: FlowNet 2, b92e198b5.

    >>> Diagonal(diag_val=(3.0,)).distribution((2, 2)).block.tolist()
    [[3.0, 0.0], [0.0, 1.0]]
    """

    diag_val: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "diag_val", tuple(self.diag_val))

    def distribution(
        self, shape: Shape, dtype: type[np.floating] = np.float32, convention: Convention = MASTER
    ) -> distributions.Distribution:
        """Sums over the kernel are the values given."""
        self.require_dense(shape)
        if not np.isfinite(self.diag_val).all():
            raise FillerError("the diagonal filler has a diag_val that is not finite: give finite numbers")
        num, channels, height, width = (legacy_dim(shape, axis) for axis in range(4))
        area, length = height * width, min(num, channels)
        values = np.ones(length, dtype)
        given = np.asarray(self.diag_val[:length], np.float32)
        values[: given.size] = given
        places = (np.arange(length) * (channels + 1))[:, np.newaxis] * area + np.arange(area)
        require_held(count(shape))
        spread = (values / dtype(area))[:, np.newaxis]
        return distributions.Exact(count(shape), lambda: _placed(shape, places, spread, dtype))


@filler("bicubic")
@dataclass(frozen=True)
class Bicubic(Filler):
    """The weights of bicubic interpolation in every kernel: caffe_rtpose a4778bb1c.

    Keys, Cubic convolution interpolation for digital image processing, 1981, equation 15, a = -1/2.

    >>> Bicubic().distribution((1, 1, 3, 3)).block[1].tolist()
    [0.0, 1.0, 0.0]
    """

    def distribution(
        self, shape: Shape, dtype: type[np.floating] = np.float32, convention: Convention = MASTER
    ) -> distributions.Distribution:
        """One kernel, repeated for every pair of channels."""
        self.require_dense(shape)
        if len(shape) != 4 or shape[2] != shape[3]:
            raise FillerError(
                f"the bicubic filler needs a blob of 4 axes with a square kernel, not {format_shape(shape)}"
            )
        size, factor = shape[3], -(-shape[3] // 4)
        center = np.float32((4 * factor - 1 - factor % 4) / (2.0 * factor))
        weight = _cubic(np.abs(np.arange(size, dtype=np.float32) / np.float32(factor) - center))
        require_held(size * size)
        return distributions.Exact(size * size, lambda: np.outer(weight, weight).astype(dtype))


def _cubic(distance: distributions.Values) -> distributions.Values:
    """Keys' kernel, in double precision."""
    s, a = distance.astype(np.float64), -0.5
    near = (a + 2) * (s * s * s) - (a + 3) * (s * s) + 1
    far = a * s * s * s - 5 * a * s * s + 8 * a * s - 4 * a
    return np.where(s <= 1, near, np.where(s < 2, far, 0.0))


def _placed(shape: Shape, places: Any, content: Any, dtype: type[np.floating]) -> distributions.Values:
    """Zeros with a content at places of the flat blob."""
    values = np.zeros(shape, dtype)
    values.ravel()[places] = content
    return values


@filler("gaussian_unitball")
@dataclass(frozen=True)
class GaussianUnitball(Filler):
    """A row of N(0, 1) for each output, brought to length 1: happynear/caffe-windows 967eedf25.

    >>> GaussianUnitball().distribution((5, 8))
    UnitNorm(row=8)
    """

    def distribution(
        self, shape: Shape, dtype: type[np.floating] = np.float32, convention: Convention = MASTER
    ) -> distributions.Distribution:
        """Rows are what belongs to one index of the first axis."""
        self.require_dense(shape)
        require_held(count(shape))
        return distributions.UnitNorm(math.prod(shape) // legacy_dim(shape, 0))
