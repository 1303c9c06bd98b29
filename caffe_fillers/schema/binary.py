"""Read untrusted serialized messages; a broken one is an error that says where."""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Any, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from caffe_fillers.errors import FormatError
from caffe_fillers.schema.extras import strip_private

MessageType = TypeVar("MessageType", bound=Message)


def from_bytes(message_type: type[MessageType], data: bytes) -> MessageType:
    """A message of a type, without the private fields that no honest file has.

    What is no such message, or has a string that is not UTF-8, is a
    `FormatError`; protobuf's implementations differ in when they find that.

    >>> from caffe_fillers.schema import NetParameter
    >>> from_bytes(NetParameter, b"\\n\\x05lenet").name
    'lenet'
    """
    try:
        message = message_type.FromString(data)
        strip_private(message)
        wrong = first_not_utf_8(message)
    except UnicodeDecodeError as error:
        wrong = f"a string, {error.object!r}" if len(error.object) < 100 else "a string"
    except DecodeError as error:
        raise FormatError(f"no {message_type.DESCRIPTOR.name} can be read from it: {error}") from error
    if wrong:
        raise FormatError(f"{wrong} is not valid UTF-8")
    missing = message.FindInitializationErrors()  # type: ignore[attr-defined]  # not in the stubs
    if missing:
        raise FormatError(f"{' and '.join(missing)} must be given, and is not")
    return message


def first_not_utf_8(message: Message, path: str = "") -> str:
    """The first string that is not UTF-8: the fastest implementation gives bytes for it, unasked."""
    for field, content in message.ListFields():
        if field.message_type is None and field.type != FieldDescriptor.TYPE_STRING:
            continue
        values: Any = content if isinstance(content, MutableSequence) else (content,)
        for index, value in enumerate(values):
            place = f"{path}{field.name}[{index}]" if values is content else f"{path}{field.name}"
            if isinstance(value, Message):
                found = first_not_utf_8(value, f"{place}.")
                if found:
                    return found
            elif isinstance(value, bytes):
                return place
    return ""
