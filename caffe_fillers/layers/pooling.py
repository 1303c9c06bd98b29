"""Pooling and spatial pyramids: pooling_layer.cpp, spp_layer.cpp."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from caffe_fillers.errors import NetError
from caffe_fillers.layers.contract import Setup, layer
from caffe_fillers.schema import LayerParameter, PoolingParameter
from caffe_fillers.shapes import UNKNOWN, Shape, format_shape


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
        if length is UNKNOWN or self.kernel is UNKNOWN:
            return UNKNOWN
        quotient = np.float32(length + 2 * self.pad - self.kernel) / np.float32(self.stride)
        outputs = int((math.ceil if ceil else math.floor)(quotient)) + 1
        if padded and (outputs - 1) * self.stride >= length + self.pad:
            outputs -= 1
        return outputs


@layer("Pooling", tops=(1, 2))
def pooling(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Windows are rounded up by default, unlike a convolution's; max pooling may give a mask as well."""
    pooling_param = parameter.pooling_param
    if len(parameter.top) > 1 and pooling_param.pool != PoolingParameter.MAX:
        raise NetError("only max pooling has a second top")
    top = _pooled(pooling_param, _four_axes(bottoms[0]))
    return Setup((top,) * len(parameter.top))


@layer("SPP")
def spp(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """2**level windows per axis and level, all in one row, or one pooling where there is one level."""
    num, channels, height, width = _four_axes(bottoms[0])
    levels = parameter.spp_param.pyramid_height
    if levels == 1:
        return Setup(((num, channels, 1, 1),))
    total = 0
    for level in range(levels):
        total += channels * math.prod(_pyramid_outputs(length, 2**level) for length in (height, width))
    return Setup(((num, total),))


def _pyramid_outputs(length: int, bins: int) -> int:
    if length is UNKNOWN:
        return UNKNOWN
    kernel = math.ceil(length / bins)
    pad = (kernel * bins - length + 1) // 2
    return _Axis(kernel, kernel, pad).outputs(length, ceil=True, padded=pad > 0)


def _pooled(pooling_param: PoolingParameter, shape: Shape) -> Shape:
    _check_exclusive(pooling_param)
    axes = tuple(_axis(pooling_param, name, length) for name, length in zip("hw", shape[2:], strict=True))
    padded = any(axis.pad for axis in axes)
    for axis in axes:
        if (axis.kernel is not UNKNOWN and axis.kernel < 1) or axis.stride < 1:
            raise NetError("kernel and stride must be at least 1")
        if axis.pad and axis.pad >= axis.kernel:
            raise NetError(f"pad {axis.pad} must be smaller than the kernel {axis.kernel}")
    if padded and pooling_param.pool == PoolingParameter.STOCHASTIC:
        raise NetError("padding is for average and max pooling only")
    ceil = pooling_param.round_mode == PoolingParameter.CEIL
    outputs = (
        axis.outputs(length, ceil=ceil, padded=padded) for axis, length in zip(axes, shape[2:], strict=True)
    )
    return (*shape[:2], *outputs)


def _axis(pooling_param: PoolingParameter, name: str, length: int) -> _Axis:
    """Kernel, stride and pad along h or w; global pooling takes the whole axis."""

    def read(both: str, single: str) -> int:
        one = f"{single}_{name}"
        return int(getattr(pooling_param, one if pooling_param.HasField(one) else both))

    axis = _Axis(
        length if pooling_param.global_pooling else read("kernel_size", "kernel"),
        read("stride", "stride"),
        read("pad", "pad"),
    )
    if pooling_param.global_pooling and (axis.pad, axis.stride) != (0, 1):
        raise NetError("global_pooling goes with pad 0 and stride 1 alone")
    return axis


def _check_exclusive(pooling_param: PoolingParameter) -> None:
    """One length for both axes, or one for each; and no kernel with global pooling."""
    has = pooling_param.HasField
    square, pair = has("kernel_size"), has("kernel_h") and has("kernel_w")
    if pooling_param.global_pooling:
        if square or has("kernel_h") or has("kernel_w"):
            raise NetError("with global_pooling the kernel is the whole image; do not give one")
    elif square == pair or (square and (has("kernel_h") or has("kernel_w"))):
        raise NetError("give either kernel_size or both kernel_h and kernel_w")
    for name in ("pad", "stride"):
        either, both = has(f"{name}_h") or has(f"{name}_w"), has(f"{name}_h") and has(f"{name}_w")
        if either and (not both or has(name)):
            raise NetError(f"give either {name} or both {name}_h and {name}_w")


def _four_axes(shape: Shape) -> Shape:
    if len(shape) != 4:
        raise NetError(
            f"its bottom has shape {format_shape(shape)}; pooling needs num, channels, height, width"
        )
    return shape
