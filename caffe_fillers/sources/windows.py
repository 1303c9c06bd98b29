"""Window files: images with the boxes to cut from them."""

from __future__ import annotations

from caffe_fillers.errors import SourceError
from caffe_fillers.schema import WindowDataParameter
from caffe_fillers.sources import Sources


def channels(param: WindowDataParameter, sources: Sources) -> int | None:
    """The number of channels that the file states; Caffe takes the last image's.

    An image has the lines `# index`, path, channels, height, width and number
    of windows, then a line per window.
    """
    path = sources.find(param.source)
    if path is None:
        return None
    words = path.read_text(errors="replace").split("\n")
    last, line = None, 0
    while line + 5 < len(words) and words[line].startswith("#"):
        try:
            last = int(words[line + 2])
            line += 6 + int(words[line + 5])
        except ValueError:
            raise SourceError(f"{path}:{line + 3}: expected channels and number of windows") from None
    if last is None:
        raise SourceError(f"the window file {path} begins with no image")
    return last
