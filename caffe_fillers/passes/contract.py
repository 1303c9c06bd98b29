"""Contract of a pass: its result, how it refuses a layer, and how fields of any kind are copied."""

from __future__ import annotations

from collections.abc import Iterable, MutableSequence
from dataclasses import dataclass
from typing import TypeAlias

from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from caffe_fillers.errors import NetError
from caffe_fillers.notes import Note
from caffe_fillers.schema import LayerParameter, NetParameter, V1LayerParameter

_TYPE = "type: "

AnyLayer: TypeAlias = LayerParameter | V1LayerParameter


@dataclass(frozen=True)
class Passed:
    """A net after a pass, and notes; a net that needs nothing is returned unchanged."""

    net: NetParameter
    notes: tuple[Note, ...] = ()


class LayerError(NetError):
    """A layer that Caffe refuses; `at` adds the file, which no pass knows.

    >>> from caffe_fillers.schema import TextExtra
    >>> layer = LayerParameter(name="conv1", type="Convolution", text_extra=TextExtra(line=3))
    >>> print(LayerError(layer, "unknown bottom blob 'date'").at("net.prototxt"))
    net.prototxt:3: layer 'conv1' (Convolution): unknown bottom blob 'date'
    """

    def __init__(self, layer: AnyLayer, problem: str) -> None:
        self.line = layer.text_extra.line
        self.problem = f"layer {name_of(layer)!r} ({type_of(layer)}): {problem}"
        super().__init__(f"line {self.line}: {self.problem}" if self.line else self.problem)

    def at(self, path: str) -> NetError:
        """The same with file and line in front, as far as they are known."""
        if not path:
            return self
        line = f"{self.line}:" if self.line else ""
        return NetError(f"{path}:{line} {self.problem}")


def note(layer: AnyLayer, message: str) -> Note:
    """A note about a layer."""
    return Note(message, name_of(layer), layer.text_extra.line)


def name_of(layer: AnyLayer) -> str:
    """The name of a layer of any format."""
    wrapped = isinstance(layer, V1LayerParameter) and layer.HasField("layer")
    return layer.layer.name if wrapped else layer.name  # type: ignore[union-attr]


def type_of(layer: AnyLayer) -> str:
    """The type of a layer of any format, as it is written there.

    >>> type_of(V1LayerParameter(type=V1LayerParameter.SOFTMAX_LOSS))
    'SOFTMAX_LOSS'
    """
    if isinstance(layer, LayerParameter):
        return layer.type
    if layer.HasField("layer"):
        return layer.layer.type
    return unknown_type_of(layer) or V1LayerParameter.LayerType.Name(layer.type)


def unknown_type_of(layer: V1LayerParameter) -> str:
    """The type of a layer that no known fork has: its name, or its number in a binary file; else nothing."""
    texts = (text for text in layer.text_extra.unknown if text.startswith(_TYPE))
    numbers = (
        str(field.data)
        for field in UnknownFieldSet(layer)  # type: ignore[attr-defined]  # not in the stubs
        if field.field_number == V1LayerParameter.TYPE_FIELD_NUMBER
    )
    return next((text.removeprefix(_TYPE) for text in texts), next(numbers, ""))


def assign(message: Message, name: str, value: object) -> None:
    """Give a field a value; a repeated field gets it added, a message is copied, even if it is empty.

    >>> layer = LayerParameter()
    >>> assign(layer, "bottom", ["a", "b"]); assign(layer, "bottom", "c"); list(layer.bottom)
    ['a', 'b', 'c']
    """
    target = getattr(message, name)
    if isinstance(target, Message):
        target.CopyFrom(value)  # type: ignore[arg-type]
        target.SetInParent()
    elif isinstance(target, MutableSequence):
        target.extend(value if isinstance(value, MutableSequence) else [value])
    else:
        setattr(message, name, value)


def copy_without(net: NetParameter, *names: str) -> NetParameter:
    """A copy of a net without some fields; these are never copied, for layers may hold large blobs."""
    copy = NetParameter()
    for field, value in net.ListFields():
        if field.name not in names:
            assign(copy, field.name, value)
    return copy


def with_layers(net: NetParameter, layers: Iterable[LayerParameter]) -> NetParameter:
    """A copy of a net with other layers."""
    copy = copy_without(net, "layer")
    copy.layer.extend(layers)
    return copy
