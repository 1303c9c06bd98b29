"""Products and sums with a blob, learned or a second bottom: scale_layer.cpp, bias_layer.cpp."""

from __future__ import annotations

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import Constant, from_parameter
from caffe_fillers.layers.contract import Param, Setup, layer
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, canonical_axis, differ, format_shape


@layer("Scale", bottoms=(1, 2), weights_need_shape=True)
def scale(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A factor of 1 where no filler is given, and with `bias_term` a bias of the same shape.

    The bias is a blob of its own also where the factor is a second bottom.
    """
    scale_param = parameter.scale_param
    shape = _blob_shape(bottoms, scale_param.axis, scale_param.num_axes)
    factor = from_parameter(scale_param.filler) if scale_param.HasField("filler") else Constant(1.0)
    params = [Param(shape, factor)] if len(bottoms) == 1 else []
    if scale_param.bias_term:
        params.append(Param(shape, from_parameter(scale_param.bias_filler)))
    return Setup(bottoms[:1], tuple(params))


@layer("Bias", bottoms=(1, 2), weights_need_shape=True)
def bias(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A summand, zero where no filler is given."""
    bias_param = parameter.bias_param
    shape = _blob_shape(bottoms, bias_param.axis, bias_param.num_axes)
    params = (Param(shape, from_parameter(bias_param.filler)),) if len(bottoms) == 1 else ()
    return Setup(bottoms[:1], params)


def _blob_shape(bottoms: tuple[Shape, ...], axis: int, num_axes: int) -> Shape:
    """The axes of bottom 0 that the blob covers, or the second bottom, which must fit there."""
    shape = bottoms[0]
    if len(bottoms) == 2:
        start = canonical_axis(axis, len(shape)) if bottoms[1] else 0
        if differ(shape[start : start + len(bottoms[1])], bottoms[1]):
            raise NetError(
                f"bottom 1 of shape {format_shape(bottoms[1])} does not fit bottom 0 of shape "
                f"{format_shape(shape)} from axis {start} on"
            )
        return bottoms[1]
    start = canonical_axis(axis, len(shape))
    end = len(shape) if num_axes == -1 else start + num_axes
    if num_axes < -1 or end > len(shape):
        raise NetError(f"num_axes {num_axes} from axis {start} on leaves the shape {format_shape(shape)}")
    return shape[start:end]
