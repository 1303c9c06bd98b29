"""Targets: how each prints a net, names its parameters, and lays them out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from caffe_fillers._registry import Registry
from caffe_fillers.errors import UsageError
from caffe_fillers.planner import PlannedNet
from caffe_fillers.port.graph import Graph, Layer, build_graph
from caffe_fillers.port.reading import Node
from caffe_fillers.port.values import Arrays, Op, Value

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
            raise UsageError(f"{self.target} has no {type(op).__name__} as Caffe computes it")
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
