"""Poses of people: caffe_rtpose at a4778bb1c, openpose_caffe_train at 40c03c8cd."""

from __future__ import annotations

import numpy as np

from caffe_fillers.errors import NetError
from caffe_fillers.layers.contract import Role, Setup, data_layer, layer
from caffe_fillers.layers.data import prefetching_draws
from caffe_fillers.layers.forks.common import fork_param, four_axes
from caffe_fillers.schema import TRAIN, LayerParameter
from caffe_fillers.shapes import UNKNOWN, Shape, count, differ, format_shape
from caffe_fillers.sources import Sources


@layer("Maximum")
def maximum(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Place and value of the largest score of each channel: maximum_layer.cpp."""
    num, channels, *_ = four_axes(bottoms[0])
    return Setup(((num, channels, 1, 3),))


@layer("ImResize")
def im_resize(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """All images become one, `factor` times as large or of the size given: imresize_layer.cpp."""
    param = fork_param(parameter, "imresize_param")
    _, channels, *size = four_axes(bottoms[0])
    if param.factor:
        size = [_scaled(length, param.factor) for length in size]
    else:
        size = [param.target_spatial_height, param.target_spatial_width]
    return Setup(((1, channels, *size),))


@layer("Nms")
def nms(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A row of x, y and score for each peak, after one with their number: nms_layer.cpp."""
    param = fork_param(parameter, "nms_param")
    return Setup(((four_axes(bottoms[0])[0], param.num_parts, param.max_peaks + 1, 3),))


@layer("EuclideanmaskLoss", bottoms=3, role=Role.LOSS)
def euclidean_mask_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A scalar from predictions, targets and a mask: euclideanmask_loss_layer.cpp."""
    first, second = bottoms[:2]
    if differ(count(first, 1), count(second, 1)) or differ(first[:1], second[:1]):
        raise NetError(
            f"predictions {format_shape(first)} and targets {format_shape(second)} "
            "must have equally many values"
        )
    return Setup(((),))


@data_layer("OPData", "OPVideo", tops=(1, 2))
def op_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Images of the crop's size, and heat maps of as many channels as the models say: oPDataLayer.cpp."""
    param = fork_param(parameter, "op_transform_param")
    batch = parameter.data_param.batch_size * (param.frame_size if parameter.type == "OPVideo" else 1)
    size: Shape = (UNKNOWN, UNKNOWN)
    notes: tuple[str, ...] = ()
    if parameter.phase == TRAIN:
        size = (param.crop_size_y, param.crop_size_x)
    else:
        notes = (f"its data is not read (--shape {parameter.top[0]}=... gives its shape)",)
    maps = tuple(length // param.stride for length in size) if param.stride else (UNKNOWN, UNKNOWN)
    tops = ((batch, 3, *size), (batch, UNKNOWN, *maps))[: len(parameter.top)]
    return Setup(tops, prefetching_draws(parameter, ()), notes=notes, assumed=(0,))


def _scaled(length: int, factor: float) -> int:
    """A product in float, cut off as C++ does."""
    return UNKNOWN if length is UNKNOWN else int(np.float32(length) * np.float32(factor))
