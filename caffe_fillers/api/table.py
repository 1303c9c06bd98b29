"""Rows of a planned net as a table of HTML, as notebooks show it."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from caffe_fillers.rows import PlanRow
from caffe_fillers.shapes import format_shape

_COLUMNS = ("layer", "type", "blob", "shape", "filler", "distribution", "fan_in", "fan_out", "parameters")


def html_table(caption: str, rows: Iterable[PlanRow]) -> str:
    """Return the table; all texts of the net are escaped.

    >>> html_table("<net>", [])[:40]
    '<table><caption>&lt;net&gt;</caption><tr'
    """
    head = "".join(f"<th>{name}</th>" for name in _COLUMNS)
    body = "".join(f"<tr>{''.join(map(_cell, _values(row)))}</tr>" for row in rows)
    return f"<table><caption>{escape(caption)}</caption><tr>{head}</tr>{body}</table>"


def _values(row: PlanRow) -> tuple[object, ...]:
    shape, own = format_shape(row.shape), f"{row.parameters:,}" if row.parameters else ""
    fans = ("" if fan is None else f"{fan:,}" for fan in (row.fan_in, row.fan_out))
    return row.layer, row.type, row.index, shape, row.filler, row.distribution, *fans, own


def _cell(value: object) -> str:
    return f"<td>{escape(str(value))}</td>"
