"""Export a net with its weights as an ONNX model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from caffe_fillers._version import __version__
from caffe_fillers.errors import MissingExtraError, UsageError
from caffe_fillers.model import Model
from caffe_fillers.planner import PlannedNet
from caffe_fillers.port import Input, Value, ops, vision_ops
from caffe_fillers.port.graph import Graph, Layer, build_graph
from caffe_fillers.port.onnx_nodes import Nodes, Place, Tensor
from caffe_fillers.port.targets import blobs_of, cut, layer_blobs, port_all
from caffe_fillers.port.targets.onnx import RULES
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
    blobs = blobs_of(net, model)

    def arrays(layer: Layer) -> Blobs:
        return [blob.array() for blob in layer_blobs(layer, blobs)]

    graph = build_graph(net, every_blob=every_blob)
    graph = graph if part is None else cut(graph, lambda whole: _collect(whole, arrays), part)
    made = _collect(graph, arrays)
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
    made = _collect(graph, arrays)
    learned, layers = made.nodes.learned, {layer.node.label: layer for layer in graph.layers}
    model = made.model(every_blob=True, parameters={name: each.shape for name, each in learned.items()})

    def parameters() -> dict[str, NDArray[np.float32]]:
        by_layer = {
            label: layers[label].settings.assigned(arrays(layers[label]))
            for label in {each.layer for each in learned.values()}
        }
        return {name: by_layer[each.layer][each.role].reshape(each.shape) for name, each in learned.items()}

    return OpenModel(Exported(model, made.tensors()), parameters)


def _collect(graph: Graph, arrays: Callable[[Layer], Blobs]) -> _Export:
    """Return all layers of a graph as nodes."""
    try:
        import onnx  # noqa: F401
    except ImportError:
        raise MissingExtraError("onnx", "onnx") from None
    made = _Export(graph, arrays)
    port_all("onnx", graph, made.add)
    return made


class _Export:
    """A graph on its way to ONNX, a layer after another."""

    def __init__(self, graph: Graph, arrays: Callable[[Layer], Blobs]) -> None:
        self.graph, self.arrays = graph, arrays
        self.nodes = Nodes(graph.net.name or "net")
        self.blobs = {variable: blob or variable for variable, blob in graph.blobs.items()}
        self.current = {name: self.blobs[name] for name in graph.arguments}
        self.varying: set[str] = set()
        self.shapes = dict(graph.arguments)
        self.last = {name: node.label for node in graph.nodes for name in node.outputs}

    def add(self, layer: Layer) -> None:
        """The nodes of one layer; its tops get the names of their blobs."""
        node, value, first = layer.node, layer.values[0], len(self.nodes.nodes)
        place = Place(self.nodes, value, self._parameters(layer), node.label)
        inputs = [Tensor(self.current.get(name, name), place) for name in node.inputs]
        done: dict[int, tuple[Tensor, ...]] = {}
        made = [tensor for each in layer.values for tensor in _emit(replace(place, value=each), inputs, done)]
        varies = self.varying & {*node.inputs} or any(isinstance(op, _CHOOSING) for op in layer.ops)
        for variable, tensor, shape in zip(node.outputs, made, node.tops, strict=True):
            final, own = self._name(variable, node.label), tensor
            if tensor in inputs or made.count(tensor) > 1 or tensor.name in self.nodes.initializers:
                own = place.add("Identity", tensor)
            self.nodes.rename(own.name, final, first)
            self.current[variable] = final
            known = value.shape if shape is None else shape  # a Python layer's is not planned
            found = isinstance(value.op, vision_ops.Detect)  # as many as the data has
            self.shapes[variable] = (1, 1, UNKNOWN, 7) if found else known
            if known and varies:
                self.varying.add(variable)
                self.shapes[variable] = (UNKNOWN, *known[1:])

    def _name(self, variable: str, label: str) -> str:
        """Name a tensor: as its blob if no later layer makes the blob and no input has the name."""
        blob = self.blobs[variable]
        free = self.last[variable] == label and variable not in self.graph.arguments
        return blob if free else f"{blob}/{label}"

    def _parameters(self, layer: Layer) -> dict[str, tuple[str, NDArray[np.float32]]]:
        """Return the layer's parameters by role, with their initializers' names, after blob or owner."""
        if layer.learned is None:
            return {}
        names = {}
        for role, blob in zip(layer.settings.roles, layer.node.parameters, strict=False):
            layer_id, index = blob.owner or blob.place
            changed = role in ("mean", "variance")
            names[role] = f"{self.graph.labels[layer_id]}/{role if changed else index}"
        arrays = layer.settings.assigned(self.arrays(layer))
        return {role: (names[role], array) for role, array in arrays.items()}

    def model(self, every_blob: bool, parameters: Mapping[str, Shape] | None = None) -> onnx.ModelProto:
        """Return the model; `parameters` are inputs beside the graph's."""
        from onnx import helper

        arguments, dynamic = self.graph.arguments, _takes_any_batch(self.graph)
        for name, shape in arguments.items():
            if shape is None or not is_known(shape[1:]):
                blob = self.blobs[name]
                raise UsageError(f"the shape of blob {blob!r} is not known; give it with --shape {blob}=...")
        made = [name for name in self.current if name not in arguments or name in self.last]
        results = made if every_blob else self.graph.results
        for name in results:
            if self.shapes[name] is None:
                blob = self.blobs[name]
                raise UsageError(f"the shape of blob {blob!r} is not known; give it with --shape")
        inputs = {self.blobs[name]: _dims(shape, dynamic) for name, shape in arguments.items()}
        return helper.make_model(
            self.nodes.graph(
                inputs={**inputs, **(parameters or {})},
                outputs={self.current[name]: _dims(self.shapes[name], dynamic) for name in results},
            ),
            producer_name="caffe-fill",
            producer_version=__version__,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
        )

    def tensors(self) -> Mapping[str, str]:
        """Map each blob to the tensor that holds it in the end."""
        return {self.graph.blobs[name]: tensor for name, tensor in self.current.items()}


def _emit(place: Place, inputs: Sequence[Tensor], done: dict[int, tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    """Return the tensors of a place's value, whose nodes are made once."""
    value = place.value
    if isinstance(value.op, Input):
        return (inputs[value.op.index],)
    if id(value) not in done:
        given = [_emit(replace(place, value=each), inputs, done)[0] for each in value.inputs]
        made = RULES.rule(value.op)(value.op, place, *given)
        done[id(value)] = made if isinstance(made, tuple) else (made,)
    return done[id(value)]


def _takes_any_batch(graph: Graph) -> bool:
    """Whether axis 0 is that of the items everywhere, and no length of it stands in the graph."""
    shapes = [*graph.arguments.values(), *(shape for node in graph.nodes for shape in node.tops)]
    firsts = {shape[0] if shape else None for shape in shapes}
    values = (each for layer in graph.layers for value in layer.values for each in value.walk())
    return len(firsts) == 1 and None not in firsts and all(map(_keeps_items, values))


def _keeps_items(value: Value) -> bool:
    """Whether an operation treats all items alike, however many they are."""
    match value.op:
        case ops.Align(axis=axis):
            return axis == 0
        case ops.Affine(axis=0, lengths=lengths):
            return not lengths
        case ops.Dense(flatten=None):
            return value.inputs[0].rank > 1
        case ops.Reshape(dims=(first, *rest)):
            return first == "0" or (first == -1 and "0" not in rest)
        case vision_ops.Permute(order=(first, *_)):
            return first == 0
    named = [getattr(value.op, name, ()) for name in ("axis", "axes", "flatten", "start")]
    axes = [axis for each in named for axis in (each if isinstance(each, tuple) else (each,))]
    return 0 not in axes and not isinstance(value.op, _OF_A_LENGTH)


_CHOOSING = (vision_ops.Propose, vision_ops.Select)
_OF_A_LENGTH = (
    *(ops.Recurrent, ops.Tensor, vision_ops.Priors),
    *(vision_ops.Detect, vision_ops.Margin, vision_ops.PsRoiPool, vision_ops.RoiPool, vision_ops.Take),
    *_CHOOSING,
)


def _dims(shape: Shape | None, dynamic: bool) -> list[int | str | None]:
    dims: list[int | str | None] = [None if length is UNKNOWN else length for length in shape or ()]
    return [BATCH, *dims[1:]] if dims and dynamic else dims
