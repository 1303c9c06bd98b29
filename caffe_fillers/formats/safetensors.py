"""safetensors: a header in JSON, then the values, written as they are drawn and read in place.

The format is documented at https://github.com/huggingface/safetensors#format:
eight bytes of header length, the header, and the arrays without gaps.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

import numpy as np

from caffe_fillers.distributions import CHUNK, Values
from caffe_fillers.errors import FormatError
from caffe_fillers.formats.contract import Format, Tensors, formats, view
from caffe_fillers.formats.named_blobs import MAX_TEXT, restore, stored, texts
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.shapes import as_shape, check_blob_shape

_METADATA = "__metadata__"
_BROKEN = (ValueError, TypeError, KeyError, RecursionError)
_TYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8"}


def write(file: BinaryIO, model: Model) -> None:
    """Write the net's description with the blobs."""
    _write(file, [*stored(model)], texts(model))


def write_tensors(file: BinaryIO, tensors: Tensors) -> None:
    """Write arrays as torch does, which calls their format pt."""
    _write(file, tensors, {"format": "pt"})


def _write(file: BinaryIO, tensors: Tensors, notes: dict[str, str]) -> None:
    """Write the header, whose offsets the shapes give, and the blobs in order."""
    header: dict[str, Any] = {_METADATA: notes}
    end = 0
    for name, blob in tensors:
        begin, end = end, end + 4 * blob.count
        header[name] = {"dtype": "F32", "shape": list(blob.shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # values begin at a multiple of eight
    if len(text) > MAX_TEXT:
        raise FormatError(f"the net's description takes {len(text):,} bytes, over safetensors' {MAX_TEXT:,}")
    file.write(len(text).to_bytes(8, "little") + text)
    for _, blob in tensors:
        for chunk in blob.chunks():
            file.write(chunk.astype("<f4", copy=False).data)


def read(file: BinaryIO) -> Model:
    """A model whose blobs stay in the file; half, single and double precision become float32."""
    content = view(file)
    size = int.from_bytes(content[:8], "little")
    if len(content) < 8 or size > min(len(content) - 8, MAX_TEXT):
        raise FormatError("this is no safetensors file, or it is cut short: its header does not fit")
    header = json.loads(bytes(content[8 : 8 + size]), object_pairs_hook=_unique)
    if not isinstance(header, dict):
        raise FormatError("its header is no JSON object")
    notes = header.pop(_METADATA, {})
    if not isinstance(notes, dict) or not all(isinstance(text, str) for text in notes.values()):
        raise FormatError(f"{_METADATA} in its header is no object of strings")
    values = content[8 + size :]
    blobs = {name: _blob(name, values, **entry) for name, entry in header.items()}
    _check_order([entry["data_offsets"] for entry in header.values()], len(values))
    return restore(blobs, notes)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise FormatError("its header names something twice")
    return found


def _blob(name: str, content: memoryview, dtype: str, shape: list[int], data_offsets: list[int]) -> ModelBlob:
    if dtype not in _TYPES:
        raise FormatError(f"{name!r} is of type {dtype}; blobs are read from {', '.join(_TYPES)}")
    begin, end = data_offsets
    if any(type(number) is not int for number in (*shape, begin, end)):
        raise FormatError(f"shape and data_offsets of {name!r} are not all integers")
    check_blob_shape(as_shape(shape))
    size = math.prod(shape) * np.dtype(_TYPES[dtype]).itemsize
    if not 0 <= begin <= end <= len(content) or end - begin != size:
        raise FormatError(f"{name!r} of shape {shape} cannot be the bytes {begin:,} to {end:,} of its file")
    return ModelBlob(as_shape(shape), partial(_chunks, content[begin:end], _TYPES[dtype]))


def _check_order(offsets: list[list[int]], size: int) -> None:
    """Arrays lie side by side and fill the file, so that nothing is in it twice or unseen."""
    end = 0
    for begin, next_end in sorted(offsets):
        if begin != end:
            raise FormatError(f"an array begins at byte {begin:,} of the values, where {end:,} was due")
        end = next_end
    if end != size:
        raise FormatError(f"its arrays end at byte {end:,} of {size:,}")


def _chunks(content: memoryview, code: str) -> Iterator[Values]:
    values = np.frombuffer(content, code)
    for start in range(0, values.size, CHUNK):
        yield values[start : start + CHUNK].astype(np.float32, copy=False)


formats.add(
    "safetensors",
    Format(
        "safetensors",
        (".safetensors",),
        write,
        read,
        _BROKEN,
        write_tensors=write_tensors,
        may_begin=lambda head: head[8:9] == b"{",  # after a length, which may be any bytes
    ),
)
