"""Recognize files that are no nets and no weights by their first bytes: archives, pickles, web pages."""

from __future__ import annotations

from typing import NamedTuple

from caffe_fillers.errors import FormatError
from caffe_fillers.formats.contract import Format

HEAD = 512
"""Bytes of a file that are looked at."""

_UNPACK = "unpack it first"


class Foreign(NamedTuple):
    """Kind of a file that begins so, and what to do."""

    begins: bytes
    what: str
    remedy: str
    place: int = 0


_PICKLE = "a pickle of Python, which could run any code and is never loaded"
_SAVE_ARRAYS = "where it was made, save its arrays with numpy.savez, named LAYER/0, LAYER/1"
_WEB = "fetch the file itself (on GitHub, what the button Raw leads to)"

_KNOWN = (
    Foreign(b"\x1f\x8b", "a gzip archive", "gunzip it first"),
    Foreign(
        b"PK\x03\x04",
        "a zip archive, as PyTorch and numpy save arrays",
        "name numpy's .npz and give it as weights; of PyTorch's save the arrays with numpy.savez",
    ),
    Foreign(b"BZh", "a bzip2 archive", _UNPACK),
    Foreign(b"\xfd7zXZ\0", "an xz archive", _UNPACK),
    Foreign(b"\x28\xb5\x2f\xfd", "a zstd archive", _UNPACK),
    Foreign(b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    Foreign(b"Rar!\x1a\x07", "a rar archive", _UNPACK),
    Foreign(b"ustar", "a tar archive", _UNPACK, place=257),
    Foreign(b"\x93NUMPY", "one array of numpy", "a folder NAME.npy.d of such or an npz holds weights"),
    *(Foreign(bytes((0x80, protocol)), _PICKLE, _SAVE_ARRAYS) for protocol in (2, 3, 4, 5)),
    Foreign(b"(dp", _PICKLE, _SAVE_ARRAYS),
    Foreign(b"(lp", _PICKLE, _SAVE_ARRAYS),
    Foreign(
        b"version https://git-lfs",
        "a pointer of Git LFS in the place of the file",
        "`git lfs pull` fetches it",
    ),
    Foreign(b"<!doctype html", "a web page", _WEB),
    Foreign(b"<html", "a web page", _WEB),
    Foreign(b"<?xml", "XML, as a web server answers", _WEB),
    Foreign(b"404: not found", "a web server's answer that there is no such file", _WEB),
)


def refuse_foreign(head: bytes, path: str, expected: Format | None = None) -> None:
    r"""Refuse a file by its first `HEAD` bytes: a `FormatError` says what it is and what to do.

    `expected` is the format of a weight file, None for a net or where nothing tells.

    >>> refuse_foreign(b"\x1f\x8b\x08", "net.prototxt")
    Traceback (most recent call last):
    caffe_fillers.errors.FormatError: net.prototxt: this is a gzip archive; gunzip it first
    """
    if expected is not None and expected.may_begin(head):
        return
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for known in _KNOWN:
        begins = head[known.place :].startswith(known.begins) or text.startswith(known.begins)
        if begins:
            raise FormatError(f"{path}: this is {known.what}; {known.remedy}")
