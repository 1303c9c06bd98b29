"""Images as pycaffe loads, resizes and crops them: float32, height x width x channels."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.errors import MissingExtraError

Image = NDArray[np.float32]

_LUMINANCE = (0.2125, 0.7154, 0.0721)
"""Of red, green and blue in gray: scikit-image's `rgb2gray`, which pycaffe calls."""


def load_image(filename: str | Path, color: bool = True) -> Image:
    """An image in 0 to 1, in RGB, or in gray with one channel; an alpha channel is dropped."""
    try:
        import PIL.Image
    except ImportError:
        raise MissingExtraError("pillow", "images") from None
    with PIL.Image.open(filename) as opened:
        native = opened.mode in ("L", "RGB", "I;16", "I", "F")
        values = np.asarray(opened if native else opened.convert("RGB"))
    image = (values / np.iinfo(values.dtype).max if values.dtype.kind in "ui" else values).astype(np.float32)
    if image.ndim == 2:
        return np.repeat(image[:, :, np.newaxis], 3 if color else 1, axis=2)
    return image if color else (image @ np.array(_LUMINANCE, np.float32))[:, :, np.newaxis]


def resize_image(im: NDArray[Any], new_dims: Sequence[int], interp_order: int = 1) -> Image:
    """An image of another height and width, by splines of an order (1 is linear), without smoothing.

    Pixels are areas: the corners of the images lie over one another, and what
    a window sees outside is 0 for images of 1 or 3 channels, as scikit-image's
    `resize` has it, which pycaffe calls for these.

    >>> resize_image(np.ones((2, 2, 3)), (4, 6)).shape
    (4, 6, 3)
    """
    from scipy.ndimage import zoom

    factors = (*(np.array(new_dims, float) / np.array(im.shape[:2])), 1)
    if im.shape[-1] not in (1, 3):
        return np.asarray(zoom(im, factors, order=interp_order), np.float32)
    least, greatest = im.min(), im.max()
    if least == greatest:
        return np.full((*new_dims, im.shape[-1]), least, np.float32)
    scaled = (im - least) / (greatest - least)
    resized = zoom(scaled, factors, order=interp_order, mode="grid-constant", grid_mode=True)
    return np.asarray(resized * (greatest - least) + least, np.float32)


def oversample(images: Sequence[NDArray[Any]], crop_dims: Sequence[int]) -> Image:
    """Ten crops of each image: four corners and the center, then the same mirrored.

    >>> oversample([np.zeros((5, 6, 3))], (3, 3)).shape
    (10, 3, 3, 3)
    """
    height, width = crop_dims
    crops = []
    for image in images:
        rows, columns = image.shape[0] - height, image.shape[1] - width
        places = [*product((0, rows), (0, columns)), (int(rows / 2), int(columns / 2))]
        views = [image[top : top + height, left : left + width] for top, left in places]
        crops += [*views, *(view[:, ::-1] for view in views)]
    return np.array(crops, np.float32)
