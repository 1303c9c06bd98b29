"""Reading a net whose layers hold blobs, as text; their values stay in the file until they are asked for.

Every blob's content is taken out of the text and leaves a ticket, its number,
so that only the net itself goes through the reader of prototxts. Within a
blob, fields `data: number` are found by one expression, a thousand at a time;
whatever else is there, a shape or a fork's field, is read as prototxt.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

import numpy as np

from caffe_fillers import prototxt
from caffe_fillers.distributions import Values
from caffe_fillers.errors import FormatError, PrototxtError
from caffe_fillers.formats.blob_proto import read_blob
from caffe_fillers.formats.contract import view
from caffe_fillers.formats.net_text import read_net_text
from caffe_fillers.formats.tickets import redeem
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.prototxt import Tolerance
from caffe_fillers.schema import BlobProto
from caffe_fillers.shapes import as_shape, format_shape

_PIECE = 1 << 17  # bytes of values that are read at a time
_MAX_NET, _MAX_FIELDS = 1 << 26, 1 << 16
"""Bytes of text beside the values: of the net, and of one blob."""

_NUMBER = rb"-?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?[fF]?|(?i:inf(?:inity)?|nan))(?![\w.])"
_TOKEN = re.compile(
    rb"""
    (?P<space>\s+|\#[^\n]*)
  | (?P<values>(?:data\s*:\s*NUMBER[\s,;]*){1,1000})
  | (?P<name>[A-Za-z_]\w*)
  | (?P<string>"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*')
  | (?P<open>["'][^\n]*)
  | (?P<mark>[{}<>\[\]:,;])
  | (?P<other>[^\s\w"'{}<>\[\]:,;#]+|.)
    """.replace(b"NUMBER", _NUMBER),
    re.VERBOSE | re.DOTALL,
)
_SEPARATORS = bytes.maketrans(b":,;", b"   ")
_SUFFIX = re.compile(rb"(?<=[\d.])[fF]")
_BLOBS = {(b"layer", b"blobs"), (b"layers", b"blobs"), (b"layers", b"layer", b"blobs")}


@dataclass
class _Found:
    """A blob in the text: where its content is, what of it are values, and what is left without them."""

    start: int
    end: int = 0
    count: int = 0
    values: list[tuple[int, int]] = field(default_factory=list)
    rest: bytearray = field(default_factory=bytearray)


def read(file: BinaryIO) -> Model:
    """A model as Caffe would load it, upgraded to today's layers; the file must stay open while in use."""
    content = view(file)
    found = list(_find(content))
    ends = [0, *(each.end for each in found)]
    starts = [*(each.start for each in found), len(content)]
    if sum(starts) - sum(ends) > _MAX_NET:
        raise FormatError(f"its net alone takes more than {_MAX_NET:,} bytes")
    between = [bytes(content[end:start]) for end, start in zip(ends, starts, strict=True)]
    tickets = [*(b"num: %d " % number for number in range(len(found))), b""]
    text = b"".join(part for pair in zip(between, tickets, strict=True) for part in pair)
    try:
        net = read_net_text(prototxt.decode(text, ""))
    except PrototxtError as error:
        line = error.line + _lines_taken_out(content, found, between, error.line)
        raise FormatError(f"line {line}, column {error.column}: {error.problem}") from error
    return redeem(net, [_blob(content, each) for each in found])


def _find(content: memoryview) -> Iterator[_Found]:
    """The blobs, in order; brackets that do not match are left to the reader of the net."""
    path: list[bytes] = []
    listed: list[bytes] = [b""]  # at each depth, the field of which a list in [ ] is open
    name, blob, depth = b"", None, 0
    for match in _TOKEN.finditer(content):
        kind, mark = match.lastgroup, match.group()
        if blob is not None and not (mark in (b"}", b">") and len(path) == depth):
            _note(blob, match)
        if kind == "name":
            name = mark
        elif mark in (b"{", b"<"):
            path.append(name or listed[-1])
            listed.append(b"")
            if tuple(path) in _BLOBS:
                blob, depth = _Found(match.end()), len(path)
        elif mark in (b"}", b">") and path:
            if blob is not None and len(path) == depth:
                blob.end = match.start()
                yield blob
                blob = None
            path.pop()
            listed.pop()
        elif mark in (b"[", b"]"):
            listed[-1] = name if mark == b"[" else b""
        if kind not in ("name", "space") and mark != b":":
            name = b""
    if blob is not None:
        raise FormatError(f"it is cut short: the blob that begins in line {_line(content, blob)} has no end")


def _note(blob: _Found, match: re.Match[bytes]) -> None:
    """Sort a piece of a blob's content: values, or something else."""
    start, end = match.span()
    if match.lastgroup != "values":
        blob.rest += match.group()
        if len(blob.rest) > _MAX_FIELDS:
            raise FormatError("a blob holds more than values, shape and the like")
        return
    blob.count += match.group().count(b":")
    if blob.values and blob.values[-1][1] == start:
        start = blob.values.pop()[0]
    blob.values.append((start, end))


def _blob(content: memoryview, found: _Found) -> ModelBlob:
    try:
        proto = prototxt.parse(
            prototxt.decode(bytes(found.rest), ""), BlobProto, tolerance=Tolerance.STRICT
        ).message
        if not found.count:
            return read_blob(memoryview(proto.SerializeToString()))
        if proto.data or proto.double_data:
            raise FormatError("it holds values in two ways")
        old_axes = [name for name in ("num", "channels", "height", "width") if proto.HasField(name)]
        axes = (proto.num, proto.channels, proto.height, proto.width) if old_axes else proto.shape.dim
        shape = as_shape(axes)
        if any(dim < 0 for dim in shape) or math.prod(shape) != found.count:
            raise FormatError(f"a blob of shape {format_shape(shape)} holds {found.count:,} values")
    except (PrototxtError, FormatError) as error:
        problem = error.problem if isinstance(error, PrototxtError) else error
        raise FormatError(f"the blob that begins in line {_line(content, found)}: {problem}") from error
    return ModelBlob(shape, partial(_chunks, content, found.values), four_axes=bool(old_axes))


def _chunks(content: memoryview, spans: list[tuple[int, int]]) -> Iterator[Values]:
    for start, end in spans:
        position = start
        while position < end:
            text = _piece(content, position, end)
            position += len(text)
            numbers = _SUFFIX.sub(b"", text.replace(b"data", b"").translate(_SEPARATORS))
            with np.errstate(over="ignore"):  # what is too large becomes infinite, as protobuf has it
                yield np.fromstring(numbers, np.float64, sep=" ").astype(np.float32)


def _piece(content: memoryview, start: int, end: int) -> bytes:
    """Whole fields from `start` on, about _PIECE bytes of them."""
    text = bytes(content[start : min(start + _PIECE, end)])
    whole = text.rfind(b"data") if start + len(text) < end else len(text)
    return text[:whole] if whole > 0 else bytes(content[start:end])


def _line(content: memoryview, found: _Found) -> int:
    return 1 + bytes(content[: found.start]).count(b"\n")


def _lines_taken_out(content: memoryview, found: list[_Found], between: list[bytes], line: int) -> int:
    """Count the lines of blobs that were removed before a line of the text."""
    before, taken = 1, 0
    for each, part in zip(found, between, strict=False):
        before += part.count(b"\n")
        if before >= line:
            break
        taken += bytes(content[each.start : each.end]).count(b"\n")
    return taken
