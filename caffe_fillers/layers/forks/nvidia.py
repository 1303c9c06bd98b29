"""DetectNet and images with images of labels: NVIDIA/caffe 4b8d54d89, caffe-jacinto de52e8224."""

from __future__ import annotations

from typing import Any

from caffe_fillers.errors import NetError
from caffe_fillers.layers.contract import Setup, data_layer, layer
from caffe_fillers.layers.data import prefetching_draws
from caffe_fillers.layers.forks.common import fork_param, four_axes, require_axes
from caffe_fillers.passes import era_of
from caffe_fillers.plan import Draw
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import UNKNOWN, Shape, differ
from caffe_fillers.sources import Sources

_BOX = 8  # values of a box beside the coverages of the classes


@layer("DetectNetTransformation", bottoms=2, tops=2)
def detectnet_transformation(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Images of the declared size, and coverages and boxes in a grid: detectnet_transform_layer.cpp."""
    param = fork_param(parameter, "detectnet_groundtruth_param")
    num, channels, *_ = four_axes(bottoms[0])
    if differ(channels, 3):
        raise NetError(f"its images have {channels} channels, not 3")
    if param.stride < 1:
        raise NetError("detectnet_groundtruth_param needs a stride of at least 1")
    size = (param.image_size_y, param.image_size_x)
    classes = max({each.src: each.dst for each in param.object_class}.values(), default=0) + 1
    grid = tuple(round(length / param.stride) for length in size)
    tops = ((num, channels, *size), (require_axes(bottoms[1], 1)[0], classes + _BOX, *grid))
    return Setup(tops, (Draw(1, "seed of the augmentation"),))


@data_layer("ImageLabelData@jacinto", "ImageLabelData@jacinto17", tops=2)
def image_label_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Two Data layers, whose transformers have one seed: image_label_data_layer.cpp."""
    param = fork_param(parameter, "image_label_data_param")
    transform: Any = parameter.transform_param
    era = era_of(parameter)
    seed = () if transform.HasField("random_seed") else (Draw(1, "seed of the transformers"),)
    each = Draw(era.reader_words + era.thread_words, "seeds of a Data layer's threads")
    crop = transform.crop_size or UNKNOWN
    image = (param.batch_size, 3, crop, crop)
    notes = (f"its images' shape is assumed (--shape {parameter.top[0]}=... says otherwise)",)
    return Setup((image, (param.batch_size, 1, crop, crop)), (*seed, each, each), notes=notes, assumed=(0,))


@data_layer("ImageLabelListData", tops=2)
def image_label_list_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Images and images of labels from two lists: image_label_list_data_layer.cpp."""
    param = fork_param(parameter, "image_label_data_param")
    crop = parameter.transform_param.crop_size or UNKNOWN
    own = [Draw(1, "seed of the shuffle")] if param.shuffle else []
    own += [Draw(1, "rand_skip")] if param.rand_skip else []
    tops = ((param.batch_size, 3, crop, crop), (param.batch_size, 1, crop, crop))
    notes = (f"its images' shape is assumed (--shape {parameter.top[0]}=... says otherwise)",)
    return Setup(tops, prefetching_draws(parameter, tuple(own)), notes=notes, assumed=(0,))
