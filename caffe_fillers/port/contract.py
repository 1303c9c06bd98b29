"""What a target is: code for each layer type, and how its parameters are laid out there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from caffe_fillers._registry import Registry
from caffe_fillers.distributions import Values
from caffe_fillers.plan import Plan
from caffe_fillers.port.graph import Node
from caffe_fillers.port.numbering import told_apart
from caffe_fillers.schema import NetParameter


@dataclass(frozen=True)
class Code:
    """What a layer is in another framework.

    `call` computes its tops, with {0}, {1} for its inputs and {self} for its
    module, which `module` makes where it has one. `helper` defines what the
    two need beyond the framework itself.
    """

    call: str
    module: str = ""
    helper: str = ""


Translate: TypeAlias = Callable[[Node], Code]
LayOut: TypeAlias = Callable[[Node, Sequence[Values]], Mapping[str, Values]]
"""A layer's blobs under the names, and with the axes, that they have in the framework."""


@dataclass(frozen=True)
class Translation:
    """How one layer type is carried over; `limits` says where the result is not exactly Caffe's."""

    translate: Translate
    lay_out: LayOut
    limits: str = ""


@dataclass(frozen=True)
class Target:
    """A framework that nets are carried to: its layer types, and how a whole module is printed.

    `reserved` are names that neither a layer's attribute nor a variable may have; `separator` stands
    between a layer's and its parameter's name in a layout. `repeats` is whether a layout has shared
    parameters under the name of every layer that uses them, else under their owner's alone. `printer`
    is given a net whose layers have each a name of its own.
    """

    name: str
    translations: Registry[Translation]
    printer: Callable[[NetParameter, Plan], str]
    reserved: frozenset[str]
    separator: str = "."
    repeats: bool = True

    def print_module(self, net: NetParameter, plan: Plan) -> str:
        """A file with the net as a module; layers of one name are numbered."""
        return self.printer(*told_apart(net, plan))


targets: Registry[Target] = Registry("target of port", __package__)
