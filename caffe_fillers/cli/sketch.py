"""Print the plan of a net with unknown shapes: what two plans with different numbers agree on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TextIO

from caffe_fillers.cli import tables
from caffe_fillers.rows import PlanRow, plan_rows
from caffe_fillers.shapes import UNKNOWN, Shape, format_shape

if TYPE_CHECKING:
    from caffe_fillers.planner import PlannedNet


def print_sketch(plans: tuple[PlannedNet, PlannedNet], file: TextIO) -> None:
    """Print a row for each parameter blob, `?` for what depends on an unknown shape."""
    cells = [
        tuple("?" if left != right else left for left, right in zip(*map(tables.cells, pair), strict=True))
        for pair in _rows(plans)
    ]
    shapes = [format_shape(_agreed(first.shape, second.shape)) for first, second in _rows(plans)]
    rows = [(*row[:2], shape, *row[3:]) for row, shape in zip(cells, shapes, strict=True)]
    tables.print_rows(rows, tables.COLUMNS, file)
    blobs = sum(blob.owner is None for blob in plans[0].blobs)
    print(f"? parameters in {blobs} blobs: not all shapes are known", file=file)


def print_sketch_json(plans: tuple[PlannedNet, PlannedNet], name: str, problem: str, file: TextIO) -> None:
    """Print the same as one JSON object, null for what is not known."""
    first, second = (plan.tops for plan in plans)
    document = {
        "name": name,
        "blobs": [_row(*pair) for pair in _rows(plans)],
        "tops": {name: _listed(_agreed(shape, second[name])) for name, shape in first.items()},
        "notes": [{"layer": "", "line": 0, "message": problem}],
        "parameters": None,
    }
    json.dump(document, file, indent=1)
    file.write("\n")


def _rows(plans: tuple[PlannedNet, PlannedNet]) -> Iterator[tuple[PlanRow, PlanRow]]:
    return zip(*map(plan_rows, plans), strict=True)


def _row(first: PlanRow, second: PlanRow) -> dict[str, Any]:
    other = asdict(second)
    row = {name: value if value == other[name] else None for name, value in asdict(first).items()}
    return row | {"shape": _listed(_agreed(first.shape, second.shape))}


def _listed(shape: Shape | None) -> list[int | None] | None:
    return None if shape is None else [None if dim is UNKNOWN else dim for dim in shape]


def _agreed(first: Shape | None, second: Shape | None) -> Shape | None:
    """Return a shape that is unknown where two differ."""
    if first is None or second is None or len(first) != len(second):
        return None
    return tuple(left if left == right else UNKNOWN for left, right in zip(first, second, strict=True))
