"""What a target is: how it prints a net, what it calls the parameters, and how these lie there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from caffe_fillers._registry import Registry
from caffe_fillers.errors import UsageError
from caffe_fillers.planner import PlannedNet
from caffe_fillers.port.graph import Graph, build_graph
from caffe_fillers.port.reading.contract import Node, read
from caffe_fillers.port.values import Arrays, Op, Tops, Value
from caffe_fillers.schema import NetParameter

Rule: TypeAlias = Callable[..., Any]


@dataclass(frozen=True)
class Layer:
    """A node with what it computes."""

    node: Node
    tops: Tops

    @property
    def values(self) -> tuple[Value, ...]:
        """The values of its tops."""
        return self.tops if isinstance(self.tops, tuple) else (self.tops,)

    @property
    def learned(self) -> Value | None:
        """The value whose operation uses the layer's blobs, if it has any."""
        found = (each for value in self.values for each in value.walk())
        return next((each for each in found if each.op.roles), None) if self.node.blobs else None

    @property
    def settings(self) -> Op:
        """The operation that uses the layer's blobs, one without roles if there is none."""
        return self.learned.op if self.learned else Op()


@dataclass(frozen=True)
class Rules:
    """A target's function for each operation, and where its result is not exactly Caffe's."""

    target: str
    functions: dict[type[Op], Rule] = field(default_factory=dict)
    limits: dict[type[Op], str] = field(default_factory=dict)

    def __call__(self, *ops: type[Op], limits: str = "") -> Callable[[Rule], Rule]:
        """A decorator that registers a function for these operations."""

        def decorate(rule: Rule) -> Rule:
            for op in ops:
                self.functions[op] = rule
                if limits:
                    self.limits[op] = limits
            return rule

        return decorate

    def rule(self, op: Op) -> Rule:
        """The function for an operation; one that the target has not is a `UsageError`."""
        if type(op) not in self.functions:
            raise UsageError(f"{self.target} has no {type(op).__name__} as Caffe computes it")
        return self.functions[type(op)]


LayOut: TypeAlias = Callable[[Value, Arrays], Arrays]
"""Parameters by role, to parameters under the names and with the axes that they have in a framework."""


@dataclass(frozen=True)
class Target:
    """A framework that nets are ported to.

    `reserved` are names that neither a layer's attribute nor a variable may have; `separator` stands
    between a layer's and its parameter's name in a layout. `repeats` is whether a layout has shared
    parameters under the name of every layer that uses them, else under their owner's alone.
    """

    name: str
    rules: Rules
    print_graph: Callable[[Graph], str]
    lay_out: LayOut
    reserved: frozenset[str]
    separator: str = "."
    repeats: bool = True

    def print_module(self, net: NetParameter, plan: PlannedNet, part: int | None = None) -> str:
        """A file with the net, or a part of it, as a module; layers of one name are numbered."""
        graph = build_graph(net, plan, self.reserved)
        return self.print_graph(graph if part is None else cut(graph, self.print_graph, part))


targets: Registry[Target] = Registry("target of port", "caffe_fillers.port.printers")


def read_layers(graph: Graph) -> list[Layer | UsageError]:
    """Every node with what it computes, or why it cannot be ported."""

    def attempt(node: Node) -> Layer | UsageError:
        try:
            return Layer(node, read(node))
        except UsageError as reason:
            return reason

    return [attempt(node) for node in graph.nodes]


def port_all(target: str, graph: Graph, work: Callable[[Layer], None]) -> None:
    """Do the work for every layer; all that cannot be ported are told in one `UsageError`."""
    blockers: list[tuple[Node, str]] = []
    for node, layer in zip(graph.nodes, read_layers(graph), strict=True):
        try:
            if isinstance(layer, UsageError):
                raise layer
            work(layer)
        except UsageError as reason:
            blockers.append((node, str(reason)))
    if blockers:
        raise BlockedError(_blocked(target, blockers), frozenset(node.name for node, _ in blockers))


class BlockedError(UsageError):
    """Layers that cannot be ported; `names` are those of their nodes."""

    def __init__(self, message: str, names: frozenset[str]) -> None:
        super().__init__(message)
        self.names = names


def cut(graph: Graph, attempt: Callable[[Graph], object], part: int) -> Graph:
    """A part of a graph that cannot be ported whole: 1 comes before all blocked layers, 2 after one of them.

    A net that can be ported whole, and a part that is not there, are `UsageError`s.
    """
    try:
        attempt(graph)
    except BlockedError as error:
        return graph.part(error.names, part)
    raise UsageError("the net can be ported whole: leave out --cut")


def _blocked(target: str, blockers: list[tuple[Node, str]]) -> str:
    """One sentence for one layer; else a line for each type and reason, with their number and names."""
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
