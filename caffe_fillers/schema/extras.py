"""A field that no file ever holds: what the reader of a prototxt met and the schema cannot.

Every message gets a hidden field `text_extra`: the text of fields that
are not in the schema, where the message began, and for a net and its layers
whose dialect they are written in and whose Caffe builds them. So unknown
fields and the lines for errors come through every pass that copies messages.
"""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Any

from google.protobuf import descriptor_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

FIELD = "text_extra"
NUMBER = 536870911  # the highest there is
PRIVATE = 100_000
"""Where the numbers begin that the union of all forks uses: no file ever holds them."""

MESSAGE = "TextExtra"
_Field = descriptor_pb2.FieldDescriptorProto


def add_extras(file: descriptor_pb2.FileDescriptorProto) -> None:
    """Give every message of a file the hidden field."""
    for message in file.message_type:
        _add_field(message, file.package)
    extra = file.message_type.add(name=MESSAGE)
    extra.field.add(name="unknown", number=1, type=_Field.TYPE_STRING, label=_Field.LABEL_REPEATED)
    extra.field.add(name="line", number=2, type=_Field.TYPE_INT32, label=_Field.LABEL_OPTIONAL)
    extra.field.add(name="column", number=3, type=_Field.TYPE_INT32, label=_Field.LABEL_OPTIONAL)
    extra.field.add(name="dialect", number=4, type=_Field.TYPE_STRING, label=_Field.LABEL_OPTIONAL)
    extra.field.add(name="era", number=5, type=_Field.TYPE_STRING, label=_Field.LABEL_OPTIONAL)


def _add_field(message: descriptor_pb2.DescriptorProto, package: str) -> None:
    message.field.add(
        name=FIELD,
        number=NUMBER,
        type=_Field.TYPE_MESSAGE,
        type_name=f".{package}.{MESSAGE}",
        label=_Field.LABEL_OPTIONAL,
    )
    for nested in message.nested_type:
        _add_field(nested, package)


def strip_private(message: Message) -> None:
    """Remove from a message and all within what is not BVLC's: forks' fields and values, the hidden field.

    >>> from caffe_fillers.schema import LayerParameter
    >>> layer = LayerParameter(name="conv1", permute_param={}); layer.text_extra.line = 3
    >>> strip_private(layer); layer.SerializeToString()
    b'\\n\\x05conv1'
    """
    for descriptor, value in message.ListFields():
        values: Any = value if isinstance(value, MutableSequence) else (value,)
        if descriptor.number >= PRIVATE:
            message.ClearField(descriptor.name)
        elif descriptor.message_type is not None:
            for each in values:
                strip_private(each)
        elif descriptor.enum_type is not None and any(each >= PRIVATE for each in values):
            message.ClearField(descriptor.name)


def strip_hidden(message: Message) -> None:
    """Remove the hidden field from a message and all within.

    >>> from caffe_fillers.schema import NetParameter
    >>> net = NetParameter(layer=[{"name": "conv1", "text_extra": {"line": 3}}])
    >>> strip_hidden(net); str(net)
    'layer {\\n  name: "conv1"\\n}\\n'
    """
    for descriptor, value in message.ListFields():
        if descriptor.name == FIELD:
            message.ClearField(FIELD)
        elif descriptor.message_type is not None:
            for each in value if isinstance(value, MutableSequence) else (value,):
                strip_hidden(each)


def unknown_value(message: Any, name: str) -> str | None:
    """The text of a field that the schema does not have, as the prototxt writes it; None if it is not there.

    >>> from caffe_fillers.schema import PoolingParameter
    >>> pooling = PoolingParameter(); pooling.text_extra.unknown.append("ceil_mode: false")
    >>> unknown_value(pooling, "ceil_mode"), unknown_value(pooling, "pad_type")
    ('false', None)
    """
    fields = (text.partition(":") for text in getattr(message, FIELD).unknown)
    return next((value.strip() for field, _, value in fields if field.strip() == name), None)


def is_repeated(field: FieldDescriptor) -> bool:
    """Return whether a field is a list."""
    # protobuf renamed the property in 6.31 and warns about the old one since.
    repeated = getattr(field, "is_repeated", None)
    if repeated is None:
        repeated = getattr(field, "label") == FieldDescriptor.LABEL_REPEATED  # noqa: B009  (gone from the types)
    return bool(repeated)
