"""Pooling and spatial pyramids: pooling_layer.cpp, spp_layer.cpp."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from caffe_fillers.errors import NetError
from caffe_fillers.layers.contract import Setup, layer, refuse_in_place
from caffe_fillers.layers.windows import Windows, int32
from caffe_fillers.schema import LayerParameter, PoolingParameter, SPPParameter
from caffe_fillers.schema.extras import unknown_value
from caffe_fillers.shapes import UNKNOWN, Shape, format_shape

MAX_LEVELS = 16  # one more and even a single channel's windows are 2**31 values


@layer("Pooling", tops=(1, 2))
def pooling(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Windows are rounded up by default, unlike a convolution's; max pooling may give a mask as well."""
    pooling_param = parameter.pooling_param
    if len(parameter.top) > 1 and pooling_param.pool != PoolingParameter.MAX:
        raise NetError("only max pooling has a second top")
    num, channels, height, width = _four_axes(bottoms[0])
    _check_fields(pooling_param)
    pooled = _global if pooling_param.global_pooling else _pooled
    top = (num, channels, *pooled(pooling_param, (height, width)))
    return Setup((top,) * len(parameter.top))


@layer("SPP")
def spp(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """2**level windows per axis and level, all in one row, or one pooling where there is one level.

    Caffe chooses kernel and pad so that each level has just these windows,
    and its pooling refuses a pad as long as the kernel: a pyramid that is too
    tall for the image.
    """
    spp_param = parameter.spp_param
    num, channels, *image = _four_axes(bottoms[0])
    levels = spp_param.pyramid_height
    if not 1 <= levels <= MAX_LEVELS:
        raise NetError(f"pyramid_height must be from 1 to {MAX_LEVELS}")
    if 0 in image:
        raise NetError(f"its bottom has shape {format_shape(bottoms[0])}; height and width must not be 0")
    for level in range(levels):
        _check_level(spp_param, level, tuple(image))
    if levels == 1:
        return Setup(((num, channels, 1, 1),))
    refuse_in_place(parameter)
    return Setup(((num, channels * sum(4**level for level in range(levels))),))


@dataclass(frozen=True)
class _Axis:
    """Pooling along one axis."""

    kernel: int
    stride: int
    pad: int

    def outputs(self, length: int, *, ceil: bool, padded: bool) -> int:
        """Windows along the axis; the last may reach beyond, but must begin inside image or pad.

        The quotient is taken in float, which is Caffe's own way.
        """
        if length is UNKNOWN:
            return UNKNOWN
        quotient = np.float32(length + 2 * self.pad - self.kernel) / np.float32(self.stride)
        outputs = int((math.ceil if ceil else math.floor)(quotient)) + 1
        if padded and (outputs - 1) * self.stride >= length + self.pad:
            outputs -= 1
        if outputs < 0:
            raise NetError(
                f"kernel {self.kernel} is longer than the {length} of the image with pad {self.pad}"
            )
        return outputs


def pooling_windows(pooling_param: PoolingParameter, image: Shape) -> Windows:
    """The windows over an image, one as large as the image for global pooling.

    >>> pooling_windows(PoolingParameter(kernel_size=3, stride=2), (9, 9))
    Windows(kernel=(3, 3), stride=(2, 2), pad=(0, 0), dilation=(1, 1))
    """
    kernel = image if pooling_param.global_pooling else _pair(pooling_param, "kernel")
    return Windows(kernel, _pair(pooling_param, "stride"), _pair(pooling_param, "pad"), (1, 1))


def rounds_up(pooling_param: PoolingParameter) -> bool:
    """Return whether the number of windows is rounded up: unless `round_mode` or `ceil_mode` says not.

    `ceil_mode` is a field of forks that no schema here has.

    >>> rounds_up(PoolingParameter()), rounds_up(PoolingParameter(round_mode="FLOOR"))
    (True, False)
    """
    down = pooling_param.round_mode == PoolingParameter.FLOOR
    return not down and unknown_value(pooling_param, "ceil_mode") not in ("false", "0", "f", "False")


def _pooled(pooling_param: PoolingParameter, image: Shape) -> Shape:
    kernels, strides, pads = (_pair(pooling_param, name) for name in ("kernel", "stride", "pad"))
    if min(*kernels, *strides) < 1:
        raise NetError("kernel and stride must be at least 1")
    padded = any(pads)
    if padded:
        _check_pad(pads, kernels, stochastic=pooling_param.pool == PoolingParameter.STOCHASTIC)
    ceil = rounds_up(pooling_param)
    axes = map(_Axis, kernels, strides, pads)
    return tuple(
        axis.outputs(length, ceil=ceil, padded=padded) for axis, length in zip(axes, image, strict=True)
    )


def _global(pooling_param: PoolingParameter, image: Shape) -> Shape:
    """One window that is the whole image, which therefore need not be known."""
    if _pair(pooling_param, "stride") != (1, 1) or _pair(pooling_param, "pad") != (0, 0):
        raise NetError("global_pooling goes with pad 0 and stride 1 alone")
    if 0 in image:
        raise NetError(f"there is nothing to pool in an image of {format_shape(image)}")
    return (1, 1)


def _pair(pooling_param: PoolingParameter, name: str) -> tuple[int, int]:
    """Lengths along height and width; kernel_size wins over a lone kernel_h or kernel_w beside it."""
    square = "kernel_size" if name == "kernel" else name
    if not pooling_param.HasField(f"{name}_h") or (name == "kernel" and pooling_param.HasField(square)):
        return (int32(getattr(pooling_param, square)),) * 2
    return int32(getattr(pooling_param, f"{name}_h")), int32(getattr(pooling_param, f"{name}_w"))


def _check_fields(pooling_param: PoolingParameter) -> None:
    """One length for both axes, or one for each; and no kernel with global pooling."""
    has = pooling_param.HasField
    square, pair = has("kernel_size"), has("kernel_h") and has("kernel_w")
    if pooling_param.global_pooling:
        if square or has("kernel_h") or has("kernel_w"):
            raise NetError("with global_pooling the kernel is the whole image; do not give one")
    elif square == pair:
        raise NetError("give either kernel_size or both kernel_h and kernel_w")
    for name in ("pad", "stride"):
        either, both = has(f"{name}_h") or has(f"{name}_w"), has(f"{name}_h") and has(f"{name}_w")
        if either and (not both or has(name)):
            raise NetError(f"give either {name} or both {name}_h and {name}_w")


def _check_level(spp_param: SPPParameter, level: int, image: Shape) -> None:
    """The padding of the pooling that makes one level of a pyramid: `SPPLayer::GetPoolingParam`."""
    kernels = tuple(-(-length // 2**level) for length in image)
    pads = tuple((kernel * 2**level - length + 1) // 2 for kernel, length in zip(kernels, image, strict=True))
    if any(pad > 0 for pad in pads):
        try:
            _check_pad(pads, kernels, stochastic=spp_param.pool == SPPParameter.STOCHASTIC)
        except NetError as error:
            raise NetError(
                f"level {level} of the pyramid does not fit an image of {format_shape(image)}: {error}"
            ) from None


def _check_pad(pads: Shape, kernels: Shape, *, stochastic: bool) -> None:
    if stochastic:
        raise NetError("padding is for average and max pooling only")
    if any(pad >= kernel for pad, kernel in zip(pads, kernels, strict=True)):
        raise NetError(f"pad {pads} must be smaller than the kernel {kernels}")


def _four_axes(shape: Shape) -> Shape:
    if len(shape) != 4:
        raise NetError(
            f"its bottom has shape {format_shape(shape)}; pooling needs num, channels, height, width"
        )
    return shape
