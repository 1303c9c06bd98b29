"""Data layers of C3D 1.0: facebookarchive/C3D, C3D-v1.0, at 71336a220.

What later became `transform_param` stands in each layer's own message.
"""

from __future__ import annotations

from typing import Any

from caffe_fillers.layers.contract import Setup, data_layer
from caffe_fillers.plan import Draw
from caffe_fillers.schema import TRAIN, LayerParameter
from caffe_fillers.shapes import UNKNOWN, Shape
from caffe_fillers.sources import Sources, database, images, windows


@data_layer("Data@c3d10", tops=(1, 2))
def data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Images of a LevelDB: data_layer.cpp."""
    param = parameter.data_param
    record = database.first_record(param, parameter.transform_param, sources)
    return _setup(parameter, param, _volume(record))


@data_layer("VolumeData", tops=(1, 2))
def volume_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Volumes of a LevelDB, whose records are not read: volume_data_layer.cpp."""
    return _setup(parameter, parameter.data_param, None)


@data_layer("ImageData@c3d10", tops=2)
def image_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Images of a list: image_data_layer.cpp."""
    param = parameter.image_data_param
    return _setup(parameter, param, _volume(images.first_image(param, sources)), reseeded=param.shuffle)


@data_layer("VideoData@c3d10", tops=(1, 2))
def video_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Clips of `new_length` frames of a list of videos: video_data_layer.cpp."""
    param: Any = parameter.image_data_param
    size = (param.new_height or UNKNOWN, param.new_width or UNKNOWN)
    return _setup(parameter, param, (3, param.new_length or UNKNOWN, *size))


@data_layer("VideoSegmentationData", "VideoWithVoxelTruthData", tops=2)
def labeled_volumes(parameter: LayerParameter, sources: Sources) -> Setup:
    """Volumes in files of C3D's own: video_segmentation_data_layer.cpp."""
    param: Any = parameter.image_data_param
    setup = _setup(parameter, param, None)
    crop = param.crop_size or UNKNOWN
    truth = param.num_truth_channels if parameter.type == "VideoWithVoxelTruthData" else 1
    label = (param.batch_size, truth, UNKNOWN, crop, crop)
    return Setup((setup.tops[0], label), setup.events, notes=setup.notes, assumed=(0, 1))


@data_layer("WindowData@c3d10", tops=2)
def window_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Windows cut out of images, in an order that has a seed in both phases: window_data_layer.cpp."""
    param = parameter.window_data_param
    channels = windows.channels(param, sources)
    image = (UNKNOWN if channels is None else channels, 1, param.crop_size, param.crop_size)
    tops = ((param.batch_size, *image), (param.batch_size, 1, 1, 1, 1))
    return Setup(tops, (Draw(1, "seed of the windows"),))


@data_layer("MemoryData@c3d10", tops=2)
def memory_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Data that the program hands over: memory_data_layer.cpp."""
    param = parameter.memory_data_param
    image = (param.channels, 1, param.height, param.width)
    return Setup(((param.batch_size, *image), (param.batch_size, 1, 1, 1, 1)))


def _setup(parameter: LayerParameter, param: Any, volume: Shape | None, *, reseeded: bool = False) -> Setup:
    """Tops and draws; `reseeded` if a shuffle makes the thread have a seed anyway."""
    notes: tuple[str, ...] = ()
    if volume is None:
        volume = (3, UNKNOWN, UNKNOWN, UNKNOWN)
        notes = (
            f"its data is not read; 3 channels are assumed (--shape {parameter.top[0]}=... says otherwise)",
        )
    if param.crop_size:
        volume = (*volume[:2], param.crop_size, param.crop_size)
    own = [Draw(1, "seed of the shuffle")] if getattr(param, "shuffle", False) else []
    own += [Draw(1, "rand_skip")] if param.rand_skip else []
    if reseeded or (parameter.phase == TRAIN and (param.mirror or param.crop_size)):
        own.append(Draw(1, "seed of the prefetching thread"))
    tops = ((param.batch_size, *volume), (param.batch_size, 1, 1, 1, 1))[: len(parameter.top)]
    return Setup(tops, tuple(own), notes=notes, assumed=(0,))


def _volume(image: Shape | None) -> Shape | None:
    """An image as a volume of length 1."""
    return None if image is None else (image[0], 1, *image[1:])
