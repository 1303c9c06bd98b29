"""Nodes and initializers of an ONNX graph as they are collected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.port import Arithmetic, Value
from caffe_fillers.shapes import Shape

if TYPE_CHECKING:
    import onnx


class Learned(NamedTuple):
    """What an initializer holds of a layer: the parameter of a role, in a shape."""

    layer: str
    role: str
    shape: Shape


@dataclass
class Nodes:
    """The nodes of a graph in order, its initializers by name, and which of them layers learn."""

    name: str
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    initializers: dict[str, NDArray[Any]] = field(default_factory=dict)
    learned: dict[str, Learned] = field(default_factory=dict)

    def graph(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> onnx.GraphProto:
        """Return the graph, its inputs and outputs floats of these shapes; no input has an initializer."""
        from onnx import TensorProto, helper, numpy_helper

        ends = [
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in each.items()]
            for each in (inputs, outputs)
        ]
        initializers = [
            numpy_helper.from_array(np.asarray(array, order="C"), name)
            for name, array in self.initializers.items()
            if name not in inputs
        ]
        return helper.make_graph(self.nodes, self.name, ends[0], ends[1], initializers)

    def rename(self, old: str, new: str, first: int) -> None:
        """Rename a tensor, which only nodes from the first on make or read."""
        for node in self.nodes[first:]:
            for names in (node.input, node.output):
                names[:] = [new if name == old else name for name in names]


@dataclass(frozen=True)
class Tensor(Arithmetic):
    """A tensor by its name; operators add nodes where it was made."""

    name: str
    at: Place

    def combined(self, symbol: str, left: Tensor | float, right: Tensor | float) -> Tensor:
        """Add the node of an operator."""
        return self.at.add(SYMBOLS[symbol], left, right)


SYMBOLS = {"+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "**": "Pow"}
Given: TypeAlias = "Tensor | float | Sequence[int] | None"
"""An input of a node: a tensor, a number, a vector of integers, or none where another one follows."""


@dataclass(frozen=True)
class Place:
    """Where an operation becomes nodes: its value, its layer's parameters by role, and the layer's name."""

    nodes: Nodes
    value: Value
    parameters: Mapping[str, tuple[str, NDArray[np.float32]]]
    prefix: str

    FLOAT: ClassVar = 1
    INT64: ClassVar = 7
    BOOL: ClassVar = 9

    @property
    def x(self) -> Value:
        """The first input."""
        return self.value.inputs[0]

    def add(self, kind: str, *inputs: Given, **attributes: Any) -> Tensor:
        """Add a node with one output and return the output."""
        return self.add_several(kind, *inputs, outputs=1, **attributes)[0]

    def add_several(self, kind: str, *inputs: Given, outputs: int, **attributes: Any) -> tuple[Tensor, ...]:
        """Add a node with several outputs."""
        from onnx import helper

        name = f"{self.prefix}/{kind}{len(self.nodes.nodes)}"
        made = [name + (f"_{index}" if outputs > 1 else "") for index in range(outputs)]
        names = ["" if each is None else self._given(each).name for each in inputs]
        self.nodes.nodes.append(helper.make_node(kind, names, made, name=name, **attributes))
        return tuple(Tensor(each, self) for each in made)

    def _given(self, value: Tensor | float | Sequence[int]) -> Tensor:
        """Return a float as a scalar, integers as a vector; all uses of one share an initializer."""
        if isinstance(value, Tensor):
            return value
        if isinstance(value, float):
            return self._initializer(f"number {np.float32(value)}", np.array(value, np.float32))
        if isinstance(value, int):
            return self._initializer(f"integer {value}", np.array(value, np.int64))
        return self._initializer(f"integers {' '.join(map(str, value))}", np.array(value, np.int64))

    def array(self, array: NDArray[Any], name: str) -> Tensor:
        """Add an array of the layer's own."""
        return self._initializer(f"{self.prefix}/{name}", array)

    def reshape(self, x: Tensor, *dims: int) -> Tensor:
        """Reshape a tensor; 0 keeps a length, -1 is what is left."""
        return self.add("Reshape", x, dims)

    def part(self, x: Tensor, begin: int, end: int, axis: int = 0) -> Tensor:
        """Return a tensor from one index of an axis to before another."""
        return self.add("Slice", x, (begin,), (end,), (axis,))

    def transposed(self, x: Tensor, *order: int) -> Tensor:
        """Return a tensor with its axes in another order, those of a matrix exchanged."""
        return self.add("Transpose", x, perm=order or (1, 0))

    def weights(self, *roles: str, shape: Shape | None = None) -> list[Tensor]:
        """Return the parameters of these roles that the layer has, in another shape if one is given."""
        return [self._weight(role, shape) for role in roles if role in self.parameters]

    def _weight(self, role: str, shape: Shape | None) -> Tensor:
        name, array = self.parameters[role]
        shaped = array if shape is None else array.reshape(shape)
        made = self._initializer(name, shaped)
        self.nodes.learned[made.name] = Learned(self.prefix, role, shaped.shape)
        return made

    def _initializer(self, name: str, array: NDArray[Any]) -> Tensor:
        known = self.nodes.initializers.setdefault(name, array)
        if known.shape != array.shape:
            name = f"{name} {'x'.join(map(str, array.shape))}"
        self.nodes.initializers.setdefault(name, array)
        return Tensor(name, self)
