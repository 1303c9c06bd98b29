"""Sizes of images, as OpenCV would decode them."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from caffe_fillers.errors import MissingExtraError, SourceError
from caffe_fillers.schema import ImageDataParameter
from caffe_fillers.shapes import Shape
from caffe_fillers.sources import Sources
from caffe_fillers.sources.lists import lines


def first_image(param: ImageDataParameter, sources: Sources) -> Shape | None:
    """Channels, height and width of the list's first image, enlarged where LRCN's fork says `min_height`.

    Nothing of it needs to be opened where the net resizes.
    """
    channels = 3 if param.is_color else 1
    if param.new_height and param.new_width:
        return channels, param.new_height, param.new_width
    listed = sources.find(param.source)
    if listed is None:
        return None
    first = next(lines(listed), None)
    if first is None:
        raise SourceError(f"the list of images {listed} is empty")
    image = sources.find(param.root_folder + first.rpartition(" ")[0])
    if image is None:
        return None
    least: Any = param
    return _enlarged(decoded_shape(image, param.is_color, str(image)), least.min_height, least.min_width)


def _enlarged(shape: Shape, min_height: int, min_width: int) -> Shape:
    """An image scaled, if it is too small, so that the length that lacks more is reached.

    `ReadImageToCVMat`, src/caffe/util/io.cpp, LisaAnne/lisa-caffe-public 49b8643dd.
    """
    channels, height, width = shape
    if height >= min_height and width >= min_width:
        return shape
    if min_width - width > min_height - height:
        return channels, _scaled(min_width, height, width), min_width
    return channels, min_height, _scaled(min_height, width, height)


def _scaled(length: int, numerator: int, denominator: int) -> int:
    """A length times a ratio, in float, to the nearest."""
    ratio = np.float32(numerator) / np.float32(denominator)
    return int(float(np.float32(length) * ratio) + 0.5)


def decoded_shape(file: Path | io.BytesIO, color: bool | None, name: str) -> Shape:
    """Channels, height and width of an encoded image, by its header; `color` None keeps what it has."""
    try:
        from PIL import Image
    except ImportError:
        raise MissingExtraError("pillow", "images") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sizes, which are all that is read here
            image = Image.open(file)
        with image:
            width, height = image.size
            native = 1 if image.mode in ("1", "L", "I;16", "I", "F") else 3
    except Exception as error:  # PIL's many readers raise what they like on a damaged file
        raise SourceError(f"{name} is no image that can be read: {error}") from error
    channels = native if color is None else 3 if color else 1
    return channels, height, width
