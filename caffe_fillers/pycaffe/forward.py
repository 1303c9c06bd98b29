"""The forward pass: layers of a net computed with onnxruntime, losses and accuracies with numpy.

`Net::ForwardFromTo`, src/caffe/net.cpp, BVLC/caffe 9b8915401: the layers of a
range, in order, on the values that the blobs have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from caffe_fillers.errors import CaffeFillersError, MissingExtraError, UsageError
from caffe_fillers.layers import Role, layer_types
from caffe_fillers.planner import PlannedBlob, PlannedLayer, PlannedNet
from caffe_fillers.port import ops
from caffe_fillers.port.graph import Graph, Layer, build_graph
from caffe_fillers.port.onnx_export import OpenModel, export_open
from caffe_fillers.pycaffe.blobs import Array, Blob
from caffe_fillers.pycaffe.measures import measures
from caffe_fillers.pycaffe.sources import InputArrays, source_of
from caffe_fillers.schema import TEST, LayerParameter

if TYPE_CHECKING:
    import onnxruntime

Blobs: TypeAlias = "dict[str, Blob]"
Parameters: TypeAlias = "Sequence[Sequence[Blob]]"
_JUDGES = (Role.LOSS, Role.MEASURE)
_INPUT = "Input"
_ERRORS_ONLY = 3  # of onnxruntime's levels of logging


@dataclass(frozen=True)
class Range:
    """Layers of a net from `start` to `end`, both included, by position."""

    start: int
    end: int


@dataclass(frozen=True)
class _Session:
    """An ONNX session of layers of a net, and the model that it was made of."""

    plan: PlannedNet
    session: onnxruntime.InferenceSession
    model: OpenModel


class Engine:
    """Computes layers of one net; a session lasts until a shape changes; it reads parameters at each pass."""

    def __init__(self) -> None:
        self._sessions: dict[Range, _Session] = {}

    def run(
        self,
        plan: PlannedNet,
        parameters: Parameters,
        blobs: Blobs,
        chosen: Range,
        arrays: InputArrays | None = None,
    ) -> None:
        """Compute the layers of a range; afterwards a blob has the values of the last layer that makes it.

        `parameters` are the parameter blobs of all layers, `arrays` the items
        of a MemoryData layer that begins the net. What cannot be computed as
        Caffe does is a `UsageError`, before any blob is changed.
        """
        layers = plan.layers[chosen.start : chosen.end + 1]
        sources = [source_of(layer, arrays) for layer in layers if _brings_data(layer)]
        judged = [(layer, _measure(layer)) for layer in layers if layer.kind.role in _JUDGES]
        _refuse_readers_of_losses(layers)
        session = self._session(plan, parameters, chosen)
        for fill in sources:
            fill(blobs)
        if session is not None:
            _compute(session, blobs)
        for layer, measure in judged:
            _judge(layer, measure, blobs)

    def _session(self, plan: PlannedNet, parameters: Parameters, chosen: Range) -> _Session | None:
        """Return the session of a range, None where nothing in it is to be computed."""
        known = self._sessions.get(chosen)
        if known is not None and known.plan is plan:
            return known
        part = _part(plan, chosen)
        if not any(_computes(layer) for layer in part.layers):
            return None
        model = _export(part, parameters[chosen.start : chosen.end + 1])
        self._sessions[chosen] = _Session(plan=plan, session=_start(model), model=model)
        return self._sessions[chosen]


def _brings_data(layer: PlannedLayer) -> bool:
    """Return whether a layer makes blobs of nothing that the net holds, as a data or a Python layer does."""
    return layer.kind.role is Role.DATA or not (layer.bottoms or layer.blobs)


def _computes(layer: PlannedLayer) -> bool:
    return layer.kind.role is Role.COMPUTE and bool(layer.bottoms or layer.blobs)


def _export(part: PlannedNet, parameters: Parameters) -> OpenModel:
    """Return the part of a net as an ONNX model, whose parameters are those of its layers after the first."""
    graph = build_graph(part, every_blob=True)
    _refuse_training(graph)

    def arrays(layer: Layer) -> list[Array]:
        return [
            _values(layer, blob, parameters[blob.layer_id - 1][blob.index]) for blob in layer.node.parameters
        ]

    try:
        return export_open(graph, arrays)
    except UsageError as error:
        raise UsageError(
            "forward computes what caffe-fill port --to onnx takes; forward(start=..., end=...) computes the "
            f"layers before and after what it does not: {error}"
        ) from error


def _values(layer: Layer, planned: PlannedBlob, blob: Blob) -> Array:
    if blob.shape != planned.shape:
        raise UsageError(
            f"a parameter of layer {layer.node.label!r} has shape {blob.shape}, and the net was built for "
            f"{planned.shape}: reshape it back, or build a net that declares its new shape"
        )
    return np.ascontiguousarray(blob.data, np.float32)


def _start(model: OpenModel) -> onnxruntime.InferenceSession:
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtraError("onnxruntime", "forward") from None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    return onnxruntime.InferenceSession(
        model.exported.model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )


def _part(plan: PlannedNet, chosen: Range) -> PlannedNet:
    """The layers of a range as a net, with one before them that brings all blobs that other layers make.

    Parameter blobs whose owner is outside have values of their own.
    """
    kept = plan.layers[chosen.start : chosen.end + 1]
    ids = {layer.id: number for number, layer in enumerate(kept, start=1)}
    outside = {wire.name: wire for layer in kept for wire in layer.inputs if wire.maker not in ids}
    bringing = LayerParameter(name="outside", type=_INPUT, top=outside)
    layers = [PlannedLayer(0, bringing, kind=layer_types[_INPUT], tops=tuple(outside.values()))]
    for layer in kept:
        blobs = tuple(
            replace(
                blob,
                layer_id=ids[layer.id],
                owner=(ids[blob.owner[0]], blob.owner[1]) if blob.owner and blob.owner[0] in ids else None,
            )
            for blob in layer.blobs
        )
        layers.append(replace(layer, id=ids[layer.id], blobs=blobs))
    return replace(plan, layers=tuple(layers))


def _refuse_training(graph: Graph) -> None:
    """Refuse layers that, in their net's phase, draw random numbers or use statistics of the batch."""
    for layer in graph.layers:
        parameter = layer.node.layer
        for op in layer.ops:
            if isinstance(op, ops.Dropout) and (parameter.phase != TEST or op.always):
                reason = "draws at every pass"
            elif isinstance(op, ops.BatchNorm) and not _keeps_statistics(parameter):
                reason = "normalizes by the batch"
            else:
                continue
            raise UsageError(
                f"layer {parameter.name!r} ({parameter.type}) {reason} as this net sets it up: "
                "build the net with caffe.TEST"
            )


def _keeps_statistics(parameter: Any) -> bool:
    """`use_global_stats_` of batch_norm_layer.cpp: as given, else in phase TEST."""
    param = parameter.batch_norm_param
    given = param.HasField("use_global_stats")
    return bool(param.use_global_stats) if given else parameter.phase == TEST


def _refuse_readers_of_losses(layers: Sequence[PlannedLayer]) -> None:
    """Losses and accuracies are computed last, so no other layer can read them."""
    made: set[int] = set()
    for layer in layers:
        if layer.kind.role in _JUDGES:
            made.update(wire.number for wire in layer.tops)
        elif any(wire.number in made for wire in layer.inputs):
            raise UsageError(
                f"forward does not compute layer {layer.name!r} ({layer.type}), which reads a loss: "
                "stop before it with forward(end=...)"
            )


def _compute(made: _Session, blobs: Blobs) -> None:
    """Run the session on the values of the blobs that it reads, and give all that it makes theirs."""
    given = dict(made.model.parameters())
    for each in made.session.get_inputs():
        if each.name in given:
            continue
        blob, built = blobs[each.name], made.plan.tops[each.name]
        if blob.shape != built:
            raise UsageError(
                f"blob {each.name!r} has shape {blob.shape}, and the net was built for {built}: reshape the "
                "net's inputs, then call net.reshape()"
            )
        given[each.name] = blob.data
    names = {each.name for each in made.session.get_outputs()}
    outputs = {blob: tensor for blob, tensor in made.model.exported.tensors.items() if tensor in names}
    results = made.session.run(list(outputs.values()), given)
    for name, values in zip(outputs, results, strict=True):
        _assign(blobs, name, values)


def _judge(layer: PlannedLayer, measure: Any, blobs: Blobs) -> None:
    try:
        results = measure(layer.parameter, [blobs[wire.name].data for wire in layer.bottoms])
    except CaffeFillersError as error:
        raise UsageError(f"layer {layer.name!r} ({layer.type}): {error}") from error
    for wire, values in zip(layer.tops, results, strict=False):
        _assign(blobs, wire.name, values)


def _assign(blobs: Blobs, name: str, values: Any) -> None:
    """Give a blob its values, in the array that it has where the shape is the same."""
    blob = blobs.setdefault(name, Blob(values.shape))
    if blob.shape != values.shape:
        blob.reshape(*values.shape)
    blob.data[...] = values


def _measure(layer: PlannedLayer) -> Any:
    if layer.kind.name not in measures:
        raise UsageError(
            f"forward does not compute layer {layer.name!r} ({layer.type}): stop before it with "
            "forward(end=...)"
        )
    return measures[layer.kind.name]
