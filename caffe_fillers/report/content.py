"""What the page shows, as plain data: layers with their blobs, what was found out about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from caffe_fillers._version import __version__
from caffe_fillers.check import BlobVerdict, CheckResult
from caffe_fillers.distributions import Distribution
from caffe_fillers.layers import Role
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.notes import Note
from caffe_fillers.plan import Fill
from caffe_fillers.planner import Place, PlannedBlob, PlannedLayer, PlannedNet, Wire
from caffe_fillers.report.expected import expected_counts
from caffe_fillers.report.filters import FilterImage, filter_image
from caffe_fillers.report.graph import Box, Drawing, draw, first_layers
from caffe_fillers.report.summary import Summary, summarize
from caffe_fillers.rng import BOOST
from caffe_fillers.rows import PlanRow, plan_rows
from caffe_fillers.shapes import format_shape
from caffe_fillers.signal import LayerSignal, SignalReport


@dataclass(frozen=True)
class Origin:
    """Where the values come from, and what to type to see them again.

    `weights` is the name of a file; without one the values were drawn from
    `seed`. `command` is the line that makes the page.
    """

    command: str
    seed: int | None = None
    weights: str | None = None
    boost: str = BOOST
    caffe: str = "master"
    version: str = __version__


@dataclass(frozen=True)
class BlobView:
    """A parameter blob: as planned, and as found where it was found."""

    row: PlanRow
    summary: Summary | None = None
    distribution: Distribution | None = None
    expected: tuple[float, ...] | None = None
    verdict: BlobVerdict | None = None


@dataclass(frozen=True)
class LayerView:
    """A layer with all that is known of it; `bottoms` and `tops` are names with shapes in words.

    `is_copy` marks a Split, which nobody wrote.
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
    filters: FilterImage | None = None


@dataclass(frozen=True)
class Content:
    """All that the page says."""

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
    signal: SignalReport,
    origin: Origin,
    check: CheckResult | None = None,
) -> Content:
    """Look at every stored blob, one at a time, and put together what belongs to each layer."""
    verdicts = {(each.layer, each.index): each for each in check.verdicts} if check else {}
    first = set(first_layers(net))
    rows = plan_rows(net)
    layers = []
    for layer, predicted in zip(net.layers, signal.layers, strict=True):
        blobs = []
        for blob in layer.blobs:
            verdict = verdicts.get((net.label(layer.id), blob.index))
            blobs.append(_blob(net, blob, next(rows), stored.get(blob.place), verdict))
        layers.append(
            LayerView(
                number=layer.id,
                name=layer.name,
                type=layer.type,
                bottoms=tuple(map(_shaped, layer.bottoms)),
                tops=tuple(map(_shaped, layer.tops)),
                blobs=tuple(blobs),
                notes=_notes_of(layer, notes),
                signal=predicted,
                is_copy=layer.kind.role is Role.COPY,
                filters=_filters(layer, stored) if layer.id in first else None,
            )
        )
    return Content(
        name=net.name,
        layers=tuple(layers),
        drawing=draw(net),
        signal=signal,
        notes=tuple(notes),
        parameters=net.num_parameters,
        origin=origin,
        check=check,
    )


def seeded(net: PlannedNet, model: Model) -> dict[Place, ModelBlob]:
    """The blobs of a model that was made of the net, by place, but for shared ones."""
    return {
        blob.place: stored.blobs[blob.index]
        for layer, stored in zip(net.layers, model.layers, strict=True)
        for blob in layer.blobs
        if blob.owner is None
    }


def _filters(layer: PlannedLayer, stored: Mapping[Place, ModelBlob]) -> FilterImage | None:
    """The picture of a layer's weights, where these are images."""
    if not layer.blobs or len(layer.blobs[0].shape) != 4 or layer.blobs[0].place not in stored:
        return None
    weights = layer.blobs[0]
    return filter_image(stored[weights.place].array().reshape(weights.shape))


def _blob(
    net: PlannedNet,
    planned: PlannedBlob,
    row: PlanRow,
    found: ModelBlob | None,
    verdict: BlobVerdict | None,
) -> BlobView:
    step = net.steps[planned.step]
    distribution = step.distribution() if isinstance(step, Fill) else None
    if found is None or planned.owner is not None:
        return BlobView(row, distribution=distribution, verdict=verdict)
    summary = summarize(found.chunks, distribution)
    expected = None
    if distribution is not None and summary.histogram is not None:
        expected = expected_counts(distribution, summary.histogram, summary.size)
    return BlobView(row, summary, distribution, expected, verdict)


def _shaped(wire: Wire) -> tuple[str, str]:
    return wire.name, "unknown" if wire.shape is None else format_shape(wire.shape)


def _notes_of(layer: PlannedLayer, notes: Sequence[Note]) -> tuple[Note, ...]:
    return tuple(note for note in notes if note.layer and note.layer == layer.name)
