"""The forward pass: layers of a net computed with onnxruntime, losses and accuracies with numpy.

`Net::ForwardFromTo`, src/caffe/net.cpp, BVLC/caffe 9b8915401: the layers of a
range, in order, on the values that the blobs have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from caffe_fillers.errors import CaffeFillersError, MissingExtraError, UsageError
from caffe_fillers.layers import Role, layer_types
from caffe_fillers.model import Model, same_bits
from caffe_fillers.planner import PlannedLayer, PlannedNet
from caffe_fillers.port import ops
from caffe_fillers.port.graph import build_graph
from caffe_fillers.port.onnx_export import Exported, export
from caffe_fillers.pycaffe.blobs import Array, Blob
from caffe_fillers.pycaffe.measures import measures
from caffe_fillers.pycaffe.sources import source_of
from caffe_fillers.schema import TEST, LayerParameter

if TYPE_CHECKING:
    import onnxruntime

Blobs: TypeAlias = "dict[str, Blob]"
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
    """An ONNX session, what it was made of, and by blob the tensor that holds it in the end."""

    plan: PlannedNet
    parameters: list[Array]
    session: onnxruntime.InferenceSession
    tensors: Mapping[str, str]

    def holds(self, plan: PlannedNet, parameters: list[Array]) -> bool:
        """Whether it computes this net with these parameters, bit by bit."""
        return plan is self.plan and all(map(same_bits, self.parameters, parameters))


class Engine:
    """Computes layers of one net; what onnxruntime was given lasts until a parameter or a shape changes."""

    def __init__(self) -> None:
        self._sessions: dict[Range, _Session] = {}

    def run(
        self,
        plan: PlannedNet,
        parameters: list[Array],
        model: Callable[[], Model],
        blobs: Blobs,
        chosen: Range,
    ) -> None:
        """Compute the layers of a range; afterwards a blob has the values of the last layer that makes it.

        `parameters` are the parameter blobs of these layers, `model` gives
        those of the whole net. What cannot be computed as Caffe does is a
        `UsageError`, before any blob is changed.
        """
        layers = plan.layers[chosen.start : chosen.end + 1]
        sources = [source_of(layer) for layer in layers if _brings_data(layer)]
        judged = [(layer, _measure(layer)) for layer in layers if layer.kind.role in _JUDGES]
        _refuse_readers_of_losses(layers)
        session = self._session(plan, parameters, model, chosen)
        for fill in sources:
            fill(blobs)
        if session is not None:
            _compute(session, blobs)
        for layer, measure in judged:
            _judge(layer, measure, blobs)

    def _session(
        self, plan: PlannedNet, parameters: list[Array], model: Callable[[], Model], chosen: Range
    ) -> _Session | None:
        """The session of a range, None where nothing in it is to be computed."""
        known = self._sessions.get(chosen)
        if known is not None and known.holds(plan, parameters):
            return known
        self._sessions.pop(chosen, None)  # before the next one takes as much memory
        part = _part(plan, chosen)
        if not any(_computes(layer) for layer in part.layers):
            return None
        made = _export(part, model(), chosen)
        self._sessions[chosen] = _Session(
            plan=plan,
            parameters=[array.copy() for array in parameters],
            session=_start(made),
            tensors=made.tensors,
        )
        return self._sessions[chosen]


def _brings_data(layer: PlannedLayer) -> bool:
    """Whether a layer makes blobs of nothing that the net holds: a data layer, or one written in Python."""
    return layer.kind.role is Role.DATA or not (layer.bottoms or layer.blobs)


def _computes(layer: PlannedLayer) -> bool:
    return layer.kind.role is Role.COMPUTE and bool(layer.bottoms or layer.blobs)


def _export(part: PlannedNet, model: Model, chosen: Range) -> Exported:
    """The part of a net as an ONNX model; `model` is that of the whole net."""
    cut = Model(net=part.head, layers=model.layers[chosen.start : chosen.end + 1])
    _refuse_training(part)
    try:
        return export(part, cut, every_blob=True)
    except UsageError as error:
        raise UsageError(
            "forward computes what caffe-fill port --to onnx takes; forward(start=..., end=...) computes the "
            f"layers before and after what it does not: {error}"
        ) from error


def _start(made: Exported) -> onnxruntime.InferenceSession:
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtraError("onnxruntime", "forward") from None
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    return onnxruntime.InferenceSession(
        made.model.SerializeToString(), options, providers=["CPUExecutionProvider"]
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


def _refuse_training(part: PlannedNet) -> None:
    """Refuse layers that, in their net's phase, draw random numbers or use statistics of the batch."""
    for layer in build_graph(part, every_blob=True).layers:
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
    given = {}
    for each in made.session.get_inputs():
        blob, built = blobs[each.name], made.plan.tops[each.name]
        if blob.shape != built:
            raise UsageError(
                f"blob {each.name!r} has shape {blob.shape}, and the net was built for {built}: reshape the "
                "net's inputs, then call net.reshape()"
            )
        given[each.name] = blob.data
    names = {each.name for each in made.session.get_outputs()}
    outputs = {blob: tensor for blob, tensor in made.tensors.items() if tensor in names}
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
