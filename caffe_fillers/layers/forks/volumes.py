"""Convolution and pooling of volumes: facebookarchive/C3D, C3D-v1.1, at 71336a220."""

from __future__ import annotations

from typing import Any

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import from_parameter
from caffe_fillers.layers.contract import Param, Role, Setup, Weights, layer, refuse_in_place
from caffe_fillers.layers.forks.common import ceil_divide, chosen, five_axes, fork_param
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, differ, format_shape


@layer("Convolution3D", weights_need_shape=True, weights=Weights.KERNEL)
def convolution_3d(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Weights are outputs x inputs x depth x size x size, whatever `filter_group` is.

    convolution3d_layer.cpp.
    """
    param = fork_param(parameter, "convolution3d_param")
    return convolved(param, bottoms[0], bias_term=param.bias_term)


@layer("Deconvolution3D", weights_need_shape=True, weights=Weights.BACKWARD_KERNEL)
def deconvolution_3d(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Weights are inputs x outputs x depth x size x size: deconvolution3d_layer.cpp.

    Whether there is a bias is read from `convolution_param`, by mistake.
    """
    param = fork_param(parameter, "convolution3d_param")
    return deconvolved(param, bottoms[0], bias_term=parameter.convolution_param.bias_term)


@layer("Pooling3D")
def pooling_3d(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Windows are rounded up; only height and width are padded: pool3d_layer.cpp."""
    return pooled(fork_param(parameter, "pooling3d_param"), bottoms[0])


@layer("BlackHole", bottoms=(1, None), tops=(1, None), role=Role.MEASURE, accepts_unranked=True)
def black_hole(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A top of five ones for what is not wanted: black_hole_layer.cpp."""
    return Setup(((1,) * 5, *(None,) * (len(parameter.top) - 1)))


@layer("L2Normalize")
def l2_normalize(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Each item at length 1: l2_normalize_layer.cpp."""
    refuse_in_place(parameter)
    return Setup(bottoms)


def convolved(param: Any, shape: Shape, *, bias_term: bool) -> Setup:
    """The setup of a convolution whose message has C3D's fields."""
    num, channels, *lengths = five_axes(shape)
    kernel, stride, pad = _geometry(param)
    if differ(param.num_output % param.filter_group, 0):
        raise NetError(f"filter_group {param.filter_group} must divide num_output {param.num_output}")
    outputs = [
        (length + 2 * around - extent) // step + 1
        for length, extent, step, around in zip(lengths, kernel, stride, pad, strict=True)
    ]
    _check(outputs, shape)
    return Setup(
        tops=((num, param.num_output, *outputs),),
        events=_params(param, (param.num_output, channels, *kernel), bias_term=bias_term),
    )


def deconvolved(param: Any, shape: Shape, *, bias_term: bool) -> Setup:
    """The setup of a deconvolution whose message has C3D's fields."""
    num, channels, *lengths = five_axes(shape)
    kernel, stride, pad = _geometry(param)
    outputs = [
        (length - 1) * step - 2 * around + extent
        for length, extent, step, around in zip(lengths, kernel, stride, pad, strict=True)
    ]
    _check(outputs, shape)
    return Setup(
        tops=((num, param.num_output, *outputs),),
        events=_params(param, (channels, param.num_output, *kernel), bias_term=bias_term, inputs_first=True),
    )


def pooled(param: Any, shape: Shape) -> Setup:
    """The setup of a pooling whose message has C3D's fields."""
    num, channels, *lengths = five_axes(shape)
    kernel = _positive(param, "kernel_depth", "kernel_size")
    stride = _positive(param, "temporal_stride", "stride")
    pads = (0, param.pad, param.pad)
    if param.pad and chosen(param, "pool") != "AVE":
        raise NetError("a pad goes with average pooling alone")
    outputs = [
        ceil_divide(length + 2 * pad - extent, step) + 1
        for length, extent, step, pad in zip(lengths, kernel, stride, pads, strict=True)
    ]
    _check(outputs, shape)
    return Setup(((num, channels, *outputs),))


def _geometry(param: Any) -> tuple[Shape, Shape, Shape]:
    """Kernel, stride and pad along length, height and width."""
    if param.num_output < 1:
        raise NetError("num_output must be given and at least 1")
    kernel = _positive(param, "kernel_depth", "kernel_size")
    stride = _positive(param, "temporal_stride", "stride", default=1)
    return kernel, stride, (param.temporal_pad, *_square(param.pad, 0))


def _positive(param: Any, temporal: str, spatial: str, default: int = 0) -> Shape:
    lengths = (getattr(param, temporal), *_square(getattr(param, spatial), default))
    if min(lengths) < 1:
        raise NetError(f"{temporal} and {spatial} must be given and at least 1")
    return lengths


def only(lengths: Any, default: int) -> int:
    """The one length that a field holds: BVLC's message lists them, C3D's has one.

    >>> only([3], 0), only([], 1), only(2, 0)
    (3, 1, 2)
    """
    return lengths if isinstance(lengths, int) else next(iter(lengths), default)


def _square(lengths: Any, default: int) -> tuple[int, int]:
    """One length for height and width."""
    length = only(lengths, default)
    return length, length


def _check(outputs: list[int], shape: Shape) -> None:
    if any(output < 1 for output in outputs):
        raise NetError(f"nothing is left of a bottom of shape {format_shape(shape)}")


def _params(param: Any, shape: Shape, *, bias_term: bool, inputs_first: bool = False) -> tuple[Param, ...]:
    weight = Param(shape, from_parameter(param.weight_filler), inputs_first=inputs_first)
    bias = Param((1, 1, 1, 1, param.num_output), from_parameter(param.bias_filler))
    return (weight, bias) if bias_term else (weight,)
