"""Nodes, which are layers with their names in code, and the registry of readers, one for each layer type."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

import numpy as np

from caffe_fillers._registry import Registry
from caffe_fillers.errors import UsageError
from caffe_fillers.layers import layer_types
from caffe_fillers.planner import PlannedBlob, PlannedLayer
from caffe_fillers.port import Input, Op, Tops, Value
from caffe_fillers.schema import LayerParameter, NetParameter
from caffe_fillers.schema.dialects import BVLC, unknown_to
from caffe_fillers.schema.extras import unknown_value
from caffe_fillers.schema.pool import file_descriptor
from caffe_fillers.shapes import Shape


@dataclass(frozen=True)
class Node:
    """One layer, its name and its attribute's name, and the variables that it reads and makes.

    `scale` is the Scale layer that a BatchNorm has taken in; its blobs then follow the BatchNorm's.
    """

    planned: PlannedLayer
    label: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    scale: PlannedLayer | None = None

    @property
    def layer(self) -> LayerParameter:
        """The layer's own message."""
        return self.planned.parameter

    @property
    def bottoms(self) -> tuple[Shape | None, ...]:
        """The shapes of the bottoms."""
        return tuple(wire.shape for wire in self.planned.inputs)

    @property
    def tops(self) -> tuple[Shape | None, ...]:
        """The shapes of the tops."""
        return tuple(wire.shape for wire in (self.scale or self.planned).tops)

    @property
    def parameters(self) -> tuple[PlannedBlob, ...]:
        """The parameter blobs."""
        return self.planned.blobs + (self.scale.blobs if self.scale else ())

    @property
    def blobs(self) -> tuple[Shape, ...]:
        """The shapes of the parameter blobs."""
        return tuple(blob.shape for blob in self.parameters)

    @property
    def x(self) -> Value:
        """The first bottom."""
        return self.bottom(0)

    def bottom(self, index: int) -> Value:
        """Return a bottom as a value."""
        return Value(Input(index), shape=self.bottoms[index])

    @property
    def all_bottoms(self) -> tuple[Value, ...]:
        """The bottoms as values."""
        return tuple(map(self.bottom, range(len(self.bottoms))))

    @property
    def rank(self) -> int:
        """Number of axes of the first bottom; a `UsageError` where it is unknown."""
        return self.x.rank

    @property
    def result(self) -> Shape:
        """The shape of the first top, whose axes after the first must be known."""
        return Value(Input(0), shape=self.tops[0]).known

    def top(self, op: Op, *inputs: Value) -> Value:
        """Apply the operation to these values, or to the first bottom, with the shape of the first top."""
        return Value(op, inputs or (self.x,), self.tops[0] if self.tops else None)


Reader: TypeAlias = Callable[[Node], Tops]


@dataclass(frozen=True)
class LayerReader:
    """Reader of a layer type, and where its operations are not exactly Caffe's.

    `makes` are the operations that it may become beside arithmetic and functions of each value; `fields`
    those of forks on messages of BVLC's that the reader understands.
    """

    read: Reader
    makes: tuple[type[Op], ...]
    limits: str
    fields: frozenset[str]


readers: Registry[LayerReader] = Registry("port layer", __package__, mark="@")


def reads(
    *types: str, makes: tuple[type[Op], ...] = (), limits: str = "", fields: tuple[str, ...] = ()
) -> Callable[[Reader], Reader]:
    """Register a reader of these layer types; `Type@dialect` is a fork's own meaning of a type."""

    def decorate(read: Reader) -> Reader:
        for each in types:
            readers.add(each, LayerReader(read, makes, limits, frozenset(fields)))
        return read

    return decorate


def reader_of(layer: LayerParameter) -> LayerReader | None:
    """Return the reader of a layer, that of its dialect first; None for a type without."""
    dialect = layer.text_extra.dialect
    own = readers.variant(layer.type, dialect) if dialect else None
    another = dialect and layer_types.variant(layer.type, dialect) is not None
    if own is None and layer.type in readers and not another:
        return readers[layer.type]
    return own


def read(node: Node) -> Tops:
    """Return what a layer computes; a `UsageError` says why it cannot be ported."""
    reader = reader_of(node.layer)
    if reader is None and node.layer.type in readers:
        raise UsageError(
            f"no target has the meaning that it has in the dialect {node.layer.text_extra.dialect}"
        )
    if reader is None:
        raise UsageError("no target has this layer type")
    for field in _foreign_fields(node.layer):
        if field not in reader.fields | _HARMLESS and not _ENGINE.search(field):
            raise UsageError(f"{field} is a fork's field that no target computes")
    tops = reader.read(node)
    made = sum(each.op.results for each in (tops if isinstance(tops, tuple) else (tops,)))
    if made != len(node.outputs):
        raise UsageError(f"of its {len(node.outputs)} tops {made} are ported")
    return tops


_HARMLESS = frozenset(
    {
        "BatchNormParameter.bias_filler",
        "BatchNormParameter.scale_filler",
        "ConvolutionParameter.conv_algos_override",
        "ConvolutionParameter.cudnn_convolution_algo_seeker",
        "ConvolutionParameter.cudnn_math_override",
        "ConvolutionParameter.cudnn_max_workspace",
        "ReLUParameter.fuse",
    }
)
_ENGINE = re.compile(r"\.[Ee]ngine\b")
"""Fields of forks that choose a filler, or how a layer computes and not what; fields and enums of engines."""


def _foreign_fields(layer: LayerParameter) -> Iterator[str]:
    """Yield the fields that a layer sets in BVLC's messages and that BVLC does not have."""
    for field in unknown_to(NetParameter(layer=[layer]), BVLC):
        message = field.split(".")[0]
        if message in _of_bvlc() and message != "LayerParameter":
            yield field
    for descriptor, value in layer.ListFields():
        if descriptor.message_type is not None and descriptor.name.endswith("_param"):
            for text in value.text_extra.unknown:
                yield f"{descriptor.message_type.name}.{re.split(r'[^A-Za-z0-9_]', text, maxsplit=1)[0]}"


@cache
def _of_bvlc() -> frozenset[str]:
    """Return the names of BVLC's messages."""
    return frozenset(message.name for message in file_descriptor().message_type)


def fork_flag(parameter: Any, name: str, *, default: bool = False) -> bool:
    """Read a fork's switch on a message of BVLC's, from the schema or from text of unknown fields."""
    text = unknown_value(parameter, name)
    if text is not None:
        return text not in ("false", "0", "f", "False")
    return bool(getattr(parameter, name, default))


def shortest(value: float) -> float:
    """Return the double whose shortest decimal is that of the float32: it is printed as people write it."""
    return float(str(np.float32(value)))


def single(node: Node) -> Value:
    """Return the only bottom of a layer with one bottom and one top; refuse any other number."""
    if (len(node.inputs), len(node.outputs)) != (1, 1):
        raise UsageError("only one bottom and one top are ported")
    return node.x
