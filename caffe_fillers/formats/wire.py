"""Protocol Buffers' wire format, as far as it takes to walk over a file without loading it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from caffe_fillers.errors import FormatError
from caffe_fillers.schema import NetParameter

VARINT, FIXED64, LENGTH_DELIMITED, FIXED32 = 0, 1, 2, 5
_MAX_VARINT_BYTES = 10

MAX_BYTES = 2**31 - 1  # a message beyond 2 GiB cannot be parsed by any Protocol Buffers library
MAX_LAYERS = 100_000
_LAYERS = {NetParameter.DESCRIPTOR.fields_by_name[name].number for name in ("layer", "layers")}


class WireField(NamedTuple):
    """A field as it stands in a message: number and wire type, a varint's value, the content, all of it.

    `content` is the inside of a length-delimited field or the bytes of a
    fixed one; `raw` begins with the tag.
    """

    number: int
    wire_type: int
    value: int
    content: memoryview
    raw: memoryview


def fields(message: memoryview, what: str) -> Iterator[WireField]:
    r"""The fields of a message in the order of the file; `what` names the message in errors.

    >>> [(field.number, bytes(field.content)) for field in fields(memoryview(b"\n\x02ab"), "net")]
    [(1, b'ab')]
    """
    position = 0
    while position < len(message):
        begin = position
        tag, position = _read_varint(message, position, what)
        wire_type, value, start = tag & 7, 0, position
        if wire_type == VARINT:
            value, position = _read_varint(message, position, what)
        elif wire_type == LENGTH_DELIMITED:
            length, start = _read_varint(message, position, what)
            position = start + length
        elif wire_type in (FIXED64, FIXED32):
            position += 8 if wire_type == FIXED64 else 4
        else:
            raise FormatError(f"{what} is broken at byte {begin}: wire type {wire_type} is not in use")
        if position > len(message):
            raise FormatError(
                f"{what} is cut short: field {tag >> 3} at byte {begin} ends {position - len(message):,} "
                "bytes after its end"
            )
        yield WireField(tag >> 3, wire_type, value, message[start:position], message[begin:position])


def check_layers(message: memoryview, what: str = "the net") -> None:
    """Walk over a NetParameter before it is parsed: is it whole, and are its layers not absurdly many?

    An empty layer takes three bytes in a file and 1.5 kB in memory.
    """
    layers = 0
    for field in fields(message, what):
        layers += field.number in _LAYERS
        if layers > MAX_LAYERS:
            raise FormatError(f"{what} has more than {MAX_LAYERS:,} layers")


def prefix(number: int, size: int) -> bytes:
    r"""Tag and length of a length-delimited field.

    >>> prefix(1, 300)
    b'\n\xac\x02'
    """
    return _varint(number << 3 | LENGTH_DELIMITED) + _varint(size)


def varint_field(number: int, value: int) -> bytes:
    r"""A whole number that is not negative, with its tag.

    >>> varint_field(2, 3)
    b'\x10\x03'
    """
    return _varint(number << 3 | VARINT) + _varint(value)


def _varint(number: int) -> bytes:
    """A number in groups of seven bits, the lowest first."""
    groups = bytearray()
    while number > 0x7F:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes((*groups, number))


def _read_varint(message: memoryview, position: int, what: str) -> tuple[int, int]:
    """A number, and where it ends."""
    value = 0
    for index, byte in enumerate(message[position : position + _MAX_VARINT_BYTES]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value, position + index + 1
    raise FormatError(f"{what} is broken or cut short at byte {position}: a number does not end")
