"""Data of optical flow: lmb-freiburg/flownet2 at b92e198b5."""

from __future__ import annotations

from typing import Any

from caffe_fillers.errors import NetError
from caffe_fillers.layers.contract import Setup, data_layer
from caffe_fillers.layers.data import prefetching_draws
from caffe_fillers.layers.forks.common import fork_param
from caffe_fillers.plan import Draw
from caffe_fillers.schema import TRAIN, LayerParameter
from caffe_fillers.shapes import UNKNOWN, Shape
from caffe_fillers.sources import Sources, database, images


@data_layer("CustomData", tops=(1, None))
def custom_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Records whose channels are cut at `slice_point` into tops, and a label: custom_data_layer.cpp."""
    param: Any = parameter.data_param
    points = list(param.slice_point)
    labels = len(parameter.top) - len(points) - 1
    if labels not in (0, 1) or any(end <= start for start, end in zip([0, *points], points, strict=False)):
        raise NetError(f"it has {len(parameter.top)} tops for {len(points)} slice_point, which must rise")
    record = database.first_record(param, parameter.transform_param, sources)
    channels, height, width = record or (UNKNOWN, UNKNOWN, UNKNOWN)
    slices = [end - start for start, end in zip([0, *points], [*points, channels], strict=True)]
    tops = [(param.batch_size, each, height, width) for each in slices]
    tops += [(param.batch_size, 1, 1, 1)] * labels
    seeded = parameter.phase == TRAIN and (param.mirror or param.crop_size)
    draws = (Draw(1, "seed of the prefetching thread"),) if seeded else ()
    return _assumed(parameter, tuple(tops), draws, record)


@data_layer("DisparityData", tops=2)
def disparity_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Plan it as ImageData, of images in PFM: disparity_data_layer.cpp."""
    param = parameter.image_data_param
    crop = parameter.transform_param.crop_size
    size = (crop or param.new_height or UNKNOWN, crop or param.new_width or UNKNOWN)
    own = [Draw(1, "seed of the shuffle")] if param.shuffle else []
    own += [Draw(1, "rand_skip")] if param.rand_skip else []
    tops = ((param.batch_size, 3 if param.is_color else 1, *size), (param.batch_size,))
    known = None if UNKNOWN in size else size
    return _assumed(parameter, tops, prefetching_draws(parameter, tuple(own)), known)


@data_layer("ImgReader", tops=1)
def img_reader(parameter: LayerParameter, sources: Sources) -> Setup:
    """One image, `num` times: imgreader_layer.cpp."""
    param = fork_param(parameter, "reader_param")
    path = sources.find(param.file)
    shape = None if path is None else images.decoded_shape(path, color=True, name=str(path))
    return _assumed(parameter, ((param.num, *(shape or (3, UNKNOWN, UNKNOWN))),), (), shape)


@data_layer("FloatReader", tops=1)
def float_reader(parameter: LayerParameter, sources: Sources) -> Setup:
    """An array in a file of FlowNet's own, which is not read: floatreader_layer.cpp."""
    param = fork_param(parameter, "reader_param")
    return _assumed(parameter, ((param.num, UNKNOWN, UNKNOWN, UNKNOWN),), (), None)


def _assumed(
    parameter: LayerParameter, tops: tuple[Shape, ...], draws: tuple[Draw, ...], known: object
) -> Setup:
    """The setup, with a note where nothing is known of the data."""
    note = f"its data is not read; its shape is assumed (--shape {parameter.top[0]}=... says otherwise)"
    return Setup(tops, draws, notes=() if known else (note,), assumed=(0,))
