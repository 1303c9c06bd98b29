"""Convolutions over any number of axes.

base_conv_layer.cpp, conv_layer.cpp, deconv_layer.cpp, im2col_layer.cpp.
"""

from __future__ import annotations

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import from_parameter
from caffe_fillers.layers.contract import Param, Setup, Weights, layer, require_outputs
from caffe_fillers.layers.windows import Windows, windows
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import INT_MAX, UNKNOWN, Shape, canonical_axis, count, format_shape, merge


@layer(
    "Convolution",
    bottoms=(1, None),
    tops=(1, None),
    same_number=True,
    weights_need_shape=True,
    weights=Weights.KERNEL,
)
def convolution(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Weights are outputs x inputs/group x kernel."""
    return _setup(parameter, merge(bottoms), transposed=False)


@layer(
    "Deconvolution",
    bottoms=(1, None),
    tops=(1, None),
    same_number=True,
    weights_need_shape=True,
    weights=Weights.BACKWARD_KERNEL,
)
def deconvolution(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Weights are inputs x outputs/group x kernel, so that what Caffe calls fan_in is the fan-out."""
    return _setup(parameter, merge(bottoms), transposed=True)


@layer("Im2col")
def im2col(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Every window's values, side by side in the channels."""
    shape = bottoms[0]
    axis, window = _geometry(parameter, shape)
    if axis == len(shape) - 1:
        raise NetError(f"its bottom of shape {format_shape(shape)} has no axis after the channels")
    return Setup(((*shape[:axis], shape[axis] * count(window.kernel), *window.outputs(shape[axis + 1 :])),))


def _setup(parameter: LayerParameter, shape: Shape, *, transposed: bool) -> Setup:
    convolution_param = parameter.convolution_param
    axis, window = _geometry(parameter, shape)
    channels, outputs, group = shape[axis], convolution_param.num_output, convolution_param.group
    _check_groups(channels, outputs, group)
    first, second = (channels, outputs) if transposed else (outputs, channels)
    image = shape[axis + 1 :]
    spatial = window.inputs(image) if transposed else window.outputs(image)
    _check_column_buffer((second * count(window.kernel), *(image if transposed else spatial)))
    weight_shape = (first, second // group, *window.kernel)
    weight_filler = from_parameter(convolution_param.weight_filler)
    params = [Param(weight_shape, weight_filler, inputs_first=transposed)]
    if convolution_param.bias_term:
        if 0 in spatial:
            raise NetError(f"nothing is left of the image {format_shape(image)} for the bias to be added to")
        bias_filler = from_parameter(convolution_param.bias_filler)
        params.append(Param((outputs,), bias_filler, legacy_shape=(1, 1, 1, outputs)))
    return Setup(((*shape[:axis], outputs, *spatial),) * len(parameter.top), tuple(params))


def _geometry(parameter: LayerParameter, shape: Shape) -> tuple[int, Windows]:
    axis = canonical_axis(parameter.convolution_param.axis, len(shape))
    return axis, windows(parameter.convolution_param, len(shape) - axis - 1)


def _check_groups(channels: int, outputs: int, group: int) -> None:
    require_outputs(outputs)
    if group < 1 or outputs % group or (channels is not UNKNOWN and channels % group):
        raise NetError(f"group {group} must divide the {channels} channels and the num_output {outputs}")


def _check_column_buffer(shape: Shape) -> None:
    """Caffe spreads out the windows of one image in a blob, which like any must stay below 2**31 values."""
    if count(shape) > INT_MAX:
        raise NetError(
            f"the windows of one image need a buffer of shape {format_shape(shape)}, "
            f"{count(shape):,} values; Caffe's blobs end at {INT_MAX:,}"
        )
