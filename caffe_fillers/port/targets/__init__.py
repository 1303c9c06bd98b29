"""Targets: how each prints a net and names its parameters, and how blobs are laid out for what it prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, TypeAlias

import numpy as np

from caffe_fillers._registry import Registry
from caffe_fillers.distributions import Values
from caffe_fillers.errors import NetError, UsageError
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.planner import Place, PlannedNet
from caffe_fillers.port import Arrays, Op, Value
from caffe_fillers.port.graph import Graph, Layer, build_graph
from caffe_fillers.port.ops import Dense
from caffe_fillers.port.reading import Node
from caffe_fillers.shapes import Shape

Rule: TypeAlias = Callable[..., Any]


@dataclass(frozen=True)
class Rules:
    """A target's function for each operation, and where its result is not exactly Caffe's.

    A function is given the operation, where it stands, and its inputs: code, or tensors. `functions` has
    templates of functions of arrays by their names, under "" that of all others.
    """

    target: str
    rules: Mapping[type[Op], Rule]
    limits: Mapping[type[Op], str]
    functions: Mapping[str, str]

    def rule(self, op: Op) -> Rule:
        """Return the function for an operation; one that the target does not have is a `UsageError`."""
        if type(op) not in self.rules:
            raise UsageError(f"{self.target} has nothing that computes the same")
        return self.rules[type(op)]


@dataclass(frozen=True)
class Target:
    """A framework that nets are ported to.

    `lay_out` turns parameters by role into parameters under the names and with the axes that they have there.
    `reserved` are names that neither a layer's attribute nor a variable may have; `separator` stands
    between a layer's and its parameter's name in a layout. `repeats` is whether a layout has shared
    parameters under the name of every layer that uses them, else under their owner's alone.
    """

    name: str
    rules: Rules
    print_graph: Callable[[Graph], str]
    lay_out: Callable[[Value, Arrays], Arrays]
    reserved: frozenset[str]
    separator: str = "/"
    repeats: bool = False

    def print_module(self, net: PlannedNet, part: int | None = None) -> str:
        """Print a file with the net, or a part of it, as a module; layers of one name are numbered."""
        graph = build_graph(net, self.reserved)
        return self.print_graph(graph if part is None else cut(graph, self.print_graph, part))


targets: Registry[Target] = Registry("target of port", __package__)


class BlockedError(UsageError):
    """Layers that cannot be ported; `names` are those of their nodes."""

    def __init__(self, message: str, names: frozenset[str]) -> None:
        super().__init__(message)
        self.names = names


def port_all(target: str, graph: Graph, work: Callable[[Layer], None]) -> None:
    """Do the work for every layer; one `UsageError` names all layers that cannot be ported."""
    blockers: list[tuple[Node, str]] = []
    for layer in graph.layers:
        try:
            layer.values  # noqa: B018 - raises what blocks the layer
            work(layer)
        except UsageError as reason:
            blockers.append((layer.node, str(reason)))
    if blockers:
        raise BlockedError(_blocked(target, blockers), frozenset(node.name for node, _ in blockers))


def cut(graph: Graph, attempt: Callable[[Graph], object], part: int) -> Graph:
    """Cut a part from a graph with blocked layers: part 1 precedes all of these, part 2 follows one.

    A net that can be ported whole, and a part that is not there, are `UsageError`s.
    """
    try:
        attempt(graph)
    except BlockedError as error:
        return graph.part(error.names, part)
    raise UsageError("the net can be ported whole: leave out --cut")


def _blocked(target: str, blockers: list[tuple[Node, str]]) -> str:
    """Write one sentence for one layer; else a line for each type and reason, with their number and names."""
    kinds: dict[tuple[str, str], list[str]] = {}
    for node, reason in blockers:
        kinds.setdefault((node.layer.type, reason), []).append(repr(node.label))
    if len(blockers) == 1:
        ((kind, reason), (name,)), *_ = kinds.items()
        return f"layer {name} ({kind}) cannot be ported to {target}: {reason}"
    lines = [f"{len(blockers)} layers cannot be ported to {target}:"]
    for (kind, reason), names in kinds.items():
        shown = ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
        lines.append(f"  {len(names)} x {kind}: {reason} (layer {shown})")
    return "\n".join(lines)


_SHOWN = 4


def lay_out(target: Target, net: PlannedNet, model: Model) -> list[tuple[str, ModelBlob]]:
    """Return every parameter of the printed module with its name; reading them holds one layer at a time.

    `model` holds the net's blobs in Caffe's order, filled or trained. A layer
    that it does not have, or has with other shapes, is a `NetError`. Layers of one name are the model's in
    their order, and numbered as in the module.
    """
    blobs = blobs_of(net, model)
    laid: list[tuple[str, ModelBlob]] = []

    def work(layer: Layer) -> None:
        if target.repeats or layer.node.parameters[0].owner is None:
            laid.extend(_parameters(target, layer, blobs))

    graph = build_graph(net, target.reserved)
    port_all(
        target.name, replace(graph, layers=tuple(each for each in graph.layers if each.node.blobs)), work
    )
    return laid


def blobs_of(net: PlannedNet, model: Model) -> dict[Place, ModelBlob]:
    """Return the model's blobs by their place in the net."""
    return {
        (layer_id, index): blob
        for layer_id, layer in model.layers_of(net).items()
        for index, blob in enumerate(layer.blobs)
    }


def layer_blobs(layer: Layer, blobs: dict[Place, ModelBlob]) -> list[ModelBlob]:
    """Return a layer's blobs; a `NetError` if the model has none of these shapes."""
    node = layer.node
    found = [blobs[each.place] for each in node.parameters if each.place in blobs]
    if tuple(blob.shape for blob in found) != node.blobs:
        raise NetError(f"the weights do not have the blobs of layer {node.label!r} with the net's shapes")
    return found


def _parameters(
    target: Target, layer: Layer, blobs: dict[Place, ModelBlob]
) -> Iterator[tuple[str, ModelBlob]]:
    """Shapes are found with zeros; values are drawn when they are written."""
    value = layer.learned
    if value is None:
        return
    own = layer_blobs(layer, blobs)

    @cache
    def arrays() -> dict[str, Values]:
        return dict(target.lay_out(value, value.op.assigned([blob.array() for blob in own])))

    def chunks(name: str) -> Iterator[Values]:
        yield np.ascontiguousarray(arrays()[name], "<f4").ravel()
        if name == last:
            arrays.cache_clear()

    zeros = [np.broadcast_to(np.float32(0), blob.shape) for blob in own]
    shapes = target.lay_out(value, value.op.assigned(zeros))
    last = [*shapes][-1]
    for name, array in shapes.items():
        yield f"{layer.node.name}{target.separator}{name}", ModelBlob(array.shape, partial(chunks, name))


def layer_owners(graph: Graph, arrange: Any) -> dict[str, str]:
    """By identifier, the layer whose parameters a layer uses instead of its own.

    A layer that shares only some, or that owns some of a layer's and not all, is a `UsageError`, and so is
    one that would keep them in another way than their owner.
    """
    found: dict[str, str] = {}
    for layer in graph.layers:
        shared = [graph.owner(blob) for blob in layer.node.parameters]
        if not any(shared) or isinstance(layer.tops, UsageError):
            continue
        owner = shared[0][0] if shared[0] else None
        whole = owner is not None and [each and (each[0].node.name, each[1]) for each in shared] == [
            (owner.node.name, place) for place in range(len(shared))
        ]
        if owner is None or not whole or owner.node.blobs != layer.node.blobs:
            raise UsageError(f"layer {layer.node.label!r} shares only some of its parameters with others")
        if isinstance(owner.tops, UsageError):
            continue
        try:
            alike = _kept_alike(owner, layer, arrange)
        except UsageError:  # the layer itself is refused
            continue
        if not alike:
            raise UsageError(
                f"layer {layer.node.label!r} would keep its parameters in another way than layer "
                f"{owner.node.label!r}, whose they are"
            )
        found[layer.node.name] = owner.node.name
    return found


def _kept_alike(owner: Layer, layer: Layer, arrange: Any) -> bool:
    ours, theirs = layer.learned, owner.learned
    if ours is None or theirs is None or type(ours.op) is not type(theirs.op):
        return False
    if getattr(ours.op, "transpose", False) != getattr(theirs.op, "transpose", False):
        return False
    images = [
        value.shape[1:] for value in (theirs.inputs[0], ours.inputs[0]) if value.shape and value.rank == 4
    ]
    if isinstance(ours.op, Dense) and images and images != images[:1] * 2:
        return False
    return shapes(layer, arrange) == shapes(owner, arrange)


def shapes(layer: Layer, arrange: Any) -> Mapping[str, Shape]:
    """Names and shapes of a layer's parameters in the framework."""
    value = layer.learned
    return (
        {} if value is None else {name: array.shape for name, array in arrange(value, zeros(layer)).items()}
    )


def zeros(layer: Layer) -> Arrays:
    """Parameters by role, of zeros that take no memory."""
    value = layer.learned
    blank = [np.broadcast_to(np.float32(0), shape) for shape in layer.node.blobs]
    return {} if value is None else value.op.assigned(blank)
