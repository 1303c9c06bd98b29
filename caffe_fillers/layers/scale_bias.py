"""Products and sums with a blob, learned or a second bottom: scale_layer.cpp, bias_layer.cpp."""

from __future__ import annotations

from typing import TypeAlias, cast

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import Constant, from_parameter
from caffe_fillers.layers.contract import Param, Setup, layer
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import UNKNOWN, Shape, canonical_axis, differ, format_shape

MaybeUnranked: TypeAlias = "tuple[Shape | None, ...]"


@layer("Scale", bottoms=(1, 2), accepts_unranked=True)
def scale(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A factor of 1 where no filler is given, and with `bias_term` a bias of the same shape.

    The bias is an inner Bias layer on the first bottom alone, so it is a blob
    also where the factor is a second bottom.
    """
    scale_param = parameter.scale_param
    shape, factor = _data_and_operand(bottoms)
    params = []
    if len(bottoms) == 1:
        filler = from_parameter(scale_param.filler) if scale_param.HasField("filler") else Constant(1.0)
        params.append(Param(_blob_shape(shape, scale_param.axis, scale_param.num_axes), filler))
    else:
        _check_operand(shape, factor, scale_param.axis)
    if scale_param.bias_term:
        num_axes = scale_param.num_axes if len(bottoms) == 1 else _num_axes(factor)
        bias_shape = _blob_shape(shape, scale_param.axis, num_axes)
        params.append(Param(bias_shape, from_parameter(scale_param.bias_filler)))
    return Setup((shape,), tuple(params))


@layer("Bias", bottoms=(1, 2), accepts_unranked=True)
def bias(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A summand, zero where no filler is given."""
    bias_param = parameter.bias_param
    shape, summand = _data_and_operand(bottoms)
    if len(bottoms) == 2:
        _check_operand(shape, summand, bias_param.axis)
        return Setup((shape,))
    blob_shape = _blob_shape(shape, bias_param.axis, bias_param.num_axes)
    return Setup((shape,), (Param(blob_shape, from_parameter(bias_param.filler)),))


def _data_and_operand(bottoms: tuple[Shape, ...]) -> tuple[Shape | None, Shape | None]:
    data, *operand = cast("MaybeUnranked", bottoms)
    return data, operand[0] if operand else None


def _num_axes(shape: Shape | None) -> int:
    return UNKNOWN if shape is None else len(shape)


def _blob_shape(shape: Shape | None, axis: int, num_axes: int) -> Shape:
    """The axes that the blob covers, from `axis` on: `BiasLayer::LayerSetUp`."""
    if shape is None or num_axes is UNKNOWN:
        return (UNKNOWN,)
    start = canonical_axis(axis, len(shape))
    end = len(shape) if num_axes == -1 else start + num_axes
    if num_axes < -1 or end > len(shape):
        raise NetError(f"num_axes {num_axes} from axis {start} on leaves the shape {format_shape(shape)}")
    return shape[start:end]


def _check_operand(shape: Shape | None, operand: Shape | None, axis: int) -> None:
    """A second bottom must be shaped as the axes it covers; a scalar fits everywhere, whatever `axis` is."""
    if shape is None or not operand:
        return
    start = canonical_axis(axis, len(shape))
    if differ(shape[start : start + len(operand)], operand):
        raise NetError(
            f"bottom 1 of shape {format_shape(operand)} does not fit bottom 0 of shape "
            f"{format_shape(shape)} from axis {start} on"
        )
