"""Pieces of HTML for the page's tables and details, which become elements when they come into view."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from caffe_fillers.report.content import BlobView, Content, LayerView
from caffe_fillers.shapes import format_shape

if TYPE_CHECKING:
    import jinja2


class Column(NamedTuple):
    """A column of the table of blobs: what a cell shows, and the figure that it sorts by if it is one."""

    name: str
    text: Callable[[LayerView, BlobView], str]
    key: Callable[[LayerView, BlobView], float | None] | None = None


class Cell(NamedTuple):
    """Cell of a row, in the column of that name."""

    column: str
    text: str
    is_figure: bool


def columns(content: Content) -> list[Column]:
    """Return the columns, with the verdict and the comparison if there are any."""
    found = [Column("layer", lambda layer, blob: layer.name)]
    if content.check is not None:
        found.append(Column("verdict", lambda layer, blob: _status(blob)))
    found += [
        Column("type", lambda layer, blob: layer.type),
        _figure("blob", lambda layer, blob: blob.row.index),
        Column("shape", lambda layer, blob: format_shape(blob.row.shape)),
        Column("filler", lambda layer, blob: blob.row.filler),
        _figure("fan in", lambda layer, blob: blob.row.fan_in),
        _figure("fan out", lambda layer, blob: blob.row.fan_out),
        Column("declared", lambda layer, blob: blob.row.distribution),
        _figure("mean", lambda layer, blob: blob.summary.mean if blob.summary else None),
        _figure("std", lambda layer, blob: blob.summary.std if blob.summary else None),
    ]
    if content.origin.other is not None:
        found += [
            _figure("change", lambda layer, blob: blob.other.change if blob.other else None),
            _figure("correlation", lambda layer, blob: blob.other.correlation if blob.other else None),
        ]
    return [*found, _figure("parameters", lambda layer, blob: blob.row.parameters)]


def _figure(name: str, value: Callable[[LayerView, BlobView], float | None]) -> Column:
    return Column(name, lambda layer, blob: figure(value(layer, blob)), value)


def figure(value: float | None) -> str:
    """Format a figure for a table; an empty text for None.

    >>> figure(0.123456), figure(None), figure(12345)
    ('0.1235', '', '12,345')
    """
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def pieces(content: Content, environment: jinja2.Environment) -> dict[str, Any]:
    """Return rows, details of layers and the graph, escaped, by the names that the page's scripts use."""
    rows: Any = environment.get_template("rows.html.jinja").module
    written = [layer for layer in content.layers if not layer.is_copy]
    shown = columns(content)
    return {
        "blobs": [_blob_row(layer, blob, shown, rows) for layer, blob in content.blobs],
        "rows": {
            "signal": [str(rows.signal(layer)) for layer in written],
            "different": [
                str(rows.different(layer, blob))
                for layer, blob in content.blobs
                if _status(blob) == "different"
            ],
        },
        "layers": _details(written, environment),
        "graph": environment.get_template("graph.html.jinja").render(page=content),
        "size": [content.drawing.width + 8, content.drawing.height + 8],
    }


def _blob_row(layer: LayerView, blob: BlobView, shown: list[Column], rows: Any) -> dict[str, Any]:
    cells = [Cell(each.name, each.text(layer, blob), each.key is not None) for each in shown]
    keys = [
        cell.text if each.key is None else _plain(each.key(layer, blob))
        for each, cell in zip(shown, cells, strict=True)
    ]
    return {
        "html": str(rows.blob(layer, cells, _status(blob))),
        "keys": keys,
        "text": " ".join(cell.text for cell in cells).lower(),
        "drawn": blob.distribution is not None and blob.distribution.std > 0,
        "verdict": _status(blob),
    }


def _plain(value: object) -> object:
    return "" if value is None else value


def _status(blob: BlobView) -> str:
    return "" if blob.verdict is None else blob.verdict.status.value


def _details(layers: list[LayerView], environment: jinja2.Environment) -> dict[str, str]:
    template = environment.get_template("layer.html.jinja")
    beside = zip([None, *layers], layers, [*layers[1:], None], strict=False)
    return {
        f"layer-{layer.number}": template.render(layer=layer, before=before, after=after)
        for before, layer, after in beside
    }
