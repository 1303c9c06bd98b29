"""Draw the filters that read the net's input as an image."""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.distributions import Values

MOST_TILES = 1024
_GRAY = 128


@dataclass(frozen=True)
class FilterImage:
    """A picture of a convolution's filters: `uri` holds a PNG of `width` by `height` pixels.

    `caption` tells a reader, and a screen reader, what is to be seen.
    """

    uri: str
    width: int
    height: int
    caption: str


def filter_image(weights: Values) -> FilterImage | None:
    """Draw filters of shape (filters, channels, height, width) as tiles; None if that shows nothing.

    Three channels are one tile in colors: Caffe's images have their channels
    in the order blue, green, red (OpenCV's, src/caffe/util/io.cpp). Any other
    number is a tile for each. Gray is 0; black and white are the value
    furthest from it, one scale for all.
    """
    if weights.ndim != 4 or max(weights.shape[2:]) < 2:
        return None
    scale = float(np.abs(weights).max(initial=0.0))
    if not 0 < scale < math.inf:
        return None
    filters, channels, height, width = weights.shape
    colored = channels == 3
    tiles = np.moveaxis(weights[:, ::-1], 1, -1) if colored else weights.reshape(-1, height, width, 1)
    shown = tiles[:MOST_TILES]
    pixels = np.rint(_GRAY - 0.5 + shown / scale * (_GRAY - 0.5)).astype(np.uint8)
    columns = _columns(len(shown), 1 if colored else channels)
    sheet = _sheet(pixels, columns)
    caption = f"{filters} filters of {height} by {width}, " + (
        "blue, green and red as colors" if colored else f"{channels} channel{'s' * (channels > 1)}"
    )
    if len(shown) < len(tiles):
        caption += f", the first {len(shown)} tiles of {len(tiles)}"
    return FilterImage(
        _png(sheet),
        sheet.shape[1],
        sheet.shape[0],
        f"{caption}; gray is 0, black {-scale:.3g}, white {scale:.3g}",
    )


def _columns(tiles: int, channels: int) -> int:
    """Return the number of tiles in a row: whole filters if they fit, about twice as many as rows."""
    wide = max(1, math.ceil(math.sqrt(2 * tiles)))
    return channels * max(1, wide // channels) if 1 < channels <= wide else wide


def _sheet(tiles: NDArray[np.uint8], columns: int) -> NDArray[np.uint8]:
    """Arrange tiles in rows with a transparent pixel around each; the fourth channel is the opacity."""
    number, height, width, channels = tiles.shape
    rows = math.ceil(number / columns)
    cells = np.zeros((rows * columns, height + 1, width + 1, 4), np.uint8)
    cells[:number, :height, :width, :3] = tiles if channels == 3 else np.repeat(tiles, 3, axis=3)
    cells[:number, :height, :width, 3] = 255
    grid = cells.reshape(rows, columns, height + 1, width + 1, 4).swapaxes(1, 2)
    sheet: NDArray[np.uint8] = grid.reshape(rows * (height + 1), columns * (width + 1), 4)
    return sheet[:-1, :-1]


def _png(pixels: NDArray[np.uint8]) -> str:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(file, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
