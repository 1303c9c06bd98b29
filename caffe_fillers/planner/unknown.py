"""What a layer has that nobody knows, and that changes weights: to be refused, unless the user is lenient.

A value that is drawn at the wrong place, or not at all, moves all that is drawn after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableSequence
from typing import Any

from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from caffe_fillers.errors import NetError
from caffe_fillers.layers import LayerType, layer_types, unknown_type
from caffe_fillers.prototxt import LENIENT_HINT
from caffe_fillers.schema import LayerParameter
from caffe_fillers.schema.extras import FIELD as EXTRA

_FILLER = "FillerParameter"
_FILLER_IN_TEXT = re.compile(r"(\w*filler) \{")


def refuse_unknown_weights(layer: LayerParameter, kind: LayerType) -> None:
    """Refuse fillers that are not understood, and a type nobody knows that plainly has weights.

    >>> from caffe_fillers.layers import passed_layer_type
    >>> layer = LayerParameter(type="Enigma", param=[{"lr_mult": 1}])
    >>> try: refuse_unknown_weights(layer, passed_layer_type("Enigma"))
    ... except NetError as error: print(str(error)[:66])
    unknown layer type 'Enigma', and it has weights, for it has param:
    """
    if kind.opaque:
        if signs := list(dict.fromkeys(_signs(layer))):
            raise NetError(
                f"{_what(layer)}, and it has weights, for it has {', '.join(signs)}: without them every "
                "value drawn after it is another; register a rule for the type (docs/forks.md), "
                "or pass over the layer with --lenient (lenient=True)"
            )
        return
    for message in _messages(layer):
        for text in message.text_extra.unknown:
            if found := _FILLER_IN_TEXT.search(text):
                name = re.split(r"\W", text, maxsplit=1)[0]
                raise NetError(f"nothing reads its field {name}, which has a {found[1]}; {LENIENT_HINT}")
        if message.DESCRIPTOR.name == _FILLER:
            for unknown in UnknownFieldSet(message):  # type: ignore[attr-defined]  # not in the stubs
                raise NetError(
                    f"a filler has a field of number {unknown.field_number}, which no known Caffe has; "
                    f"{LENIENT_HINT}"
                )


def _what(layer: LayerParameter) -> str:
    if layer.type in layer_types:
        return "its code is not run"
    return unknown_type(layer.type)


def _signs(layer: LayerParameter) -> Iterator[str]:
    """What only a layer with weights has: blobs, `param`, a filler at any depth, a parameter that has one."""
    yield from (name for name in ("blobs", "param") if getattr(layer, name))
    for descriptor, value in layer.ListFields():
        message = descriptor.message_type
        if message is not None and "weight_filler" in message.fields_by_name:
            yield descriptor.name
        elif message is not None and not isinstance(value, MutableSequence):
            yield from (descriptor.name for each in _messages(value) if each.DESCRIPTOR.name == _FILLER)
    for message in _messages(layer):
        for text in message.text_extra.unknown:
            yield from (match[1] for match in _FILLER_IN_TEXT.finditer(text))


def _messages(message: Any) -> Iterator[Any]:
    """A message and all within, but for blobs and the hidden field."""
    yield message
    for descriptor, value in message.ListFields():
        if descriptor.message_type is None or descriptor.name in (EXTRA, "blobs"):
            continue
        for each in value if isinstance(value, MutableSequence) else (value,):
            assert isinstance(each, Message)
            yield from _messages(each)
