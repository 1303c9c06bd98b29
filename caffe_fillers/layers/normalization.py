"""Normalizations: batch_norm_layer.cpp, lrn_layer.cpp, mvn_layer.cpp."""

from __future__ import annotations

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import Constant
from caffe_fillers.layers.contract import Param, Setup, layer
from caffe_fillers.passes import era_of
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, format_shape, legacy_dim


@layer("BatchNorm", weights_need_shape=True, normalizes=True)
def batch_norm(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Running mean, variance and their scale, all zero at first.

    Caffe keeps training off them by `param` entries of its own, one for each
    blob that the prototxt says nothing about; these are saved. Before
    2016-09-16 (25422de79) it left `param` to the net.
    """
    shape = bottoms[0]
    if len(shape) < 2 or 0 in shape:
        raise NetError(
            f"its bottom has shape {format_shape(shape)}; it needs values and, in axis 1, channels"
        )
    channels = (shape[1],)
    params = tuple(Param(each, Constant()) for each in (channels, channels, (1,)))
    if era_of(parameter).batch_norm_params == "as given":
        return Setup((shape,), params)
    if any(param.lr_mult != 0 for param in parameter.param[:3]):
        raise NetError("its blobs are statistics that are not learned: set lr_mult: 0 in each param entry")
    saved = LayerParameter()
    saved.CopyFrom(parameter)
    while len(saved.param) < 3:
        saved.param.add(lr_mult=0)
    return Setup((shape,), params, saved)


@layer("LRN")
def lrn(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Across channels or within one; the layers inside the latter keep the shape and draw nothing."""
    if parameter.lrn_param.local_size % 2 == 0:
        raise NetError(f"local_size {parameter.lrn_param.local_size} is even; LRN needs an odd one")
    if len(bottoms[0]) != 4:
        raise NetError(f"its bottom has shape {format_shape(bottoms[0])}; LRN needs 4 axes")
    return Setup(bottoms)


@layer("MVN", normalizes=True)
def mvn(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A top of four axes, whatever the bottom has up to that."""
    return Setup((tuple(legacy_dim(bottoms[0], index) for index in range(4)),))
