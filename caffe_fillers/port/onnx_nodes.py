"""Nodes and initializers of an ONNX graph as they are collected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.port.values import Value
from caffe_fillers.shapes import Shape

if TYPE_CHECKING:
    import onnx


@dataclass
class Nodes:
    """The nodes of a graph in order, and its initializers by name."""

    name: str
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    initializers: dict[str, onnx.TensorProto] = field(default_factory=dict)

    def graph(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> onnx.GraphProto:
        """The graph, its inputs and outputs float tensors of these shapes."""
        from onnx import TensorProto, helper

        def described(names: Mapping[str, Any]) -> list[onnx.ValueInfoProto]:
            return [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in names.items()
            ]

        return helper.make_graph(
            self.nodes, self.name, described(inputs), described(outputs), list(self.initializers.values())
        )

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
        found = [self.parameters[role] for role in roles if role in self.parameters]
        return [
            self._initializer(name, array if shape is None else array.reshape(shape)) for name, array in found
        ]

    def _initializer(self, name: str, array: NDArray[Any]) -> str:
        from onnx import numpy_helper

        known = self.nodes.initializers.get(name)
        if known is not None and tuple(known.dims) != array.shape:
            name = f"{name} {'x'.join(map(str, array.shape))}"
        if name not in self.nodes.initializers:
            self.nodes.initializers[name] = numpy_helper.from_array(np.asarray(array, order="C"), name)
        return name
