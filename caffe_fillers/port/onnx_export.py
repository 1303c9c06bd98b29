"""Export a net with its weights as an ONNX model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from caffe_fillers._version import __version__
from caffe_fillers.errors import MissingExtraError, UsageError
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.planner import Place as BlobPlace
from caffe_fillers.planner import PlannedNet
from caffe_fillers.port import ops, vision_ops
from caffe_fillers.port.graph import Graph, Layer, build_graph, cut, port_all
from caffe_fillers.port.layout import blobs_of, layer_blobs
from caffe_fillers.port.onnx_nodes import Nodes, Place
from caffe_fillers.port.targets.onnx import RULES
from caffe_fillers.port.values import Input, Value
from caffe_fillers.shapes import UNKNOWN, Shape, is_known

if TYPE_CHECKING:
    import onnx

OPSET, IR_VERSION = 17, 8
BATCH = "N"
"""The name of the first axis where a model takes any number of items."""


@dataclass(frozen=True)
class Exported:
    """An ONNX model, and the tensor of it that holds each of the net's blobs in the end.

    An input that a layer overwrites in place keeps the blob's name; the blob is then the tensor `blob/layer`.
    """

    model: onnx.ModelProto
    tensors: Mapping[str, str]

    @property
    def num_bytes(self) -> int:
        """The size of its initializers."""
        return sum(len(each.raw_data) for each in self.model.graph.initializer)


def export(net: PlannedNet, model: Model, *, every_blob: bool = False, part: int | None = None) -> Exported:
    """Export the net with weights as an ONNX model of opset 17; with `every_blob` each blob is an output.

    Initializers are named after blobs, `conv1/0` and `conv1/1`; statistics, which Caffe keeps as sums, are
    `bn/mean` and `bn/variance`. The batch is of any size where the net allows it. What has no nodes as Caffe
    computes it is a `UsageError`, a missing package a `MissingExtraError`.
    """
    try:
        from onnx import helper
    except ImportError:
        raise MissingExtraError("onnx", "onnx") from None

    graph, blobs = build_graph(net, every_blob=every_blob), blobs_of(net, model)
    if part is not None:
        graph = cut(graph, lambda whole: port_all("onnx", whole, _Export(whole, blobs).add), part)
    export = _Export(graph, blobs)
    port_all("onnx", graph, export.add)
    dynamic = not export.mixes and _takes_any_batch(graph)
    made = helper.make_model(
        export.nodes.graph(
            inputs={graph.blobs[name]: _dims(shape, dynamic) for name, shape in export.inputs().items()},
            outputs={name: _dims(shape, dynamic) for name, shape in export.outputs(every_blob).items()},
        ),
        producer_name="caffe-fill",
        producer_version=__version__,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    return Exported(made, export.tensors())


class _Export:
    """A graph on its way to ONNX, a layer after another."""

    def __init__(self, graph: Graph, blobs: dict[BlobPlace, ModelBlob]) -> None:
        self.graph, self.blobs = graph, blobs
        self.nodes = Nodes(graph.net.name or "net")
        self.current = {name: graph.blobs[name] for name in graph.arguments}
        self.shapes = dict(graph.arguments)
        self.mixes = False
        self.last = {name: node.label for node in graph.nodes for name in node.outputs}

    def add(self, layer: Layer) -> None:
        """The nodes of one layer; its tops get the names of their blobs."""
        node, first = layer.node, len(self.nodes.nodes)
        self.mixes |= any(mixes_items(each) for value in layer.values for each in value.walk())
        inputs = tuple(self.current.get(name, name) for name in node.inputs)
        parameters, done = self._parameters(layer), dict[int, tuple[str, ...]]()
        made = [name for value in layer.values for name in self._emit(layer, value, inputs, parameters, done)]
        for variable, tensor, shape in zip(node.outputs, made, node.tops, strict=True):
            final, own = self._name(variable, node.label), tensor
            if tensor in inputs or made.count(tensor) > 1 or tensor in self.nodes.initializers:
                own = Place(self.nodes, layer.values[0], {}, node.label).add("Identity", tensor)
            self.nodes.rename(own, final, first)
            found = isinstance(layer.values[0].op, vision_ops.Detect)
            self.current[variable] = final
            known = layer.values[0].shape if shape is None else shape  # a Python layer's is not planned
            self.shapes[variable] = (1, 1, UNKNOWN, 7) if found else known  # as many as the data has

    def _name(self, variable: str, label: str) -> str:
        """Name a tensor: as its blob if no later layer makes the blob and no input has the name."""
        blob = self.graph.blobs[variable]
        free = self.last[variable] == label and variable not in self.graph.arguments
        return blob if free else f"{blob}/{label}"

    def _emit(
        self,
        layer: Layer,
        value: Value,
        inputs: tuple[str, ...],
        parameters: Mapping[str, tuple[str, NDArray[np.float32]]],
        done: dict[int, tuple[str, ...]],
    ) -> tuple[str, ...]:
        """Return the tensors of a value, whose nodes are made once."""
        if isinstance(value.op, Input):
            return (inputs[value.op.index],)
        if id(value) not in done:
            given = [self._emit(layer, each, inputs, parameters, done)[0] for each in value.inputs]
            place = Place(self.nodes, value, parameters, layer.node.label)
            made: str | tuple[str, ...] = RULES.rule(value.op)(value.op, place, *given)
            done[id(value)] = (made,) if isinstance(made, str) else made
        return done[id(value)]

    def _parameters(self, layer: Layer) -> dict[str, tuple[str, NDArray[np.float32]]]:
        """Return the layer's parameters by role, with their initializers' names, after blob or owner."""
        value, node = layer.learned, layer.node
        if value is None:
            return {}
        arrays = value.op.assigned([blob.array() for blob in layer_blobs(layer, self.blobs)])
        names = {}
        for role, blob in zip(value.op.roles, node.parameters, strict=False):
            layer_id, index = blob.owner or blob.place
            changed = role in ("mean", "variance")
            names[role] = f"{self.graph.labels[layer_id]}/{role if changed else index}"
        return {role: (names[role], array) for role, array in arrays.items()}

    def inputs(self) -> Mapping[str, Shape]:
        """Return the graph's inputs; a `UsageError` if the shape of one is unknown."""
        shapes = {}
        for name, shape in self.graph.arguments.items():
            if shape is None or not is_known(shape[1:]):
                blob = self.graph.blobs[name]
                raise UsageError(f"the shape of blob {blob!r} is not known; give it with --shape {blob}=...")
            shapes[name] = shape
        return shapes

    def outputs(self, every_blob: bool) -> Mapping[str, Shape | None]:
        """The graph's outputs."""
        names = [name for name in self.current if name not in self.graph.arguments or name in self.last]
        chosen = names if every_blob else self.graph.results
        unknown = [self.graph.blobs[name] for name in chosen if self.shapes[name] is None]
        if unknown:
            raise UsageError(f"the shape of blob {unknown[0]!r} is not known; give it with --shape")
        return {self.current[name]: self.shapes[name] for name in chosen}

    def tensors(self) -> Mapping[str, str]:
        """Map each blob to the tensor that holds it in the end."""
        return {self.graph.blobs[name]: tensor for name, tensor in self.current.items()}


def mixes_items(value: Value) -> bool:
    """Whether an operation works across the first axis, or has its length."""
    axis = getattr(value.op, "axis", None)
    joined = isinstance(value.op, ops.Concat | ops.Split | ops.Softmax | vision_ops.ArgMax)
    return (
        (joined and axis == 0)
        or isinstance(value.op, _MIXING)
        or (isinstance(value.op, ops.Reduce) and 0 in value.op.axes)
    )


_MIXING = (
    *(ops.Recurrent, ops.Tensor),
    *(vision_ops.Detect, vision_ops.Propose, vision_ops.PsRoiPool, vision_ops.RoiPool),
    *(vision_ops.Select, vision_ops.Take),
)


def _takes_any_batch(graph: Graph) -> bool:
    """Whether axis 0 is that of the items everywhere, and no length of it stands in the graph."""
    firsts = {shape[0] if shape else None for shape in graph.arguments.values()}
    firsts |= {shape[0] if shape else None for node in graph.nodes for shape in node.tops}
    return len(firsts) == 1 and None not in firsts


def _dims(shape: Shape | None, dynamic: bool) -> list[int | str | None] | None:
    if shape is None:
        return None
    dims: list[int | str | None] = [None if length is UNKNOWN else length for length in shape]
    if dims and dynamic:
        dims[0] = BATCH
    return dims
