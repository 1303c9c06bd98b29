"""How a blob lies in a caffemodel, by dialect: BVLC's BlobProto, or NVIDIA's raw values."""

from __future__ import annotations

from typing import NamedTuple

from caffe_fillers.formats.wire import prefix, varint_field
from caffe_fillers.model import ModelBlob
from caffe_fillers.schema import BlobProto

_DATA = BlobProto.DESCRIPTOR.fields_by_name["data"].number

# NVIDIA/caffe from 0.16 on: fields 10 and 12 of BlobProto, types as in its enum Type.
RAW_TYPE, RAW_DATA = 10, 12
RAW_TYPES = {0: "<f8", 1: "<f4", 2: "<f2"}
_RAW_FLOAT = 1
_RAW = frozenset({"nvidia", "jacinto", "jacinto17"})


class Frame(NamedTuple):
    """What stands around a blob's values, float32 in little-endian order."""

    before: bytes
    after: bytes

    @property
    def size(self) -> int:
        """Number of bytes without the values."""
        return len(self.before) + len(self.after)


def frame(blob: ModelBlob, dialect: str) -> Frame:
    """The frame of a blob as the dialect's Caffe writes it.

    Raw values have their shape and type before them and are there even if
    there are none; BVLC's come before the shape.
    """
    if dialect in _RAW:
        head = _shape(blob) + varint_field(RAW_TYPE, _RAW_FLOAT)
        return Frame(before=head + prefix(RAW_DATA, 4 * blob.count), after=b"")
    return Frame(before=prefix(_DATA, 4 * blob.count) if blob.count else b"", after=_shape(blob))


def _shape(blob: ModelBlob) -> bytes:
    """The field `shape`; a blob without axes has none (`Blob::ToProto` touches it per axis)."""
    proto = BlobProto()
    proto.shape.dim.extend(blob.shape)
    return proto.SerializeToString() if blob.shape else b""
