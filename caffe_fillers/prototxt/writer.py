"""Messages to prototxt, unknown fields included."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.message import Message

from caffe_fillers.prototxt.scalars import format_scalar
from caffe_fillers.schema.extras import FIELD as EXTRA


def write(message: Message) -> str:
    """The text of a message: fields by number, what the schema does not know at its end.

    >>> from caffe_fillers.schema import BlobShape, InputParameter
    >>> print(write(InputParameter(shape=[BlobShape(dim=[1, 3])])), end="")
    shape {
      dim: 1
      dim: 3
    }
    """
    return "".join(f"{line}\n" for line in _lines(message))


def _lines(message: Message, indent: str = "") -> Iterator[str]:
    unknown: list[str] = []
    for field, content in message.ListFields():
        if field.name == EXTRA:
            unknown = list(content.unknown)
            continue
        many = (not isinstance(content, Message) and hasattr(content, "append")) or hasattr(content, "add")
        for value in content if many else (content,):
            if field.message_type is None:
                yield f"{indent}{field.name}: {format_scalar(field, value)}"
            else:
                yield f"{indent}{field.name} {{"
                yield from _lines(value, indent + "  ")
                yield f"{indent}}}"
    yield from (indent + text for text in unknown)
