"""Refuse unknown parts of a layer that change weights, unless the user is lenient.

A value that is drawn at the wrong place, or not at all, moves all that is drawn after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, MutableSequence
from functools import cache
from typing import Any

from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import filler_types
from caffe_fillers.layers import LayerType, layer_types, unknown_type
from caffe_fillers.prototxt import LENIENT_HINT
from caffe_fillers.schema import LayerParameter
from caffe_fillers.schema.extras import FIELD as EXTRA

_FILLER = "FillerParameter"
_FILLER_IN_TEXT = re.compile(r"(\w*filler) \{")
_STRING_IN_TEXT = re.compile(r"""["'](\w+)["']""")
_INITIALIZER_IN_TEXT = re.compile(
    r"""\w*(?:init|fill)\w*: ["']?(\w+)["']?$|\w+: ["']?(?=xavier|msra)(\w+)["']?$""", re.IGNORECASE
)
_WEIGHTED_NAME = re.compile("conv(?!ert)|innerproduct|fullyconnected|lstm|gru$", re.IGNORECASE)
_OUTPUTS_IN_TEXT = re.compile(r"\b(num_output|blobs_lr|weight_init\w*):")
_WITHOUT_FILLER = ("batch_norm_param",)
"""Parameters of layers with weights that no filler fills."""


def refuse_unknown_weights(layer: LayerParameter, kind: LayerType) -> None:
    """Refuse fillers that are not understood, and an unknown type that plainly has weights.

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
            if found := next(_fillers_in(text), None):
                name = re.split(r"\W", text, maxsplit=1)[0]
                raise NetError(f"nothing reads its field {name}, which has {found}; {LENIENT_HINT}")
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


def _fillers_in(text: str) -> Iterator[str]:
    """Find fillers in the text of a field that no schema has: by their fields' names, or by a filler's type.

    >>> list(_fillers_in('w_filler { type: "msra" }')), list(_fillers_in('mode: "sum"'))
    (['a field w_filler', "'msra', a filler's type"], [])
    """
    yield from (f"a field {match[1]}" for match in _FILLER_IN_TEXT.finditer(text))
    if match := _INITIALIZER_IN_TEXT.match(text):
        yield f"a value that names a filler, {match[1] or match[2]}"
    if "{" in text:
        names = (match[1] for match in _STRING_IN_TEXT.finditer(text))
        yield from (f"{name!r}, a filler's type" for name in names if name in filler_types)


def _has_filler(message: Any) -> bool:
    """Return whether a message's descriptor has a filler, other than of data."""
    return any(
        field.message_type is not None and field.message_type.name == _FILLER and field.name != "data_filler"
        for field in message.fields
    )


@cache
def _types_with_weights() -> dict[str, str]:
    """Map names in lower case to the types whose parameter can have a filler: PReLU by prelu_param."""
    fields = {
        field.name.replace("_", "").removesuffix("param")
        for field in LayerParameter.DESCRIPTOR.fields
        if field.message_type is not None
        and (_has_filler(field.message_type) or field.name in _WITHOUT_FILLER)
    }
    return {name.lower(): name for name in layer_types if name.lower() in fields}


def _signs(layer: LayerParameter) -> Iterator[str]:
    """Yield parts that only a layer with weights has.

    Blobs, `param`, a filler at any depth, a parameter that can have one, a
    number of outputs, or a name like those of types with weights.
    """
    yield from (name for name in ("blobs", "param") if getattr(layer, name))
    near = _types_with_weights().get(layer.type.lower())
    if near is not None and near != layer.type:
        yield f"a name like that of {near}"
    elif match := _WEIGHTED_NAME.search(layer.type):
        yield f"{match[0]} in its name"
    for descriptor, value in layer.ListFields():
        message = descriptor.message_type
        if message is not None and (_has_filler(message) or descriptor.name in _WITHOUT_FILLER):
            yield descriptor.name
        elif message is not None and not isinstance(value, MutableSequence):
            yield from (descriptor.name for each in _messages(value) if each.DESCRIPTOR.name == _FILLER)
    for message in _messages(layer):
        for text in message.text_extra.unknown:
            yield from _fillers_in(text)
            yield from (match[1] for match in _OUTPUTS_IN_TEXT.finditer(text))


def _messages(message: Any) -> Iterator[Any]:
    """Yield a message and all messages within it, except blobs and the hidden field."""
    yield message
    for descriptor, value in message.ListFields():
        if descriptor.message_type is None or descriptor.name in (EXTRA, "blobs"):
            continue
        for each in value if isinstance(value, MutableSequence) else (value,):
            assert isinstance(each, Message)
            yield from _messages(each)
