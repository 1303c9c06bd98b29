"""Layouts of a blob in a caffemodel: the fields that `Blob::ToProto` of each era writes around its values."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from caffe_fillers.eras import Era
from caffe_fillers.formats.wire import prefix, varint_field
from caffe_fillers.model import ModelBlob
from caffe_fillers.schema import BlobProto

_DATA = BlobProto.DESCRIPTOR.fields_by_name["data"].number

# NVIDIA/caffe from 0.16 on: fields 10 and 12 of BlobProto, types as in its enum Type.
RAW_TYPE, RAW_DATA = 10, 12
RAW_TYPES = {0: "<f8", 1: "<f4", 2: "<f2"}
_RAW_FLOAT = 1


# C3D 1.0, facebookarchive/C3D 71336a220: BVLC's field of the values is the width.
FIVE_AXES_WIDTH, FIVE_AXES_DATA = 5, 6


class Frame(NamedTuple):
    """Bytes around a blob's values, which are float32 in little-endian order."""

    before: bytes
    after: bytes

    @property
    def size(self) -> int:
        """Number of bytes without the values."""
        return len(self.before) + len(self.after)


def frame(blob: ModelBlob, era: Era) -> Frame:
    """The frame of a blob as an era's Caffe writes it."""
    return _FRAMES[era.blob_layout](blob)


def _shape_after(blob: ModelBlob) -> Frame:
    """BVLC since 2015-03-03 (85bb397ac): values, then the shape."""
    return Frame(before=_data(blob), after=_shape(blob))


def _four_axes(blob: ModelBlob) -> Frame:
    """BVLC before: num, channels, height and width, then values; missing axes are 1 and come first."""
    num, channels, height, width = (*(1,) * (4 - len(blob.shape)), *blob.shape)
    axes = BlobProto(num=num, channels=channels, height=height, width=width)
    return Frame(before=axes.SerializeToString() + _data(blob), after=b"")


def _five_axes(blob: ModelBlob) -> Frame:
    """C3D 1.0: num, channels, length, height and width, then the values in field 6."""
    axes = (*(1,) * (5 - len(blob.shape)), *blob.shape)
    head = b"".join(varint_field(number, length) for number, length in enumerate(axes, 1))
    return Frame(before=head + (prefix(FIVE_AXES_DATA, 4 * blob.count) if blob.count else b""), after=b"")


def _raw(blob: ModelBlob) -> Frame:
    """NVIDIA/caffe from 0.16 on: shape, type and then the values, a field even if there are none."""
    head = _shape(blob) + varint_field(RAW_TYPE, _RAW_FLOAT)
    return Frame(before=head + prefix(RAW_DATA, 4 * blob.count), after=b"")


def _data(blob: ModelBlob) -> bytes:
    return prefix(_DATA, 4 * blob.count) if blob.count else b""


def _shape(blob: ModelBlob) -> bytes:
    """The field `shape`; a blob without axes has none (`Blob::ToProto` touches it per axis)."""
    proto = BlobProto()
    proto.shape.dim.extend(blob.shape)
    return proto.SerializeToString() if blob.shape else b""


_FRAMES: dict[str, Callable[[ModelBlob], Frame]] = {
    "shape": _shape_after,
    "four axes": _four_axes,
    "five axes": _five_axes,
    "raw": _raw,
}
