"""Window files: images with the boxes to cut from them."""

from __future__ import annotations

from itertools import islice

from caffe_fillers.errors import SourceError
from caffe_fillers.schema import WindowDataParameter
from caffe_fillers.sources import Sources
from caffe_fillers.sources.lists import lines


def channels(param: WindowDataParameter, sources: Sources) -> int | None:
    """The number of channels that the file states; Caffe takes the last image's.

    An image has the lines `# index`, path, channels, height, width and number
    of windows, then a line per window.
    """
    path = sources.find(param.source)
    if path is None:
        return None
    last, number, left = None, 0, lines(path)
    while len(image := list(islice(left, 6))) == 6 and image[0].startswith("#"):
        try:
            last, windows = int(image[2]), int(image[5])
            skipped = sum(1 for _ in islice(left, windows))
        except ValueError:
            raise SourceError(f"{path}:{number + 3}: expected channels and number of windows") from None
        number += 6 + skipped
    if last is None:
        raise SourceError(f"the window file {path} begins with no image")
    return last
