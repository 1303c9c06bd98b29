"""What the page shows, as plain data: layers with their blobs, what was found out about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from caffe_fillers._version import __version__
from caffe_fillers.check import BlobVerdict, CheckResult
from caffe_fillers.distributions import Distribution
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.notes import Note
from caffe_fillers.plan import Fill
from caffe_fillers.planner import PlannedBlob, PlannedNet
from caffe_fillers.report.expected import expected_counts
from caffe_fillers.report.filters import FilterImage, filter_image
from caffe_fillers.report.graph import Box, Drawing, draw, sources
from caffe_fillers.report.summary import Summary, summarise
from caffe_fillers.rng import BOOST
from caffe_fillers.rows import PlanRow, plan_rows
from caffe_fillers.schema import LayerParameter, NetParameter
from caffe_fillers.shapes import Shape, format_shape
from caffe_fillers.signal import LayerSignal, SignalReport

BlobKey = tuple[int, int]
"""A layer's number and a blob's index in it: names may be there twice."""


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
    """A layer with all that is known of it; `bottoms` and `tops` are names with shapes in words."""

    number: int
    name: str
    type: str
    bottoms: tuple[tuple[str, str], ...]
    tops: tuple[tuple[str, str], ...]
    blobs: tuple[BlobView, ...]
    notes: tuple[Note, ...]
    signal: LayerSignal
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
    net: NetParameter,
    plan: PlannedNet,
    notes: Sequence[Note],
    stored: Mapping[BlobKey, ModelBlob],
    signal: SignalReport,
    origin: Origin,
    check: CheckResult | None = None,
) -> Content:
    """Look at every stored blob, one at a time, and put together what belongs to each layer."""
    verdicts = {(each.layer, each.index): each for each in check.verdicts} if check else {}
    first = set(sources(net))
    blobs: dict[int, list[BlobView]] = {}
    images: dict[int, FilterImage | None] = {}
    for planned, row in zip(plan.blobs, plan_rows(plan), strict=True):
        found = stored.get((planned.layer_id, planned.index))
        if found is not None and planned.index == 0 and planned.layer_id in first and len(planned.shape) == 4:
            images[planned.layer_id] = filter_image(found.array().reshape(planned.shape))
        verdict = verdicts.get((plan.label(planned.layer_id), planned.index))
        view = _blob(plan, planned, row, found, verdict)
        blobs.setdefault(planned.layer_id, []).append(view)
    layers = tuple(
        LayerView(
            *(number, layer.name, layer.type, _shaped(layer.bottom, plan), _shaped(layer.top, plan)),
            *(tuple(blobs.get(number, ())), _notes_of(layer, notes), row, images.get(number)),
        )
        for number, (layer, row) in enumerate(zip(net.layer, signal.layers, strict=True))
    )
    return Content(
        *(net.name, layers, draw(net), signal, tuple(notes), plan.num_parameters, origin, check),
    )


def seeded(plan: PlannedNet, model: Model) -> dict[BlobKey, ModelBlob]:
    """The blobs of a model that was made of the plan, by layer number."""
    return {
        (blob.layer_id, blob.index): model.layers[blob.layer_id].blobs[blob.index]
        for blob in plan.blobs
        if blob.owner is None
    }


def _blob(
    plan: PlannedNet,
    planned: PlannedBlob,
    row: PlanRow,
    found: ModelBlob | None,
    verdict: BlobVerdict | None,
) -> BlobView:
    step = plan.steps[planned.step]
    distribution = step.distribution() if isinstance(step, Fill) else None
    if found is None or planned.owner is not None:
        return BlobView(row, distribution=distribution, verdict=verdict)
    summary = summarise(found.chunks, distribution)
    expected = None
    if distribution is not None and summary.histogram is not None:
        expected = expected_counts(distribution, summary.histogram, summary.size)
    return BlobView(row, summary, distribution, expected, verdict)


def _shaped(names: Sequence[str], plan: PlannedNet) -> tuple[tuple[str, str], ...]:
    return tuple((name, _shape(plan.tops.get(name))) for name in names)


def _shape(shape: Shape | None) -> str:
    return "unknown" if shape is None else format_shape(shape)


def _notes_of(layer: LayerParameter, notes: Sequence[Note]) -> tuple[Note, ...]:
    return tuple(note for note in notes if note.layer and note.layer == layer.name)
