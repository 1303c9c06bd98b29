"""Data layers of forks: their tops, and what they draw while the net is built."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from caffe_fillers.errors import NetError
from caffe_fillers.layers.contract import Setup, data_layer
from caffe_fillers.layers.data import database_draws, prefetched, prefetching_draws
from caffe_fillers.layers.forks.common import fork_param
from caffe_fillers.passes import era_of
from caffe_fillers.plan import Draw
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import UNKNOWN, Shape
from caffe_fillers.sources import Sources, database


@data_layer("AnnotatedData", tops=(1, 2))
def annotated_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Images resized and cropped, and a row of 8 for each box: caffe-ssd annotated_data_layer.cpp."""
    record = database.first_record(parameter.data_param, parameter.transform_param, sources, annotated=True)
    setup = prefetched(parameter, parameter.data_param.batch_size, record, database_draws(parameter))
    tops = (setup.tops[0], (1, 1, UNKNOWN, 8))[: len(parameter.top)]
    return Setup(tops, setup.events, notes=setup.notes, assumed=(0,))


# caffe-segnet 344c113bf, dense_image_data_layer.cpp:170
_DRAWS_ALONG = (
    "SegNet's thread draws for mirror and crop from the net's own stream while the net is built: "
    "the fork's own file is not determined by its seed, and this is the one without these draws"
)


@data_layer("DenseImageData", tops=2)
def dense_image_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Images with an image of labels each, which ENet may shrink: caffe-enet dense_image_data_layer.cpp."""
    param = fork_param(parameter, "dense_image_data_param")
    for name in ("new", "crop"):
        if (getattr(param, f"{name}_height") > 0) != (getattr(param, f"{name}_width") > 0):
            raise NetError(f"{name}_height and {name}_width must be given together")
    crop = parameter.transform_param.crop_size
    height = crop or param.crop_height or param.new_height or UNKNOWN
    width = crop or param.crop_width or param.new_width or UNKNOWN
    setup = _labeled_images(parameter, param, 3 if param.is_color else 1, (height, width))
    if era_of(parameter).name == "segnet" and (param.mirror or param.crop_height):
        setup = replace(setup, notes=(*setup.notes, _DRAWS_ALONG))
    if crop or param.crop_height:
        return setup
    divisor = param.label_divide_factor
    label = (param.batch_size, 1, height // divisor, width // divisor)
    return replace(setup, tops=(setup.tops[0], label))


@data_layer("ImageSegData", tops=(2, 3))
def image_seg_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Plan it as ImageData with images of labels, and their sizes: PSPNet image_seg_data_layer.cpp."""
    param, transform = parameter.image_data_param, fork_param(parameter, "transform_param")
    height = transform.crop_size or transform.crop_height or param.new_height or UNKNOWN
    width = transform.crop_size or transform.crop_width or param.new_width or UNKNOWN
    return _labeled_images(parameter, param, 3 if param.is_color else 1, (height, width))


@data_layer("VideoData", "ImageLabelData", "SegData", "MultiLabelImageData", "BoxData", tops=(1, None))
def unseen_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Data whose shapes stand in files of the fork's own kind; the first top is taken for images."""
    crop = parameter.transform_param.crop_size or UNKNOWN
    num_others = len(parameter.top) - 1
    return Setup(
        ((UNKNOWN, 3, crop, crop), *(None,) * num_others),
        prefetching_draws(parameter, ()),
        notes=(_assumed(parameter),),
        assumed=(0,),
    )


@data_layer("VideoData@c3d11", "VideoData@video_caffe", tops=2)
def video_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Clips of `new_length` frames: video_data_layer.cpp of C3D-v1.1 and of video-caffe."""
    param = fork_param(parameter, "video_data_param")
    channels = 3 if param.is_color else 1
    crop = parameter.transform_param.crop_size
    size = (crop or param.new_height or UNKNOWN, crop or param.new_width or UNKNOWN)
    own = [Draw(1, "seed of the shuffle")] if param.shuffle else []
    own += [Draw(1, "rand_skip")] if param.rand_skip else []
    tops = ((param.batch_size, channels, param.new_length or UNKNOWN, *size), (param.batch_size,))
    notes = (_assumed(parameter),) if UNKNOWN in tops[0] else ()
    return Setup(tops, prefetching_draws(parameter, tuple(own)), notes=notes, assumed=(0,))


def _labeled_images(parameter: LayerParameter, param: Any, channels: int, lengths: Shape) -> Setup:
    own = [Draw(1, "seed of the shuffle")] if param.shuffle else []
    own += [Draw(1, "rand_skip")] if param.rand_skip else []
    draws = prefetching_draws(parameter, tuple(own))
    num = param.batch_size
    tops = ((num, channels, *lengths), (num, 1, *lengths), (num, 1, 1, 2))[: len(parameter.top)]
    return Setup(tops, draws, notes=(_assumed(parameter),), assumed=(0,))


def _assumed(parameter: LayerParameter) -> str:
    return (
        f"its data is not read; its images' shape is assumed (--shape {parameter.top[0]}=... says otherwise)"
    )
