"""A net as a graph of named values, which targets print.

Splits vanish, for a variable may be read twice; data layers become arguments, and what nobody reads becomes
the result. Losses and accuracies are left out, for they belong to a training loop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count

from caffe_fillers.errors import UsageError
from caffe_fillers.layers import Role, layer_types
from caffe_fillers.planner import Place, PlannedBlob, PlannedLayer, PlannedNet, Wire
from caffe_fillers.port import Input, Op, Tops, Value
from caffe_fillers.port.code import identifiers, numbered
from caffe_fillers.port.ops import Affine, BatchNorm
from caffe_fillers.port.reading import Node, read
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape


@dataclass(frozen=True)
class Layer:
    """A node with what it computes, or why it cannot be ported."""

    node: Node
    tops: Tops | UsageError

    @property
    def values(self) -> tuple[Value, ...]:
        """The values of its tops; the error if it has none."""
        if isinstance(self.tops, UsageError):
            raise self.tops
        return self.tops if isinstance(self.tops, tuple) else (self.tops,)

    @property
    def ops(self) -> tuple[Op, ...]:
        """All operations that its values are made of; none where it cannot be ported."""
        blocked = isinstance(self.tops, UsageError)
        return () if blocked else tuple(each.op for value in self.values for each in value.walk())

    @cached_property
    def learned(self) -> Value | None:
        """The value whose operation uses the layer's blobs, if it has any."""
        found = (each for value in self.values for each in value.walk())
        return next((each for each in found if each.op.roles), None) if self.node.blobs else None

    @property
    def settings(self) -> Op:
        """The operation that uses the layer's blobs, one without roles if there is none."""
        return self.learned.op if self.learned else Op()


@dataclass(frozen=True)
class Graph:
    """Layers in order, the arguments that they need with their shapes, and the results.

    `blobs` maps each variable to the Caffe blob that it holds, `labels` has the name of every layer by id.
    """

    net: PlannedNet
    arguments: Mapping[str, Shape | None]
    layers: tuple[Layer, ...]
    results: tuple[str, ...]
    blobs: Mapping[str, str]
    labels: Sequence[str]

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The layers without what they compute."""
        return tuple(layer.node for layer in self.layers)

    def owner(self, blob: PlannedBlob) -> tuple[Layer, int] | None:
        """Return the layer that owns a shared blob and the blob's index there; None if it is not shared."""
        return None if blob.owner is None else self._holders.get(blob.owner)

    def part(self, blocked: Collection[str], number: int) -> Graph:
        """Return the layers after `number` - 1 blocked ones on their longest path, as a graph of its own.

        What other parts read becomes a result, what they make an argument.
        """
        levels: dict[str, int] = {}
        parts: list[int] = []
        for node in self.nodes:
            level = max((levels.get(variable, 1) for variable in node.inputs), default=1)
            stays = node.name not in blocked
            parts.append(level if stays else 0)
            levels |= dict.fromkeys(node.outputs, level if stays else level + 1)
        chosen = tuple(each for each, level in zip(self.layers, parts, strict=True) if level == number)
        if not chosen:
            raise UsageError(f"there is no part {number}: give --cut a number from 1 to {max(parts)}")
        others = [node for node, level in zip(self.nodes, parts, strict=True) if level != number]
        read = {variable for node in others for variable in node.inputs}.union(self.results)
        made = dict.fromkeys(variable for each in chosen for variable in each.node.outputs)
        return replace(
            self,
            arguments=_first_reads([each.node for each in chosen]),
            layers=chosen,
            results=tuple(variable for variable in made if variable in read),
        )

    @cached_property
    def _holders(self) -> Mapping[Place, tuple[Layer, int]]:
        return {
            blob.place: (layer, index)
            for layer in self.layers
            for index, blob in enumerate(layer.node.parameters)
        }


def build_graph(net: PlannedNet, reserved: Collection[str] = (), *, every_blob: bool = False) -> Graph:
    """Build the graph of a planned net; `reserved` are names that nothing may have.

    A net that computes nothing is a `UsageError`. With `every_blob` no two layers become one whose blob
    between them would be lost.
    """
    labels = numbered([layer.name for layer in net.layers])
    names = identifiers(labels, reserved)
    variables = identifiers((wire.name for layer in net.layers for wire in layer.tops), reserved)
    read_layers = (_layer(node) for node in _nodes(net, labels, names, variables))
    layers = _merge_scales(net, read_layers, every_blob=every_blob)
    if not layers:
        raise UsageError("the net has no layer that computes anything: there is nothing to port")
    results = [
        variables[wire.name]
        for layer in layers
        for wire in (layer.node.scale or layer.node.planned).tops
        if not any(map(_computes, net.readers(wire)))
    ]
    return Graph(
        net=net,
        arguments=_first_reads([layer.node for layer in layers]),
        layers=tuple(layers),
        results=tuple(dict.fromkeys(results)),
        blobs={variable: top for top, variable in variables.items()},
        labels=labels,
    )


def _computes(layer: PlannedLayer) -> bool:
    """Return whether a layer belongs to the module: data, losses and measures do not."""
    return layer.kind.role is Role.COMPUTE and bool(layer.bottoms or layer.blobs)


def _nodes(
    net: PlannedNet, labels: Sequence[str], names: Mapping[str, str], variables: Mapping[str, str]
) -> Iterator[Node]:
    for layer, label in zip(net.layers, labels, strict=True):
        if _computes(layer):
            yield Node(
                planned=layer,
                label=label,
                name=names[label],
                inputs=tuple(variables[wire.name] for wire in layer.inputs),
                outputs=tuple(variables[wire.name] for wire in layer.tops),
            )


def _layer(node: Node) -> Layer:
    try:
        return Layer(node, read(node))
    except UsageError as reason:
        return Layer(node, reason)


def _merge_scales(net: PlannedNet, layers: Iterator[Layer], *, every_blob: bool) -> list[Layer]:
    """Merge a Scale over the channels into the BatchNorm before it, if no other layer reads that.

    Not if layers that share the blobs of the one do not share those of the other.
    """
    merged: list[Layer] = []
    users = Counter(blob.owner or blob.place for blob in net.blobs)
    for layer in layers:
        whole = _with_scale(net, users, merged[-1], layer) if merged else None
        if whole is None or (every_blob and merged[-1].node.outputs != layer.node.outputs):
            merged.append(layer)
        else:
            merged[-1] = whole
    return merged


def _with_scale(net: PlannedNet, users: Counter[Place], norm: Layer, scale: Layer) -> Layer | None:
    match norm.tops, scale.tops:
        case (
            Value(BatchNorm(weight=False, sums=True) as op, inputs),
            Value(Affine(lengths, axis=1, weight=True, bias=bias), (Value(Input(0)),), shape),
        ) if (
            lengths == (op.channels,)
            and _reads_alone(net, scale.node, norm.node.planned.tops[0])
            and users[_place(norm)] == users[_place(scale)]
        ):
            node = replace(norm.node, outputs=scale.node.outputs, scale=scale.node.planned)
            return Layer(node, Value(replace(op, weight=True, bias=bias), inputs, shape))
    return None


def _place(layer: Layer) -> Place:
    """Return where the values of a layer's first blob are."""
    blob = layer.node.parameters[0]
    return blob.owner or blob.place


def _reads_alone(net: PlannedNet, node: Node, wire: Wire) -> bool:
    return [each.id for each in net.readers(wire) if _computes(each)] == [node.planned.id]


def _first_reads(nodes: Sequence[Node]) -> dict[str, Shape | None]:
    """Return the variables that are read before any layer has made them."""
    seen: set[str] = set()
    arguments: dict[str, Shape | None] = {}
    for node in nodes:
        for variable, shape in zip(node.inputs, node.bottoms, strict=True):
            if variable not in seen and (variable not in arguments or arguments[variable] is None):
                arguments[variable] = shape
        seen.update(node.outputs)
    return arguments


_STATES = {"LSTM": ("h", "c"), "RNN": ("h",)}


def expose_states(net: PlannedNet) -> PlannedNet:
    """Return the net with `expose_hidden` in all recurrent layers, so that a sequence can go on later.

    States are bottoms and tops of 1 x streams x outputs. A layer `lstm` reads `lstm_h` and `lstm_c`, and
    makes `lstm_h_end` and `lstm_c_end`; an RNN has no `c`. Layers with their states outside stay unchanged.
    """
    maker = len(net.layers)
    numbers = count(1 + max((wire.number for layer in net.layers for wire in layer.tops), default=0))
    begins, layers = list[Wire](), list[PlannedLayer]()
    for layer in net.layers:
        if layer.type not in _STATES or layer.parameter.recurrent_param.expose_hidden:
            layers.append(layer)
            continue
        parameter = LayerParameter()
        parameter.CopyFrom(layer.parameter)
        parameter.recurrent_param.expose_hidden = True
        shape = (1, (layer.inputs[0].shape or (0, -1))[1], parameter.recurrent_param.num_output)
        names = [f"{layer.name}_{state}" for state in _STATES[layer.type]]
        before = tuple(Wire(next(numbers), name, shape, maker) for name in names)
        after = tuple(Wire(next(numbers), f"{name}_end", shape, layer.id) for name in names)
        tops, bottoms = (*layer.tops, *after), (*layer.bottoms, *before)
        layers.append(replace(layer, parameter=parameter, bottoms=bottoms, tops=tops))
        begins += before
    given = LayerParameter(name="states", type=_INPUT, top=[wire.name for wire in begins])
    layers.append(PlannedLayer(maker, given, kind=layer_types[_INPUT], tops=tuple(begins)))
    return replace(net, layers=tuple(layers))


_INPUT = "Input"
