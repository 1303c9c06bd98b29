"""safetensors: a header in JSON, then the values, written as they are drawn and read in place.

The format is documented at https://github.com/huggingface/safetensors#format:
eight bytes of header length, the header, and the arrays without gaps.
"""

from __future__ import annotations

import json
import math
import mmap
from collections.abc import Iterator
from functools import partial
from typing import Any, BinaryIO

import numpy as np

from caffe_fillers.errors import FormatError
from caffe_fillers.formats.contract import Format, formats
from caffe_fillers.formats.named_blobs import restore, stored, texts
from caffe_fillers.laws import CHUNK, Values
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.shapes import as_shape

_METADATA = "__metadata__"
_TYPES = {"F16": "<f2", "F32": "<f4", "F64": "<f8"}
_MAX_HEADER = 100_000_000  # the limit of the package safetensors


def write(file: BinaryIO, model: Model) -> None:
    """Write the header, whose offsets the shapes give, and the blobs in order."""
    header: dict[str, Any] = {_METADATA: texts(model)}
    end = 0
    for name, blob in stored(model):
        begin, end = end, end + 4 * blob.count
        header[name] = {"dtype": "F32", "shape": list(blob.shape), "data_offsets": [begin, end]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # values begin at a multiple of eight
    if len(text) > _MAX_HEADER:
        raise FormatError(
            f"the net's description takes {len(text):,} bytes, over safetensors' {_MAX_HEADER:,}"
        )
    file.write(len(text).to_bytes(8, "little") + text)
    for _, blob in stored(model):
        for chunk in blob.chunks():
            file.write(chunk.astype("<f4", copy=False).data)


def read(file: BinaryIO) -> Model:
    """A model whose blobs stay in the file; half, single and double precision become float32."""
    try:
        content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError):  # a pipe, a file in memory, an empty file
        content = memoryview(file.read())
    size = int.from_bytes(content[:8], "little")
    if len(content) < 8 or size > min(len(content) - 8, _MAX_HEADER):
        raise FormatError("this is no safetensors file, or it is cut short: its header does not fit")
    try:
        header = json.loads(bytes(content[8 : 8 + size]))
        notes = header.pop(_METADATA, {})
        blobs = {name: _blob(name, content[8 + size :], **entry) for name, entry in header.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise FormatError(f"the header of this safetensors file is broken: {error}") from error
    return restore(blobs, notes)


def _blob(name: str, content: memoryview, dtype: str, shape: list[int], data_offsets: list[int]) -> ModelBlob:
    if dtype not in _TYPES:
        raise FormatError(f"{name!r} is of type {dtype}; blobs are read from {', '.join(_TYPES)}")
    begin, end = data_offsets
    size = math.prod(shape) * np.dtype(_TYPES[dtype]).itemsize
    if min(shape, default=0) < 0 or not 0 <= begin <= end <= len(content) or end - begin != size:
        raise FormatError(f"{name!r} of shape {shape} cannot be the bytes {begin:,} to {end:,} of its file")
    return ModelBlob(as_shape(shape), partial(_chunks, content[begin:end], _TYPES[dtype]))


def _chunks(content: memoryview, code: str) -> Iterator[Values]:
    values = np.frombuffer(content, code)
    for start in range(0, values.size, CHUNK):
        yield values[start : start + CHUNK].astype(np.float32, copy=False)


formats.add("safetensors", Format("safetensors", (".safetensors",), write, read))
