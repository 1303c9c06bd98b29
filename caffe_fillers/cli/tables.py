"""What a person sees of a Plan: the table, the notes, and the same as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, TextIO, TypeAlias

from caffe_fillers.api.rows import PlanRow, plan_rows
from caffe_fillers.cli.terminal import printable
from caffe_fillers.fans import convention

Copies: TypeAlias = Mapping[tuple[int, int], str]

if TYPE_CHECKING:
    from caffe_fillers.api import Net

_COLUMNS = ("layer", "blob", "shape", "filler", "fan in", "fan out", "law", "parameters")
_NUMBERS = {"blob", "fan in", "fan out", "parameters"}


def print_plan(net: Net, file: TextIO, caffe: str = "master", copied: Copies | None = None) -> None:
    """A row for each parameter blob, and the totals."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in _COLUMNS:
        table.add_column(name, justify="right" if name in _NUMBERS else "left", overflow="fold")
    for row in plan_rows(net.plan, convention(caffe), copied):
        table.add_row(*map(printable, _cells(row)))
    width = None if file.isatty() else 140
    console = Console(file=file, highlight=False, markup=False, emoji=False, width=width)
    console.print(table)
    blobs = sum(blob.owner is None for blob in net.plan.blobs)
    total = net.plan.num_parameters
    console.print(f"{total:,} parameters in {blobs} blobs, {4 * total / 1e6:,.1f} MB")


def print_notes(net: Net, file: TextIO) -> None:
    """What was assumed, and known traps, a line each."""
    for note in net.notes:
        where = f"layer {note.layer!r}: " if note.layer else ""
        print(printable(f"note: {where}{note.message}"), file=file)


def print_json(
    net: Net, file: TextIO, caffe: str = "master", copied: Copies | None = None, **more: object
) -> None:
    """The plan as one JSON object."""
    document = {
        "name": net.name,
        **more,
        "blobs": [asdict(row) for row in plan_rows(net.plan, convention(caffe), copied)],
        "tops": {
            name: shape and [dim if dim >= 0 else None for dim in shape]
            for name, shape in net.blob_shapes.items()
        },
        "notes": [{"layer": note.layer, "line": note.line, "message": note.message} for note in net.notes],
        "parameters": net.plan.num_parameters,
    }
    json.dump(document, file, indent=1)
    file.write("\n")


def _cells(row: PlanRow) -> tuple[str, ...]:
    from caffe_fillers.shapes import format_shape

    return (
        row.layer,
        str(row.index),
        format_shape(row.shape),
        row.filler,
        "" if row.fan_in is None else str(row.fan_in),
        "" if row.fan_out is None else str(row.fan_out),
        row.law,
        f"{row.parameters:,}",
    )
