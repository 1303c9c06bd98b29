"""Messages to prototxt, unknown fields included."""

from __future__ import annotations

from collections.abc import Iterator, MutableSequence
from textwrap import indent

from google.protobuf.message import Message

from caffe_fillers.prototxt.scalars import format_scalar
from caffe_fillers.schema.extras import FIELD as EXTRA


def write(message: Message) -> str:
    """The text of a message: fields by number as protobuf prints them, what the schema lacks at its end.

    >>> from caffe_fillers.schema import BlobShape, InputParameter
    >>> print(write(InputParameter(shape=[BlobShape(dim=[1, 3])])), end="")
    shape {
      dim: 1
      dim: 3
    }
    """
    return "".join(_lines(message, ""))


def _lines(message: Message, margin: str) -> Iterator[str]:
    unknown: list[str] = []
    for field, content in message.ListFields():
        if field.name == EXTRA:
            unknown = list(content.unknown)
            continue
        for value in content if isinstance(content, MutableSequence) else (content,):
            if field.message_type is None:
                yield f"{margin}{field.name}: {format_scalar(field, value)}\n"
            else:
                yield f"{margin}{field.name} {{\n"
                yield from _lines(value, margin + "  ")
                yield f"{margin}}}\n"
    yield from (indent(text, margin) + "\n" for text in unknown)
