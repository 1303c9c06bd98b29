"""Known traps: what Caffe does without a word although hardly anybody wants it.

A trap is a small function over a layer and what is filled in it; it gives
the message, with the remedy, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableSequence, Sequence
from typing import TypeAlias

from google.protobuf.message import Message

from caffe_fillers.fans import VarianceNorm
from caffe_fillers.fillers import Bilinear, Constant, Filler, filler_types, from_parameter, ignored_fields
from caffe_fillers.layers import Role, Weights
from caffe_fillers.notes import Note
from caffe_fillers.plan import Fill
from caffe_fillers.planner import PlannedLayer, PlannedNet
from caffe_fillers.schema import FillerParameter, LayerParameter

Trap: TypeAlias = "Callable[[PlannedLayer, Fill], str]"

_TRAPS: list[Trap] = []
_GATED = (None, Weights.GATES)  # layers without weights, and those that learn from equal ones by their gates
_FILLER = FillerParameter.DESCRIPTOR


def find_traps(net: PlannedNet) -> Iterator[Note]:
    """A note for each trap of each layer of a planned net."""
    for layer in net.layers:
        for step in (net.steps[number] for number in layer.steps):
            if isinstance(step, Fill) and step.index == 0:
                for trap in _TRAPS:
                    if message := trap(layer, step):
                        yield _note(layer.parameter, message)
    for layer in net.layers:
        fills = [step for step in (net.steps[number] for number in layer.steps) if isinstance(step, Fill)]
        for message in dict.fromkeys((*_ignored(layer.parameter), *_unread(layer, fills))):
            yield _note(layer.parameter, message)


def _note(layer: LayerParameter, message: str) -> Note:
    return Note(message, layer.name, layer.text_extra.line)


def _trap(function: Trap) -> Trap:
    _TRAPS.append(function)
    return function


@_trap
def zero_weights(layer: PlannedLayer, fill: Fill) -> str:
    """BVLC/caffe#2546: without a weight_filler weights are zeros, and a net of zeros cannot learn.

    >>> from caffe_fillers.layers import layer_types
    >>> parameter = LayerParameter(type="Convolution")
    >>> layer = PlannedLayer(0, parameter, layer_types["Convolution"])
    >>> zero_weights(layer, Fill("conv1", 0, (8, 3, 3, 3), Constant()))[:28]
    'no weight_filler: its weight'
    """
    if layer.kind.weights in _GATED or fill.filler != Constant():
        return ""
    if _is_frozen(layer):
        return (
            "no weight_filler, and lr_mult: 0: its weights are zeros and stay zeros; "
            "give a weight_filler, or copy weights with --weights"
        )
    return (
        "no weight_filler: its weights are zeros, which training cannot leave; "
        'give one, such as weight_filler { type: "xavier" }, or copy weights with --weights'
    )


@_trap
def equal_units(layer: PlannedLayer, fill: Fill) -> str:
    """Units that begin equal get equal gradients and stay equal."""
    if layer.kind.weights in _GATED or not isinstance(fill.filler, Constant) or fill.filler == Constant():
        return ""
    if fill.shape[0] == 1 or _group(layer) == fill.shape[0] or _is_frozen(layer):
        return ""
    return (
        f"constant weights of {fill.filler.value:g}: all its units are equal and stay equal in training; "
        'draw them, such as with weight_filler { type: "xavier" }'
    )


@_trap
def bilinear_mixes(layer: PlannedLayer, fill: Fill) -> str:
    """BVLC/caffe#3906: upsampling needs one channel for each group."""
    if not isinstance(fill.filler, Bilinear) or fill.shape[1] == 1:
        return ""
    return (
        "bilinear without group: every output is the sum of all channels; "
        "to upsample each on its own set group and num_output to the number of channels"
    )


@_trap
def exchanged_fans(layer: PlannedLayer, fill: Fill) -> str:
    """Caffe's fan_in is count / shape(0), which is the fan-out where inputs come first."""
    norm = _variance_norm(fill.filler)
    if norm is None or norm is VarianceNorm.AVERAGE or not fill.inputs_first:
        return ""
    other = VarianceNorm.FAN_OUT if norm is VarianceNorm.FAN_IN else VarianceNorm.FAN_IN
    transposed = layer.parameter.inner_product_param.transpose
    kind = f"a transposed {layer.type}" if transposed else layer.type
    return (
        f"{fill.filler.type_name} on {kind}: the blob has inputs first, so what Caffe calls {norm.name} is "
        f"the other one; say variance_norm: {other.name} if you mean {norm.name}"
    )


@_trap
def grouped_fan_out(layer: PlannedLayer, fill: Fill) -> str:
    """A grouped convolution's fan_out is that of all groups together."""
    norm = _variance_norm(fill.filler)
    if norm in (None, VarianceNorm.FAN_IN) or fill.inputs_first or _group(layer) == 1:
        return ""
    return (
        f"{fill.filler.type_name} with a variance_norm other than FAN_IN on a grouped convolution: "
        "Caffe's fan_out is not divided by group; use FAN_IN, or gaussian with the std you mean"
    )


def _ignored(layer: LayerParameter) -> Iterator[str]:
    """Fields set on a filler whose type does not look at them, as GoogLeNet's std on xavier."""
    for filler in _filler_parameters(layer):
        if filler.type not in filler_types:
            continue  # the layer does not use it, or it would not have been built
        for name in ignored_fields(filler):
            yield (
                f"{name} is set on a filler of type {filler.type}, which does not look at it; "
                "remove it or choose another type"
            )


def _unread(layer: PlannedLayer, fills: Sequence[Fill]) -> Iterator[str]:
    """Parameters with fillers of which the layer uses none, as inner_product_param in a Convolution."""
    if layer.kind.role is Role.DATA or layer.kind.opaque or len(fills) < len(layer.blobs):
        return
    used = [fill.filler for fill in fills]
    for descriptor, value in layer.parameter.ListFields():
        if descriptor.message_type is None or isinstance(value, MutableSequence):
            continue
        names = [each.name for each, _ in value.ListFields() if each.message_type is _FILLER]
        if names and not any(from_parameter(filler) in used for filler in _filler_parameters(value)):
            yield f"{descriptor.name}.{names[0]} fills nothing: no blob of this {layer.type} takes it"


def _filler_parameters(message: Message) -> Iterator[FillerParameter]:
    for descriptor, value in message.ListFields():
        if descriptor.message_type is None:
            continue
        for each in value if isinstance(value, MutableSequence) else (value,):
            if isinstance(each, FillerParameter):
                yield each
            else:
                yield from _filler_parameters(each)


def _group(layer: PlannedLayer) -> int:
    group: int = layer.parameter.convolution_param.group
    return group


def _is_frozen(layer: PlannedLayer) -> bool:
    """Return whether a solver leaves its weights as they are, as those of an upsampling that is fixed."""
    param = layer.parameter.param
    return bool(param) and param[0].lr_mult == 0


def _variance_norm(filler: Filler) -> VarianceNorm | None:
    norm = getattr(filler, "variance_norm", None)
    return None if norm is None else VarianceNorm.of(norm)
