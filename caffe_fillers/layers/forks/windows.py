"""Convolutions and poolings with windows in fields of their own: video-caffe, deformable convolution."""

from __future__ import annotations

from typing import Any

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import from_parameter
from caffe_fillers.layers.contract import Param, Setup, Weights, layer
from caffe_fillers.layers.forks.common import ceil_divide, fork_param, require_axes
from caffe_fillers.layers.windows import windows
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import UNKNOWN, Shape, as_shape, canonical_axis, differ, format_shape, merge


@layer(
    "NdConvolution",
    bottoms=(1, None),
    tops=(1, None),
    same_number=True,
    weights_need_shape=True,
    weights=Weights.KERNEL,
)
def nd_convolution(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A convolution over any axes; lengths that would be 1 are left out.

    chuckcho/video-caffe fc232b3e3, cudnn_ndconv_layer.cpp.
    """
    param: Any = parameter.convolution_param
    num, channels, *lengths = require_axes(merge(bottoms), 3)
    kernel, stride, pad = _declared(param, len(lengths))
    outputs, group = param.num_output, param.group
    if outputs < 1 or group < 1 or differ(channels % group, 0) or outputs % group:
        raise NetError(f"group {group} must divide the {channels} channels and the num_output {outputs}")
    sizes = _sizes(lengths, kernel, pad)
    kept = tuple(size // step + 1 for size, step in zip(sizes, stride, strict=True))
    params = [Param((outputs, channels // group, *kernel), from_parameter(param.weight_filler))]
    if param.bias_term:
        params.append(Param((outputs,), from_parameter(param.bias_filler)))
    top = (num, outputs, *(length for length in kept if not length <= 1))
    return Setup((top,) * len(parameter.top), tuple(params))


@layer("NdPooling")
def nd_pooling(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A pooling over any axes, rounded up; lengths below 1 are left out: cudnn_ndpooling_layer.cpp."""
    param: Any = parameter.pooling_param
    num, channels, *lengths = require_axes(bottoms[0], 3)
    kernel, stride, pad = _declared(param, len(lengths))
    if param.global_pooling:
        kernel = tuple(lengths)
    sizes = _sizes(lengths, kernel, pad)
    pooled = []
    for length, size, step, around in zip(lengths, sizes, stride, pad, strict=True):
        windows_of = ceil_divide(size, step) + 1
        if around and (windows_of - 1) * step >= length + around:
            windows_of -= 1
        pooled.append(windows_of)
    return Setup(((num, channels, *(length for length in pooled if not length < 1)),))


@layer("DeformableConvolution", bottoms=2, weights_need_shape=True, weights=Weights.KERNEL)
def deformable_convolution(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Plan it as a convolution; the second bottom has two offsets for each place of the kernel.

    Other ports have another default of `deformable_group`, so offsets that do not fit are noted only.

    unsky/Deformable-ConvNets-caffe e0f7abd58, deformable_conv_layer.cpp. Dai et al., Deformable
    convolutional networks, ICCV 2017.
    """
    param = fork_param(parameter, "deformable_convolution_param")
    shape, offsets = bottoms
    axis = canonical_axis(param.axis, len(shape))
    if len(shape) - axis != 3:
        raise NetError(f"after the channels of {format_shape(shape)} two axes are needed")
    window = windows(param, 2)
    channels, outputs, group = shape[axis], param.num_output, param.group
    if outputs < 1 or group < 1 or outputs % group or differ(channels % group, 0):
        raise NetError(f"group {group} must divide the {channels} channels and the num_output {outputs}")
    needed = 2 * window.kernel[0] * window.kernel[1] * param.deformable_group
    notes: tuple[str, ...] = ()
    if len(offsets) != 4 or differ(offsets[1], needed):
        notes = (
            f"bottom 1 of shape {format_shape(offsets)} should have {needed} channels of offsets for "
            f"deformable_group {param.deformable_group}",
        )
    params = [Param((outputs, channels // group, *window.kernel), from_parameter(param.weight_filler))]
    if param.bias_term:
        params.append(Param((outputs,), from_parameter(param.bias_filler)))
    top = (*shape[:axis], outputs, *window.outputs(shape[axis + 1 :]))
    return Setup((top,), tuple(params), notes=notes)


@layer("Conadd", bottoms=(1, None))
def conadd(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A sum, shaped as the first bottom: conadd_layer.cpp."""
    return Setup(bottoms[:1])


def _declared(param: Any, num_axes: int) -> tuple[Shape, Shape, Shape]:
    """Kernel, stride and pad, a length per axis."""
    kernel = as_shape(param.kernel_shape.dim)
    stride = as_shape(param.stride_shape.dim) or (1,) * len(kernel)
    pad = as_shape(param.pad_shape.dim) or (0,) * len(kernel)
    if not len(kernel) == len(stride) == len(pad) == num_axes:
        raise NetError(
            f"kernel_shape {format_shape(kernel)}, stride_shape and pad_shape need a length for each of "
            f"{num_axes} axes"
        )
    if min(*kernel, *stride) < 1:
        raise NetError("kernel_shape and stride_shape must be at least 1")
    return kernel, stride, pad


def _sizes(lengths: list[int], kernel: Shape, pad: Shape) -> list[int]:
    """Return how far a window can move along each axis."""
    sizes = [
        length + 2 * around - extent for length, extent, around in zip(lengths, kernel, pad, strict=True)
    ]
    if any(size < 0 for size in sizes if size is not UNKNOWN):
        raise NetError(f"kernel {format_shape(kernel)} is longer than the bottom with its pad")
    return sizes
