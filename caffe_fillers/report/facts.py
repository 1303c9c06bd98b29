"""Facts of a layer's parameters that matter to its weights: windows, learning rates, cost."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from caffe_fillers.layers.contract import Weights
from caffe_fillers.plan import Fill
from caffe_fillers.planner import PlannedBlob, PlannedLayer, PlannedNet
from caffe_fillers.shapes import Shape, is_known

_FIELDS = (
    "num_output",
    "kernel_size",
    "kernel",
    "stride",
    "pad",
    "dilation",
    "group",
    "pool",
    "global_pooling",
)
_DEFAULTS = {"stride": "1", "pad": "0"}
_SIDES = ("_h", "_w")
_TIMES = "\N{MULTIPLICATION SIGN}"


def settings(layer: PlannedLayer) -> tuple[tuple[str, str], ...]:
    """Return the fields of the layer's own message that describe its windows, as they are written.

    A height and a width that are given apart are shown together.
    """
    return tuple(pair for message in _messages(layer) for pair in _settings(message))


def _messages(layer: PlannedLayer) -> Iterator[Message]:
    for field, value in layer.parameter.ListFields():
        if field.name.endswith("_param") and field.message_type is not None and isinstance(value, Message):
            yield value


def _settings(message: Message) -> Iterator[tuple[str, str]]:
    given = {field.name: (field, value) for field, value in message.ListFields()}
    windowed = any(name.startswith("kernel") for name in given)
    for name in _FIELDS:
        sides = [given[name + side][1] for side in _SIDES if name + side in given]
        if name in given:
            yield name, _written(*given[name])
        elif sides:
            yield name, _TIMES.join(map(str, sides))
        elif windowed and name in _DEFAULTS:
            yield name, _DEFAULTS[name]


def _written(field: FieldDescriptor, value: Any) -> str:
    """Write a field's value: an enum by its name, a list with a sign between its lengths."""
    if field.enum_type is not None:
        return str(field.enum_type.values_by_number[value].name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _TIMES.join(map(str, [value] if isinstance(value, int) else list(value)))


def learning_rates(layer: PlannedLayer, blob: PlannedBlob) -> tuple[float, float]:
    """Return lr_mult and decay_mult of a blob, 1 by default (ParamSpec, caffe.proto)."""
    specs = layer.parameter.param
    if blob.index >= len(specs):
        return 1.0, 1.0
    return float(specs[blob.index].lr_mult), float(specs[blob.index].decay_mult)


def multiply_adds(net: PlannedNet, layer: PlannedLayer) -> int | None:
    """Count multiplications of weights with inputs for one item of a batch; None if that is unknown.

    Each output of a convolution or an inner product takes as many as it has
    connections, those into padding among them; for a deconvolution and other
    weights whose first axis counts inputs, each input does.
    """
    if layer.kind.weights in (None, Weights.ROWS) or not layer.blobs:  # a look-up table multiplies nothing
        return None
    weights = layer.blobs[0]
    fill = net.steps[weights.step]
    transposed = isinstance(fill, Fill) and fill.inputs_first
    ends = weights.shape[0] if transposed else _num_output(layer)
    items = [_one_item(wire.shape) for wire in (layer.bottoms if transposed else layer.tops)]
    if not ends or None in items:
        return None
    return sum(item for item in items if item is not None) * weights.count // ends


def _num_output(layer: PlannedLayer) -> int:
    """Return the number of outputs that share the layer's weights."""
    return next(
        (
            int(value)
            for message in _messages(layer)
            for field, value in message.ListFields()
            if field.name == "num_output"
        ),
        0,
    )


def _one_item(shape: Shape | None) -> int | None:
    if shape is None or not shape or not is_known(shape[1:]):
        return None
    return math.prod(shape[1:])
