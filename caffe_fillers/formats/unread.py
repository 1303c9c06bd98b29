"""Fields of a net that no known schema has, through a text: comments in front of it, bytes as base64.

A prototxt has names, and such a field has only a number.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, MutableSequence
from typing import Any

from google.protobuf.message import DecodeError

from caffe_fillers.errors import FormatError
from caffe_fillers.schema import NetParameter
from caffe_fillers.schema.dialects import unknown_bytes
from caffe_fillers.schema.extras import FIELD as EXTRA

_LINE = re.compile(r"# unknown: (\S+) (\S+)\n")
_STEP = re.compile(r"(\w+)(?:\[(\d+)\])?")
_NET = "net"


def unread_lines(net: NetParameter) -> str:
    r"""A comment for each message of a net that has such fields.

    >>> net = NetParameter(layer=[{"name": "loss", "loss_param": {}}])
    >>> net.layer[0].loss_param.MergeFromString(b"\x20\x0a")
    2
    >>> unread_lines(net)
    '# unknown: net.layer[0].loss_param IAo=\n'
    """
    return "".join(
        f"# unknown: {path} {b64encode(content).decode()}\n" for path, content in _unread(net, _NET)
    )


def restore_unread(net: NetParameter, comments: str) -> None:
    """Put the fields that such comments hold back where they were, in place.

    What names no message of the net, or holds a field that is known, is a `FormatError`.
    """
    for path, text in _LINE.findall(comments):
        message = _find(net, path)
        try:
            content = b64decode(text, validate=True)
            known = type(message).FromString(content).ListFields()
        except (ValueError, DecodeError) as error:
            raise FormatError(f"the unknown fields of {path} cannot be read: {error}") from error
        if known:
            raise FormatError(f"{path} has known fields among those that are said to be unknown")
        message.MergeFromString(content)


def _unread(message: Any, path: str) -> Iterator[tuple[str, bytes]]:
    if content := unknown_bytes(message):
        yield path, content
    for descriptor, value in message.ListFields():
        if descriptor.message_type is None or descriptor.name == EXTRA:
            continue
        if isinstance(value, MutableSequence):
            for index, each in enumerate(value):
                yield from _unread(each, f"{path}.{descriptor.name}[{index}]")
        else:
            yield from _unread(value, f"{path}.{descriptor.name}")


def _find(net: NetParameter, path: str) -> Any:
    message: Any = net
    for step in path.split(".")[1:]:
        match = _STEP.fullmatch(step)
        field = message.DESCRIPTOR.fields_by_name.get(match[1]) if match else None
        if match is None or field is None or field.message_type is None or field.name == EXTRA:
            raise FormatError(f"{path} is no message of a net")
        message = getattr(message, match[1])
        if match[2] is not None:
            if not isinstance(message, MutableSequence) or int(match[2]) >= len(message):
                raise FormatError(f"{path} is no message of the net")
            message = message[int(match[2])]
    if isinstance(message, MutableSequence):
        raise FormatError(f"{path} is no message of the net")
    return message
