"""Nodes and initializers of an ONNX graph as they are collected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.port.values import Value
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

        def described(names: Mapping[str, Any]) -> list[onnx.ValueInfoProto]:
            return [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in names.items()
            ]

        graph = helper.make_graph(self.nodes, self.name, described(inputs), described(outputs))
        for name, array in self.initializers.items():
            if name not in inputs:
                graph.initializer.append(numpy_helper.from_array(np.asarray(array, order="C"), name))
        return graph

    def rename(self, old: str, new: str, first: int) -> None:
        """Rename a tensor, which only nodes from the first on make or read."""
        for node in self.nodes[first:]:
            for names in (node.input, node.output):
                for index, name in enumerate(names):
                    if name == old:
                        names[index] = new


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

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output and return the output's name."""
        return self.add_several(kind, *inputs, outputs=1, **attributes)[0]

    def add_several(self, kind: str, *inputs: str, outputs: int, **attributes: Any) -> tuple[str, ...]:
        """Add a node with several outputs."""
        from onnx import helper

        number = len(self.nodes.nodes)
        made = [
            f"{self.prefix}/{kind}{number}" + (f"_{index}" if outputs > 1 else "") for index in range(outputs)
        ]
        node = helper.make_node(kind, inputs, made, name=f"{self.prefix}/{kind}{number}", **attributes)
        self.nodes.nodes.append(node)
        return tuple(made)

    def number(self, value: float) -> str:
        """Return a float as a scalar; all uses share one initializer."""
        return self._initializer(f"number {np.float32(value)}", np.array(value, np.float32))

    def integers(self, values: Sequence[int]) -> str:
        """Return integers as a vector; all uses share one initializer."""
        return self._initializer(f"integers {' '.join(map(str, values))}", np.array(values, np.int64))

    def array(self, array: NDArray[Any], name: str) -> str:
        """Add an array of the layer's own."""
        return self._initializer(f"{self.prefix}/{name}", array)

    def reshape(self, x: str, dims: Shape) -> str:
        """Reshape a tensor; 0 keeps a length, -1 is what is left."""
        return self.add("Reshape", x, self.integers(dims))

    def item(self, x: str, index: int) -> str:
        """Select one item and drop its axis."""
        return self.add("Gather", x, self._initializer(f"integer {index}", np.array(index, np.int64)), axis=0)

    def weights(self, *roles: str, shape: Shape | None = None) -> list[str]:
        """Return the parameters of these roles that the layer has, in another shape if one is given."""
        return [self._weight(role, shape) for role in roles if role in self.parameters]

    def _weight(self, role: str, shape: Shape | None) -> str:
        name, array = self.parameters[role]
        shaped = array if shape is None else array.reshape(shape)
        name = self._initializer(name, shaped)
        self.nodes.learned[name] = Learned(self.prefix, role, shaped.shape)
        return name

    def _initializer(self, name: str, array: NDArray[Any]) -> str:
        known = self.nodes.initializers.setdefault(name, array)
        if known.shape != array.shape:
            name = f"{name} {'x'.join(map(str, array.shape))}"
        self.nodes.initializers.setdefault(name, array)
        return name
