"""Export a net with its weights as an ONNX model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from caffe_fillers._version import __version__
from caffe_fillers.errors import MissingExtraError, UsageError
from caffe_fillers.model import Model
from caffe_fillers.planner import PlannedNet
from caffe_fillers.port import ops, vision_ops
from caffe_fillers.port.graph import Graph, Layer, build_graph, cut, port_all
from caffe_fillers.port.layout import blobs_of, layer_blobs
from caffe_fillers.port.onnx_nodes import Learned, Nodes, Place
from caffe_fillers.port.targets.onnx import RULES
from caffe_fillers.port.values import Input, Value
from caffe_fillers.shapes import UNKNOWN, Shape, is_known

if TYPE_CHECKING:
    import onnx

Blobs: TypeAlias = "Sequence[NDArray[np.float32]]"
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


def export(net: PlannedNet, model: Model, *, every_blob: bool = False, part: int | None = None) -> Exported:
    """Export the net with weights as an ONNX model of opset 17; with `every_blob` each blob is an output.

    Initializers are named after blobs, `conv1/0` and `conv1/1`; statistics, which Caffe keeps as sums, are
    `bn/mean` and `bn/variance`. The batch is of any size where the net allows it. What has no nodes as Caffe
    computes it is a `UsageError`, a missing package a `MissingExtraError`.
    """
    _require_onnx()
    blobs = blobs_of(net, model)

    def arrays(layer: Layer) -> Blobs:
        return [blob.array() for blob in layer_blobs(layer, blobs)]

    graph = build_graph(net, every_blob=every_blob)
    if part is not None:
        graph = cut(graph, lambda whole: port_all("onnx", whole, _Export(whole, arrays).add), part)
    made = _Export(graph, arrays)
    port_all("onnx", graph, made.add)
    return Exported(made.model(every_blob), made.tensors())


@dataclass(frozen=True)
class OpenModel:
    """An ONNX model whose blobs are outputs, and whose parameters, as they are at a call, are inputs."""

    exported: Exported
    parameters: Callable[[], Mapping[str, NDArray[np.float32]]]


def export_open(graph: Graph, arrays: Callable[[Layer], Blobs]) -> OpenModel:
    """Export a graph without its weights; `arrays` gives the blobs of a layer as they are when it is called.

    Errors are those of `export`.
    """
    _require_onnx()
    made = _Export(graph, arrays)
    port_all("onnx", graph, made.add)
    shapes = {name: each.shape for name, each in made.nodes.learned.items()}
    model = made.model(every_blob=True, parameters=shapes)
    layers = {layer.node.label: layer for layer in graph.layers}
    roles: dict[str, dict[str, Learned]] = {}
    for name, each in made.nodes.learned.items():
        roles.setdefault(each.layer, {})[name] = each

    def parameters() -> dict[str, NDArray[np.float32]]:
        values = {}
        for label, named in roles.items():
            by_role = layers[label].settings.assigned(arrays(layers[label]))
            values.update({name: by_role[each.role].reshape(each.shape) for name, each in named.items()})
        return values

    return OpenModel(Exported(model, made.tensors()), parameters)


def _require_onnx() -> None:
    try:
        import onnx  # noqa: F401
    except ImportError:
        raise MissingExtraError("onnx", "onnx") from None


class _Export:
    """A graph on its way to ONNX, a layer after another."""

    def __init__(self, graph: Graph, arrays: Callable[[Layer], Blobs]) -> None:
        self.graph, self.arrays = graph, arrays
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
        arrays = value.op.assigned(self.arrays(layer))
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

    def model(self, every_blob: bool, parameters: Mapping[str, Shape] | None = None) -> onnx.ModelProto:
        """Return the model; `parameters` are inputs beside the graph's."""
        from onnx import helper

        dynamic = not self.mixes and _takes_any_batch(self.graph)
        inputs = {self.graph.blobs[name]: _dims(shape, dynamic) for name, shape in self.inputs().items()}
        return helper.make_model(
            self.nodes.graph(
                inputs={**inputs, **(parameters or {})},
                outputs={name: _dims(shape, dynamic) for name, shape in self.outputs(every_blob).items()},
            ),
            producer_name="caffe-fill",
            producer_version=__version__,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
        )

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
