"""Plan a prepared net as `Net::Init` builds it: src/caffe/net.cpp, BVLC/caffe 9b8915401."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from caffe_fillers.errors import CaffeFillersError, NetError, UnknownNameError, UnknownShapeError
from caffe_fillers.fans import Convention
from caffe_fillers.layers import LayerType, Param, Role, Setup, layer_type, layer_types, passed_layer_type
from caffe_fillers.notes import Note
from caffe_fillers.passes import era_of
from caffe_fillers.plan import Draw, Fill, Given, Step
from caffe_fillers.planner.blobs import TopBlobs
from caffe_fillers.planner.net import PlannedBlob, PlannedLayer, PlannedNet, Wire
from caffe_fillers.planner.remedy import with_remedy
from caffe_fillers.planner.sharing import SharedParams
from caffe_fillers.planner.unknown import refuse_unknown_weights
from caffe_fillers.prototxt import Tolerance
from caffe_fillers.schema import BlobProto, LayerParameter, NetParameter
from caffe_fillers.schema.dialects import DIALECTS
from caffe_fillers.shapes import Shape, as_shape, check_blob_shape, count, differ, format_shape, is_known
from caffe_fillers.sources import Sources


def plan_net(
    net: NetParameter,
    sources: Sources,
    shapes: Mapping[str, Shape] | None = None,
    *,
    path: str = "",
    tolerance: Tolerance = Tolerance.CAREFUL,
) -> PlannedNet:
    """Walk a net that `passes` has prepared.

    `shapes` gives blobs' shapes where the net cannot tell or is to be
    overruled; `path` is named in errors. An unknown layer type is noted and passed, unless
    `tolerance` is strict, or careful and the layer plainly has weights. A net that Caffe would
    refuse is a `NetError`, one whose weights depend on an unknown shape an
    `UnknownShapeError`.
    """
    given = dict(shapes or {})
    head = NetParameter(name=net.name)
    if net.HasField("text_extra"):
        head.text_extra.CopyFrom(net.text_extra)

    def attempt(more: Mapping[str, Shape]) -> PlannedNet:
        tops = TopBlobs({**given, **more})
        walk = _Walk(sources, tops, path, tolerance, era_of(net).convention)
        for layer_id, layer in enumerate(net.layer):
            walk.add(layer_id, layer)
        return PlannedNet(
            head=head,
            layers=tuple(walk.layers),
            steps=tuple(walk.steps),
            notes=tuple(walk.notes),
        )

    try:
        return attempt({})
    except UnknownShapeError as error:
        raise with_remedy(error, attempt) from None


@dataclass
class _Walk:
    sources: Sources
    tops: TopBlobs
    path: str
    tolerance: Tolerance
    convention: Convention
    layers: list[PlannedLayer] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    shared: SharedParams = field(default_factory=SharedParams)

    def add(self, layer_id: int, layer: LayerParameter) -> None:
        """Build one layer; an error gets its place, name and type."""
        try:
            self.layers.append(self._build(layer_id, layer))
        except CaffeFillersError as error:
            line = f":{layer.text_extra.line}" if layer.text_extra.line else ""
            place = f"{self.path}{line}: " if self.path else ""
            message = f"{place}layer {layer.name!r} ({layer.type}): {error}"
            if isinstance(error, UnknownShapeError):
                raise error.again(message) from error
            raise NetError(message) from error

    def _build(self, layer_id: int, layer: LayerParameter) -> PlannedLayer:
        kind = self._type(layer)
        bottoms = self._bottoms(layer, kind)
        setup = self._set_up(layer, kind, bottoms)
        self._note_overruled(layer, setup)
        tops = self.tops.set_tops(layer_id, layer, kind, setup.tops, setup.assumed)
        saved = setup.saved or layer
        begin = len(self.steps)
        made = self._add_blobs(layer_id, layer, kind, setup)
        blobs = tuple(self.shared.resolve(saved, blob) for blob in made)
        return PlannedLayer(
            id=layer_id,
            parameter=_as_saved(saved, kind, len(setup.tops)),
            kind=kind,
            bottoms=bottoms,
            tops=tops,
            blobs=blobs,
            steps=range(begin, len(self.steps)),
        )

    def _note_overruled(self, layer: LayerParameter, setup: Setup) -> None:
        """Note where a shape that is given differs from what the net declares."""
        for index, name in enumerate(layer.top):
            shape, given = setup.tops[index], self.tops.given.get(name)
            if given is None or shape is None or index in setup.assumed or not differ(shape, given):
                continue
            note = f"{name!r} is {format_shape(given)}, as given; the net itself says {format_shape(shape)}"
            self.notes.append(Note(note, layer.name, layer.text_extra.line))

    def _type(self, layer: LayerParameter) -> LayerType:
        found = layer_type(layer)
        if found is None and self.tolerance is Tolerance.STRICT:
            raise UnknownNameError("layer type", layer.type, layer_types.names())
        kind = found or passed_layer_type(layer.type)
        if self.tolerance is not Tolerance.LENIENT:
            refuse_unknown_weights(layer, kind)
        return kind

    def _bottoms(self, layer: LayerParameter, kind: LayerType) -> tuple[Wire, ...]:
        if layer.propagate_down and len(layer.propagate_down) != len(layer.bottom):
            raise NetError("propagate_down must be given once per bottom or not at all")
        bottoms = self.tops.take_bottoms(layer)
        self.tops.claim_tops(layer)
        _check_counts(layer, kind)
        return bottoms

    def _set_up(self, layer: LayerParameter, kind: LayerType, bottoms: tuple[Wire, ...]) -> Setup:
        shapes = tuple(wire.shape for wire in bottoms)
        if None in shapes and not kind.accepts_unranked:
            if kind.weights_need_shape:
                raise self.tops.unknown(layer)
            return Setup((None,) * _num_tops(layer, kind))
        setup = kind.set_up(layer, shapes, self.sources)  # type: ignore[arg-type]
        if len(setup.tops) < len(layer.top):
            raise NetError(f"it has {len(layer.top)} tops; the type makes {len(setup.tops)} here")
        given = bool(setup.assumed) and all(layer.top[index] in self.tops.given for index in setup.assumed)
        notes = () if given else setup.notes
        self.notes += [Note(note, layer.name, layer.text_extra.line) for note in notes]
        return setup

    def _add_blobs(
        self, layer_id: int, layer: LayerParameter, kind: LayerType, setup: Setup
    ) -> list[PlannedBlob]:
        """Add the parameter blobs as the layer makes them, before any is shared."""
        made: list[PlannedBlob] = []
        for event in _given_instead(layer, kind, setup):
            if isinstance(event, Draw):
                self.steps.append(replace(event, layer=layer.name))
                continue
            index = len(made) if event.index is None else event.index
            step = self._add_fill(layer, index, event)
            if isinstance(event, Given) or event.kept:
                made.append(PlannedBlob(layer_id, index, event.shape, step))
        if len(layer.param) > len(made) and not kind.opaque:
            raise NetError(f"it has {len(layer.param)} param entries, but {len(made)} parameter blobs")
        return sorted(made, key=lambda blob: blob.index)

    def _add_fill(self, layer: LayerParameter, index: int, event: Param | Given) -> int:
        if isinstance(event, Given):
            self.steps.append(event)
        elif not is_known(event.shape):
            raise self.tops.unknown(layer)
        else:
            check_blob_shape(event.shape)
            fill = Fill(
                layer=layer.name,
                index=index,
                shape=event.shape,
                filler=event.filler,
                legacy_shape=event.legacy_shape,
                convention=self.convention,
                inputs_first=event.inputs_first,
            )
            fill.distribution()  # a filler that refuses this blob says so now
            self.steps.append(fill)
        return len(self.steps) - 1


def _as_saved(layer: LayerParameter, kind: LayerType, num_tops: int) -> LayerParameter:
    """Return the layer as Caffe would write it, with its loss weights."""
    saved, weighted = layer, kind.role is Role.LOSS and kind.default_loss_weight and not layer.loss_weight
    if layer.blobs or weighted:  # most layers are saved unchanged, and a net may have many
        saved = LayerParameter()
        saved.CopyFrom(layer)
        saved.ClearField("blobs")
    if weighted:
        saved.loss_weight.append(1)
    if saved.loss_weight and len(saved.loss_weight) != num_tops:
        raise NetError(
            f"it has {len(saved.loss_weight)} loss_weight for {num_tops} tops: give one per top or none"
        )
    return saved


def _num_tops(layer: LayerParameter, kind: LayerType) -> int:
    """Count the tops, with those that Caffe adds to a loss layer that names too few (AutoTopBlobs)."""
    return max(len(layer.top), kind.tops[0]) if kind.role is Role.LOSS else len(layer.top)


def _counts(layer: LayerParameter, kind: LayerType) -> tuple[tuple[str, int, tuple[int, int | None]], ...]:
    """Return the numbers of bottoms and tops, with those that a type takes."""
    return ("bottom", len(layer.bottom), kind.bottoms), ("top", _num_tops(layer, kind), kind.tops)


def _is_within(number: int, limits: tuple[int, int | None]) -> bool:
    least, most = limits
    return least <= number and (most is None or number <= most)


def _forks_that_take(layer: LayerParameter) -> str:
    """Return a hint at the dialects whose own type of that name takes the layer's bottoms and tops."""
    variants = ((dialect, layer_types.variant(layer.type, dialect)) for dialect in DIALECTS)
    taking = [
        dialect
        for dialect, kind in variants
        if kind is not None and all(_is_within(number, limits) for _, number, limits in _counts(layer, kind))
    ]
    return f"; in other forks it takes these: --dialect {' or '.join(taking)}" if taking else ""


def _check_counts(layer: LayerParameter, kind: LayerType) -> None:
    """Check numbers of bottoms and tops: `Layer::CheckBlobCounts`."""
    for side, number, (least, most) in _counts(layer, kind):
        if not _is_within(number, (least, most)):
            limit = f"{least}" if least == most else f"{least} to {most}" if most else f"at least {least}"
            raise NetError(f"it has {number} {side} blobs; the type takes {limit}{_forks_that_take(layer)}")
    if kind.same_number and len(layer.bottom) != len(layer.top):
        raise NetError(
            f"it has {len(layer.bottom)} bottoms and {len(layer.top)} tops; it needs as many of each"
        )


def _given_instead(layer: LayerParameter, kind: LayerType, setup: Setup) -> tuple[Param | Draw | Given, ...]:
    """Replace fills by blobs that stand in the prototxt: Caffe then skips initialization.

    A layer that throws them away, as a recurrent one, fills all the same.
    """
    params = [event for event in setup.events if isinstance(event, Param)]
    if not layer.blobs or not params or kind.ignores_given_blobs:
        return setup.events
    if len(layer.blobs) != len(params):
        raise NetError(f"it carries {len(layer.blobs)} blobs, but has {len(params)} parameter blobs")
    given = []
    for index, (proto, param) in enumerate(zip(layer.blobs, params, strict=True)):
        shape = blob_shape(proto)
        values = np.asarray(proto.double_data or proto.data, "<f4")
        if is_known(param.shape) and count(shape) != count(param.shape):
            raise NetError(
                f"blob {index} in the prototxt has shape {format_shape(shape)}; "
                f"the layer needs {format_shape(param.shape)}"
            )
        if values.size != count(shape):
            raise NetError(f"blob {index} holds {values.size} values for shape {format_shape(shape)}")
        given.append(Given(layer.name, index, shape, values.tobytes()))
    return (*given, *(event for event in setup.events if not isinstance(event, Param)))


def blob_shape(proto: BlobProto) -> Shape:
    """Return the shape of a stored blob, the four axes of old files included (`Blob::FromProto`)."""
    old = ("num", "channels", "height", "width")
    if any(proto.HasField(name) for name in old):
        return tuple(getattr(proto, name) for name in old)
    return as_shape(proto.shape.dim)
