"""Print a planned net: the table, the notes, and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, TextIO, TypeAlias

from caffe_fillers.cli.grid import print_table
from caffe_fillers.cli.messages import print_note
from caffe_fillers.plan import Fill
from caffe_fillers.rows import PlanRow, plan_rows
from caffe_fillers.shapes import format_shape

Copies: TypeAlias = Mapping[tuple[int, int], str]

if TYPE_CHECKING:
    from caffe_fillers.api import Net
    from caffe_fillers.signal import SignalReport

COLUMNS = ("layer", "blob", "shape", "filler", "fan in", "fan out", "distribution", "parameters")
_MORE_COLUMNS = ("density", "gain", "back")
_NUMBERS = {"blob", "fan in", "fan out", "gain", "back", "parameters"}
_LEAST_NEEDED = ("density", "back", "gain", "fan out")


def print_plan(
    net: Net,
    file: TextIO,
    copied: Copies | None = None,
    report: SignalReport | None = None,
) -> None:
    """Print a row for each parameter blob, and the totals; with a `report` densities and gains as well."""
    rows = list(map(cells, plan_rows(net.plan, copied)))
    columns = list(COLUMNS)
    if report is not None:
        more = list(_more_cells(net, report))
        rows = [(*row[:-1], *cells, row[-1]) for row, cells in zip(rows, more, strict=True)]
        columns[-1:-1] = _MORE_COLUMNS
    print_rows(rows, columns, file)
    blobs = sum(blob.owner is None for blob in net.plan.blobs)
    total = net.plan.num_parameters
    print(f"{total:,} parameters in {blobs} blobs, {4 * total / 1e6:,.1f} MB", file=file)


def print_rows(rows: list[tuple[str, ...]], columns: Sequence[str], file: TextIO) -> None:
    """Print a table of the plan's rows."""
    numbers = [index for index, name in enumerate(columns) if name in _NUMBERS]
    print_table(columns, numbers, rows, file, folding="distribution", least_needed=_LEAST_NEEDED)


def _more_cells(net: Net, report: SignalReport) -> Iterator[tuple[str, ...]]:
    """Return the density of each blob, and the gains of its layer beside its weights."""
    from caffe_fillers.cli.sparkline import sparkline

    gains = {row.layer: (row.forward_gain, row.backward_gain) for row in report if row.fan_in is not None}
    for blob in net.plan.blobs:
        step, name = net.plan.steps[blob.step], net.plan.layer(blob.layer_id).name
        density = sparkline(step.distribution()) if isinstance(step, Fill) else ""
        forward, backward = gains.get(name, (None, None)) if blob.index == 0 else (None, None)
        yield density, *("" if gain is None else f"{gain:.4g}" for gain in (forward, backward))


def print_notes(net: Net, file: TextIO) -> None:
    """Print assumptions and known traps, a line each."""
    for note in net.notes:
        where = f"layer {note.layer!r}: " if note.layer else ""
        print_note(f"{where}{note.message}", file)


def print_json(net: Net, file: TextIO, copied: Copies | None = None, **more: object) -> None:
    """Print the plan as one JSON object."""
    document = {
        "name": net.name,
        **more,
        "blobs": [asdict(row) for row in plan_rows(net.plan, copied)],
        "tops": {
            name: shape and [dim if dim >= 0 else None for dim in shape]
            for name, shape in net.blob_shapes.items()
        },
        "notes": [{"layer": note.layer, "line": note.line, "message": note.message} for note in net.notes],
        "parameters": net.plan.num_parameters,
    }
    json.dump(document, file, indent=1)
    file.write("\n")


def cells(row: PlanRow) -> tuple[str, ...]:
    """Return the cells of a plan's row in words, as `COLUMNS` names them."""
    return (
        row.layer,
        str(row.index),
        format_shape(row.shape),
        row.filler,
        "" if row.fan_in is None else str(row.fan_in),
        "" if row.fan_out is None else str(row.fan_out),
        row.distribution,
        f"{row.parameters:,}",
    )
