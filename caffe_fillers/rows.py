"""A Plan as rows: what the table, the JSON and the report show of each blob."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from caffe_fillers.plan import Fill, Plan, PlannedBlob
from caffe_fillers.shapes import Shape


@dataclass(frozen=True)
class PlanRow:
    """One parameter blob and where its values come from.

    `filler` is the type, or says what else made the values. Fans, bound and
    standard deviation are None where they mean nothing. `parameters` is 0
    for a shared blob, which is counted where it is owned.
    """

    layer: str
    type: str
    index: int
    shape: Shape
    parameters: int
    filler: str
    distribution: str = ""
    fan_in: int | None = None
    fan_out: int | None = None
    bound: float | None = None
    std: float | None = None


def plan_rows(plan: Plan, copied: Mapping[tuple[int, int], str] | None = None) -> Iterator[PlanRow]:
    """A row for each parameter blob, in the order of the net; `copied` names files by layer and blob."""
    for blob in plan.blobs:
        origin = (copied or {}).get((blob.layer_id, blob.index))
        shape, count = blob.shape, 0 if blob.owner else blob.count
        start = (blob.layer, blob.layer_type, blob.index, shape, count)
        step = plan.steps[blob.step]
        if origin is not None:
            yield PlanRow(*start, f"copied from {origin}")
        elif blob.owner is not None:
            yield PlanRow(*start, f"shared with {blob.owner[0]}[{blob.owner[1]}]")
        elif isinstance(step, Fill):
            yield _filled(blob, step)
        else:
            yield PlanRow(*start, "in the prototxt")


def _filled(blob: PlannedBlob, fill: Fill) -> PlanRow:
    distribution = fill.distribution()
    drawn = distribution.is_random and distribution.std > 0 and len(fill.shape) > 1
    fan_in, fan_out = fill.convention.fans(fill.counted_shape) if drawn else (None, None)
    return PlanRow(
        *(blob.layer, blob.layer_type, blob.index, blob.shape, blob.count),
        *(fill.filler.type_name, str(distribution), fan_in, fan_out),
        bound=distribution.bound,
        std=distribution.std,
    )
