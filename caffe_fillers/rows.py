"""A planned net as rows: what the table, the JSON and the report show of each blob."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from caffe_fillers.plan import Fill
from caffe_fillers.planner import Place, PlannedNet
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


def plan_rows(net: PlannedNet, copied: Mapping[Place, str] | None = None) -> Iterator[PlanRow]:
    """A row for each parameter blob, in the order of the net; `copied` names the file of a copied blob.

    Its keys are places in the model: position of the layer and index.
    """
    for position, layer in enumerate(net.layers):
        for blob in layer.blobs:
            row = PlanRow(
                layer=layer.name,
                type=layer.type,
                index=blob.index,
                shape=blob.shape,
                parameters=blob.count if blob.owner is None else 0,
                filler="in the prototxt",
            )
            step = net.steps[blob.step]
            if (position, blob.index) in (copied or {}):
                yield replace(row, filler=f"copied from {(copied or {})[position, blob.index]}")
            elif blob.owner is not None:
                yield replace(row, filler=f"shared with {net.layer(blob.owner[0]).name}[{blob.owner[1]}]")
            else:
                yield _filled(row, step) if isinstance(step, Fill) else row


def _filled(row: PlanRow, fill: Fill) -> PlanRow:
    distribution = fill.distribution()
    drawn = distribution.is_random and distribution.std > 0 and len(fill.shape) > 1
    fan_in, fan_out = fill.convention.fans(fill.counted_shape) if drawn else (None, None)
    return replace(
        row,
        filler=fill.filler.type_name,
        distribution=str(distribution),
        fan_in=fan_in,
        fan_out=fan_out,
        bound=distribution.bound,
        std=distribution.std,
    )
