"""Targets: how each prints a net, names its parameters, and lays them out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from caffe_fillers._registry import Registry
from caffe_fillers.errors import UsageError
from caffe_fillers.planner import PlannedNet
from caffe_fillers.port.graph import Graph, build_graph, cut
from caffe_fillers.port.values import Arrays, Op, Value

Rule: TypeAlias = Callable[..., Any]


@dataclass(frozen=True)
class Rules:
    """A target's function for each operation, and where its result is not exactly Caffe's.

    A function is given the operation, where it stands, and its inputs: code, or names of tensors. `functions`
    has templates of functions of each value by their names, under "" that of all others.
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
