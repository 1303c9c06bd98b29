"""Infer the type of a serialized message from its numbers, wire types and contents."""

from __future__ import annotations

from itertools import islice
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from caffe_fillers.errors import FormatError
from caffe_fillers.formats.wire import FIXED32, FIXED64, LENGTH_DELIMITED, VARINT, WireField, fields
from caffe_fillers.schema.extras import PRIVATE, is_repeated

_WIRE_TYPES = {
    FieldDescriptor.TYPE_DOUBLE: FIXED64,
    FieldDescriptor.TYPE_FIXED64: FIXED64,
    FieldDescriptor.TYPE_SFIXED64: FIXED64,
    FieldDescriptor.TYPE_FLOAT: FIXED32,
    FieldDescriptor.TYPE_FIXED32: FIXED32,
    FieldDescriptor.TYPE_SFIXED32: FIXED32,
    FieldDescriptor.TYPE_STRING: LENGTH_DELIMITED,
    FieldDescriptor.TYPE_BYTES: LENGTH_DELIMITED,
    FieldDescriptor.TYPE_MESSAGE: LENGTH_DELIMITED,
}  # all others are varints
_CONTROL = set(range(32))
_BEGINNING, _FIELDS = 4096, 1000  # bytes of a string, and fields of a message, that are looked at


def misfits(message: memoryview, message_type: type[Message]) -> int:
    """Count the fields of a serialized message that do not fit a type, of the first thousand.

    What is no message is a `FormatError`.

    >>> from caffe_fillers.schema import NetParameter, SolverParameter
    >>> net = memoryview(NetParameter(name="lenet", layer=[{"type": "ReLU"}]).SerializeToString())
    >>> misfits(net, NetParameter), misfits(net, SolverParameter)
    (0, 1)
    """
    known: Any = message_type.DESCRIPTOR
    return sum(not _fits(field, known) for field in islice(fields(message, f"the {known.name}"), _FIELDS))


def _fits(field: WireField, known: Descriptor) -> bool:
    """Return whether a field fits by number, wire type and, if a string or a message, by content."""
    declared = known.fields_by_number.get(field.number)
    if declared is None or declared.number >= PRIVATE or not _has_wire_type(field, declared):
        return False
    if declared.type == FieldDescriptor.TYPE_STRING:
        return _CONTROL.isdisjoint(bytes(field.content[:_BEGINNING]))
    return declared.message_type is None or _may_be(field.content, declared.message_type)


def _has_wire_type(field: WireField, declared: FieldDescriptor) -> bool:
    """A list of numbers may be packed, whatever the schema says."""
    wanted = _WIRE_TYPES.get(declared.type, VARINT)
    return field.wire_type == wanted or (field.wire_type == LENGTH_DELIMITED and is_repeated(declared))


def _may_be(content: memoryview, known: Descriptor) -> bool:
    """Return whether a content is a message whose known fields have a type's wire types."""
    try:
        for field in islice(fields(content, known.name), _FIELDS):
            declared = known.fields_by_number.get(field.number)
            if declared is not None and not _has_wire_type(field, declared):
                return False
    except FormatError:
        return False
    return True
