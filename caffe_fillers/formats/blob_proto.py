"""Read a BlobProto of any Caffe as a blob of a model."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from caffe_fillers.distributions import CHUNK, Values
from caffe_fillers.errors import FormatError
from caffe_fillers.formats.layouts import (
    FIVE_AXES_DATA,
    FIVE_AXES_WIDTH,
    RAW_DATA,
    RAW_TYPE,
    RAW_TYPES,
)
from caffe_fillers.formats.wire import VARINT, fields
from caffe_fillers.model import ModelBlob
from caffe_fillers.schema import BlobProto, BlobShape, from_bytes
from caffe_fillers.shapes import Shape, as_shape, format_shape

_BLOB = {field.name: field.number for field in BlobProto.DESCRIPTOR.fields}
_OLD_AXES = tuple(_BLOB[name] for name in ("num", "channels", "height", "width"))

Piece = tuple[memoryview, str]


def read_blob(content: memoryview) -> ModelBlob:
    """Read a serialized BlobProto: shape or four old axes; single, double or NVIDIA's raw values.

    Or C3D 1.0's five axes, of which a length of 0 is one that older files had not.
    """
    if has_five_axes(content):
        return _of_five_axes(content)
    pieces: dict[int, list[Piece]] = {}
    old_axes: dict[int, int] = {}
    shape: Shape | None = None
    raw_type = 1
    for field in fields(content, "a blob"):
        if field.number in _OLD_AXES and field.wire_type == VARINT:
            old_axes[field.number] = (field.value + 2**31) % 2**32 - 2**31  # an int32, sign-extended
        elif field.number == _BLOB["shape"]:
            shape = as_shape(from_bytes(BlobShape, bytes(field.content)).dim)
        elif field.number == RAW_TYPE:
            raw_type = field.value
        elif field.number in (_BLOB["data"], _BLOB["double_data"], RAW_DATA):
            code = "<f4" if field.number == _BLOB["data"] else "<f8"
            pieces.setdefault(field.number, []).append((field.content, code))
    if old_axes:  # Blob::FromProto looks at these first
        shape = tuple(old_axes.get(number, 0) for number in _OLD_AXES)
    values = pieces.get(_BLOB["double_data"]) or pieces.get(_BLOB["data"]) or []
    if RAW_DATA in pieces:
        if raw_type not in RAW_TYPES:
            raise FormatError(f"a blob holds raw values of type {raw_type}, which is none of NVIDIA/caffe's")
        values = [(content, RAW_TYPES[raw_type]) for content, _ in pieces[RAW_DATA]]
    return _blob(shape or (), values, four_axes=bool(old_axes))


def has_five_axes(content: memoryview) -> bool:
    """Return whether a serialized BlobProto is C3D 1.0's, with a length between `channels` and `height`."""
    return any(
        field.number == FIVE_AXES_WIDTH and field.wire_type == VARINT for field in fields(content, "a blob")
    )


def _of_five_axes(content: memoryview) -> ModelBlob:
    axes = dict.fromkeys(range(1, FIVE_AXES_WIDTH + 1), 0)
    pieces: list[Piece] = []
    for field in fields(content, "a blob"):
        if field.number in axes and field.wire_type == VARINT:
            axes[field.number] = field.value
        elif field.number == FIVE_AXES_DATA:
            pieces.append((field.content, "<f4"))
    num, channels, length, height, width = axes.values()
    return _blob((num, channels, length or 1, height, width), pieces, four_axes=False)


def as_bvlc(content: memoryview) -> BlobProto:
    """Convert a serialized BlobProto to BVLC's message, whose `data` takes values of a fork's own fields."""
    if not has_five_axes(content) and all(field.number != RAW_DATA for field in fields(content, "a blob")):
        return from_bytes(BlobProto, bytes(content))
    blob = read_blob(content)
    proto = BlobProto(data=np.concatenate([*blob.chunks(), np.zeros(0, np.float32)]))
    proto.shape.dim.extend(blob.shape)
    return proto


def _blob(shape: Shape, pieces: list[Piece], *, four_axes: bool) -> ModelBlob:
    size = sum(len(content) // np.dtype(code).itemsize for content, code in pieces)
    ragged = any(len(content) % np.dtype(code).itemsize for content, code in pieces)
    if ragged or any(dim < 0 for dim in shape) or math.prod(shape) != size:
        raise FormatError(f"a blob of shape {format_shape(shape)} holds {size:,} values")
    return ModelBlob(shape, partial(_chunks, pieces), four_axes=four_axes)


def _chunks(pieces: list[Piece]) -> Iterator[Values]:
    """Yield the values in float32; a list that is not packed has one value a piece."""
    packed = pieces if len(pieces) <= 1 else _joined(pieces)
    for content, code in packed:
        values = np.frombuffer(content, code)
        for start in range(0, values.size, CHUNK):
            yield values[start : start + CHUNK].astype(np.float32, copy=False)


def _joined(pieces: list[Piece]) -> list[Piece]:
    return [(memoryview(b"".join(bytes(content) for content, _ in pieces)), pieces[0][1])]
