"""The transformer of data layers: the shape it gives an image, and the seed that it draws.

src/caffe/data_transformer.cpp of BVLC and of forks, whose `crop_h`, `crop_w`
and `resize_param` no net of BVLC has.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from caffe_fillers.errors import NetError
from caffe_fillers.passes import era_of
from caffe_fillers.plan import Draw
from caffe_fillers.schema import TRAIN, LayerParameter
from caffe_fillers.shapes import UNKNOWN, Shape


def transformed(image: Shape, parameter: LayerParameter) -> Shape:
    """`DataTransformer::InferBlobShape`: channels, height and width, resized and then cropped."""
    transform: Any = parameter.transform_param
    channels, height, width = image
    for resize in transform.resize_param[:1]:  # MobileNet-YOLO lists several and begins with the first
        height, width = _resized(resize, height, width)
    crops = transform.crop_h or transform.crop_size, transform.crop_w or transform.crop_size
    if any(length < crop for length, crop in zip((height, width), crops, strict=True)):
        size = crops[0] if crops[0] == crops[1] else f"{crops[0]}x{crops[1]}"
        raise NetError(f"crop_size {size} is larger than the image of {height}x{width}")
    return channels, crops[0] or height, crops[1] or width


def _resized(resize: Any, height: int, width: int) -> tuple[int, int]:
    """`InferNewSize`, caffe-ssd im_transforms.cpp:99: as asked for, or the shorter side as asked for."""
    if resize.resize_mode != resize.FIT_SMALL_SIZE:
        return resize.height, resize.width
    if height is UNKNOWN or width is UNKNOWN:
        return UNKNOWN, UNKNOWN
    shape = np.float32(width) / np.float32(height)
    if shape < np.float32(resize.width) / np.float32(resize.height):
        return int(np.float32(resize.width) / shape), resize.width
    return resize.height, int(shape * np.float32(resize.height))


def transformer_seed(parameter: LayerParameter) -> tuple[Draw, ...]:
    """`DataTransformer::InitRand`: mirroring is random always, or once was in training, as cropping is."""
    era, transform = era_of(parameter), cast("Any", parameter.transform_param)
    training = parameter.phase == TRAIN
    mirrored = transform.mirror and (training or era.transformer_in_test)
    cropped = training and transform.crop_size
    if era.name == "happynear":  # data_transformer.cpp:703
        sides = transform.crop_size or transform.crop_h or transform.crop_w
        cropped = (training and sides and not transform.center_crop) or transform.HasField("erase_ratio")
    if transform.random_seed >= 0 or not (mirrored or cropped or era.transformer_always):
        return ()
    return (Draw(1, "seed of the transformer"),)
