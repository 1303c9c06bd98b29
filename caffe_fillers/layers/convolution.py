"""Convolutions over any number of axes: base_conv_layer.cpp, im2col_layer.cpp."""

from __future__ import annotations

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import from_parameter
from caffe_fillers.layers.contract import Param, Setup, layer
from caffe_fillers.layers.windows import Windows, windows
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import UNKNOWN, Shape, canonical_axis, differ, format_shape


@layer("Convolution", bottoms=(1, None), tops=(1, None), same_number=True, weights_need_shape=True)
def convolution(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Weights are outputs x inputs/group x kernel."""
    return _setup(parameter, bottoms, transposed=False)


@layer("Deconvolution", bottoms=(1, None), tops=(1, None), same_number=True, weights_need_shape=True)
def deconvolution(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Weights are inputs x outputs/group x kernel, so that what Caffe calls fan_in is the fan-out."""
    return _setup(parameter, bottoms, transposed=True)


@layer("Im2col")
def im2col(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Every window's values, side by side in the channels."""
    shape, axis, window = _geometry(parameter, bottoms)
    channels = shape[axis]
    for length in window.kernel:
        channels *= length
    return Setup(((*shape[:axis], channels, *window.outputs(shape[axis + 1 :])),))


def _geometry(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> tuple[Shape, int, Windows]:
    shape = bottoms[0]
    axis = canonical_axis(parameter.convolution_param.axis, len(shape))
    return shape, axis, windows(parameter.convolution_param, len(shape) - axis - 1)


def _setup(parameter: LayerParameter, bottoms: tuple[Shape, ...], *, transposed: bool) -> Setup:
    shape, axis, window = _geometry(parameter, bottoms)
    for other in bottoms[1:]:
        if differ(shape, other):
            raise NetError(f"its bottoms have the shapes {format_shape(shape)} and {format_shape(other)}")
    convolution_param = parameter.convolution_param
    channels, outputs, group = shape[axis], convolution_param.num_output, convolution_param.group
    _check_groups(channels, outputs, group)
    first, second = (channels, outputs) if transposed else (outputs, channels)
    weight = Param((first, second // group, *window.kernel), from_parameter(convolution_param.weight_filler))
    bias = Param((outputs,), from_parameter(convolution_param.bias_filler), (1, 1, 1, outputs))
    lengths = shape[axis + 1 :]
    spatial = window.inputs(lengths) if transposed else window.outputs(lengths)
    return Setup(
        ((*shape[:axis], outputs, *spatial),) * len(parameter.top),
        (weight, bias) if convolution_param.bias_term else (weight,),
    )


def _check_groups(channels: int, outputs: int, group: int) -> None:
    if outputs < 1:
        raise NetError("num_output must be given and at least 1")
    if group < 1 or outputs % group or (channels is not UNKNOWN and channels % group):
        raise NetError(f"group {group} must divide the {channels} channels and the num_output {outputs}")
