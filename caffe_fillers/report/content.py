"""Content of the page as plain data: layers with their blobs, and findings on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from caffe_fillers._version import __version__
from caffe_fillers.check import BlobVerdict, CheckResult
from caffe_fillers.distributions import Distribution
from caffe_fillers.layers import Role
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.notes import Note
from caffe_fillers.plan import Fill
from caffe_fillers.planner import Place, PlannedBlob, PlannedLayer, PlannedNet, Wire
from caffe_fillers.report.expected import expected_counts
from caffe_fillers.report.facts import learning_rates, multiply_adds, settings
from caffe_fillers.report.filters import FilterImage, filter_image
from caffe_fillers.report.graph import Box, Drawing, draw, first_layers
from caffe_fillers.report.summary import Summary, summarize
from caffe_fillers.report.values import Comparison, as_distribution, compare
from caffe_fillers.rng import BOOST
from caffe_fillers.rows import PlanRow, plan_rows
from caffe_fillers.shapes import format_shape
from caffe_fillers.signal import LayerSignal, SignalReport, analyze


@dataclass(frozen=True)
class Origin:
    """Origin of the values, and the command that shows them again.

    `weights` is the name of a file; without one the values were drawn from
    `seed`. `other` is that of a file that they are compared with. `command` is
    the line that makes the page.
    """

    command: str
    seed: int | None = None
    weights: str | None = None
    other: str | None = None
    boost: str = BOOST
    caffe: str = "master"
    version: str = __version__


@dataclass(frozen=True)
class BlobView:
    """A parameter blob: as planned, and as stored if it is."""

    row: PlanRow
    summary: Summary | None = None
    distribution: Distribution | None = None
    expected: tuple[float, ...] | None = None
    verdict: BlobVerdict | None = None
    other: Comparison | None = None
    lr_mult: float = 1.0
    decay_mult: float = 1.0


@dataclass(frozen=True)
class LayerView:
    """A layer with all that is known of it; `bottoms` and `tops` are names with shapes in words.

    `is_copy` marks a Split, which nobody wrote; `settings` are its kernel, stride and the like, and
    `multiply_adds` are for one item of a batch.
    """

    number: int
    name: str
    type: str
    bottoms: tuple[tuple[str, str], ...]
    tops: tuple[tuple[str, str], ...]
    blobs: tuple[BlobView, ...]
    notes: tuple[Note, ...]
    signal: LayerSignal
    is_copy: bool = False
    is_data: bool = False
    filters: FilterImage | None = None
    settings: tuple[tuple[str, str], ...] = ()
    multiply_adds: int | None = None


@dataclass(frozen=True)
class Content:
    """Content of the page."""

    name: str
    layers: tuple[LayerView, ...]
    drawing: Drawing
    signal: SignalReport
    notes: tuple[Note, ...]
    parameters: int
    origin: Origin
    check: CheckResult | None = None

    @property
    def blobs(self) -> list[tuple[LayerView, BlobView]]:
        """Every parameter blob with its layer."""
        return [(layer, blob) for layer in self.layers for blob in layer.blobs]

    @property
    def boxes(self) -> list[tuple[Box, list[LayerView]]]:
        """Every box of the drawing with its layers."""
        return [(box, [self.layers[number] for number in box.layers]) for box in self.drawing.boxes]

    @property
    def places(self) -> dict[str, int]:
        """The number of the first layer of each name."""
        return {layer.name: layer.number for layer in reversed(self.layers)}


def collect(
    net: PlannedNet,
    notes: Sequence[Note],
    stored: Mapping[Place, ModelBlob],
    origin: Origin,
    check: CheckResult | None = None,
    other: Mapping[Place, ModelBlob] | None = None,
) -> Content:
    """Look at every stored blob, one at a time, and collect what belongs to each layer.

    The signal is computed from the values of a file where there is one, else from
    the fillers. `other` are the blobs to compare with.
    """
    verdicts = {(each.layer, each.index): each for each in check.verdicts} if check else {}
    first = set(first_layers(net))
    rows = dict(zip((blob.place for blob in net.blobs), plan_rows(net), strict=True))
    views = {
        blob.place: _blob(
            net,
            layer,
            blob,
            rows[blob.place],
            stored.get(blob.place),
            verdicts.get((net.label(layer.id), blob.index)),
            (other or {}).get(blob.place),
        )
        for layer in net.layers
        for blob in layer.blobs
    }
    signal = analyze(net, values=_distributions(net, views) if origin.weights else None)
    return Content(
        name=net.name,
        layers=tuple(
            replace(
                _layer(net, layer, predicted, notes),
                blobs=tuple(views[blob.place] for blob in layer.blobs),
                filters=_filters(layer, stored) if layer.id in first else None,
            )
            for layer, predicted in zip(net.layers, signal.layers, strict=True)
        ),
        drawing=draw(net),
        signal=signal,
        notes=tuple(notes),
        parameters=net.num_parameters,
        origin=origin,
        check=check,
    )


def _layer(net: PlannedNet, layer: PlannedLayer, predicted: LayerSignal, notes: Sequence[Note]) -> LayerView:
    """Return a layer without its values."""
    return LayerView(
        number=layer.id,
        name=layer.name,
        type=layer.type,
        bottoms=tuple(map(_shaped, layer.bottoms)),
        tops=tuple(map(_shaped, layer.tops)),
        blobs=(),
        notes=_notes_of(layer, notes),
        signal=predicted,
        is_copy=layer.kind.role is Role.COPY,
        is_data=layer.kind.role is Role.DATA,
        settings=settings(layer),
        multiply_adds=multiply_adds(net, layer),
    )


def _distributions(net: PlannedNet, views: Mapping[Place, BlobView]) -> dict[Place, Distribution]:
    """Return each blob's values as a distribution for the signal."""
    found = {
        blob.place: as_distribution(view.summary, blob.shape)
        for blob in net.blobs
        if (view := views[blob.place]).summary is not None
    }
    return {place: distribution for place, distribution in found.items() if distribution is not None}


def seeded(net: PlannedNet, model: Model) -> dict[Place, ModelBlob]:
    """Return the blobs of a model that was made of the net, by place, without shared ones."""
    return {
        blob.place: stored.blobs[blob.index]
        for layer, stored in zip(net.layers, model.layers, strict=True)
        for blob in layer.blobs
        if blob.owner is None
    }


def _filters(layer: PlannedLayer, stored: Mapping[Place, ModelBlob]) -> FilterImage | None:
    """Return the picture of a layer's weights, if these are images."""
    if not layer.blobs or len(layer.blobs[0].shape) != 4 or layer.blobs[0].place not in stored:
        return None
    weights = layer.blobs[0]
    return filter_image(stored[weights.place].array().reshape(weights.shape))


def _blob(
    net: PlannedNet,
    layer: PlannedLayer,
    planned: PlannedBlob,
    row: PlanRow,
    found: ModelBlob | None,
    verdict: BlobVerdict | None,
    other: ModelBlob | None,
) -> BlobView:
    step = net.steps[planned.step]
    distribution = step.distribution() if isinstance(step, Fill) else None
    lr_mult, decay_mult = learning_rates(layer, planned)
    view = BlobView(row, distribution=distribution, verdict=verdict, lr_mult=lr_mult, decay_mult=decay_mult)
    if found is None or planned.owner is not None:
        return view
    summary = summarize(found.chunks, distribution)
    expected = None
    if distribution is not None and summary.histogram is not None:
        expected = expected_counts(distribution, summary.histogram, summary.size)
    comparison = compare(found.chunks, other, summary.histogram) if other else None
    return replace(view, summary=summary, expected=expected, other=comparison)


def _shaped(wire: Wire) -> tuple[str, str]:
    return wire.name, "unknown" if wire.shape is None else format_shape(wire.shape)


def _notes_of(layer: PlannedLayer, notes: Sequence[Note]) -> tuple[Note, ...]:
    return tuple(note for note in notes if note.layer and note.layer == layer.name)
