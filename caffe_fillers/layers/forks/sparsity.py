"""Learned sparsity: wenwei202/caffe, branch sfm, at f54a74aba."""

from __future__ import annotations

from caffe_fillers.errors import NetError
from caffe_fillers.layers.contract import Param, Setup, layer
from caffe_fillers.layers.forks.common import filler_or, fork_param
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, format_shape, legacy_dim


@layer("Sparsify")
def sparsify(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Values below `thre` become zero: sparsify_layer.cpp."""
    param = fork_param(parameter, "sparsify_param")
    if param.coef < 0 or param.thre < 0:
        raise NetError("sparsify_param needs thre and coef of at least 0")
    return Setup(bottoms)


@layer("SymmetricRectify", weights_need_shape=True)
def symmetric_rectify(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A threshold per channel, or a single one, which is a blob without axes; 0 at first.

    symmetric_rectify_layer.cpp. Caffe refuses a threshold that was drawn below 0.
    """
    param = fork_param(parameter, "symmetric_rectify_param")
    shape = bottoms[0]
    if len(shape) < 2:
        raise NetError(f"its bottom has shape {format_shape(shape)}; channels are needed in axis 1")
    blob = () if param.channel_shared else (legacy_dim(shape, 1),)
    return Setup(bottoms, (Param(blob, filler_or(param, "filler", 0.0)),))
