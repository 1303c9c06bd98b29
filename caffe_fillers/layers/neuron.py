"""Layers that work value by value, so that the shape stays; PReLU alone has a blob."""

from __future__ import annotations

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import Constant, from_parameter
from caffe_fillers.layers.contract import Param, Setup, layer
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, format_shape


@layer(
    *("BNLL", "Clip", "Dropout", "ELU", "Exp", "Log", "Power", "ReLU", "Sigmoid", "Swish", "TanH"),
    *("Threshold", "Softmax"),
)
def same_shape(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Dropout draws its mask when data passes, not when the net is built."""
    return Setup(bottoms)


@layer("AbsVal")
def absval(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The one neuron layer that refuses to work in place."""
    if parameter.top[0] == parameter.bottom[0]:
        raise NetError("AbsVal cannot work in place: give its top another name")
    return Setup(bottoms)


@layer("PReLU", weights_need_shape=True)
def prelu(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A slope per channel, or a single one, which is a blob without axes; 0.25 at first."""
    prelu_param = parameter.prelu_param
    if len(bottoms[0]) < 2:
        raise NetError(f"its bottom has shape {format_shape(bottoms[0])}; PReLU needs channels in axis 1")
    slope = from_parameter(prelu_param.filler) if prelu_param.HasField("filler") else Constant(0.25)
    return Setup(bottoms, (Param(() if prelu_param.channel_shared else (bottoms[0][1],), slope),))
