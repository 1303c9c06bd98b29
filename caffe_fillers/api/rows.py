"""A Plan as rows: what the table, the JSON and the report show of each blob."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from caffe_fillers import laws
from caffe_fillers.execute import fill_law
from caffe_fillers.fans import MASTER, Convention
from caffe_fillers.plan import Fill, Plan
from caffe_fillers.shapes import Shape


@dataclass(frozen=True)
class PlanRow:
    """One parameter blob: what fills it and from which law; fans are None where nothing is drawn."""

    layer: str
    type: str
    index: int
    shape: Shape
    filler: str
    fan_in: int | None
    fan_out: int | None
    law: str
    bound: float | None
    std: float | None
    parameters: int


def plan_rows(plan: Plan, convention: Convention = MASTER) -> Iterator[PlanRow]:
    """A row for each parameter blob, in the order of the net."""
    for blob in plan.blobs:
        step = plan.steps[blob.step]
        start = (blob.layer, blob.layer_type, blob.index, blob.shape)
        if blob.owner is not None:
            shared = f"shared with {blob.owner[0]}[{blob.owner[1]}]"
            yield PlanRow(*start, shared, None, None, "", None, None, 0)
        elif not isinstance(step, Fill):
            yield PlanRow(*start, "in the prototxt", None, None, "", None, None, blob.count)
        else:
            law = fill_law(step, convention)
            drawn = law.std > 0 and len(step.shape) > 1 and not isinstance(law, laws.Exact)
            fan_in, fan_out = convention.fans(step.shape) if drawn else (None, None)
            bound = law.high if isinstance(law, laws.Uniform) else None
            yield PlanRow(
                *start, step.filler.type_name, fan_in, fan_out, str(law), bound, law.std, blob.count
            )
