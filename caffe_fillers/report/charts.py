"""Data of the charts, as JSON in the page: numbers once, specifications of Vega-Lite once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import Any

from caffe_fillers.report.content import BlobView, Content, LayerView

SPECIFICATIONS = ("histogram", "profile")
_FEWEST = 2
"""Layers that a chart through the depth needs; fewer show nothing that a number does not."""


def chart_data(content: Content) -> dict[str, Any]:
    """Return the specifications, the histograms by the names of their places, and the profiles by depth."""
    profiles = {
        "deviation": _profile(
            "predicted standard deviation",
            ("activations", "gradients"),
            (row for layer in content.layers if not layer.is_data for row in _deviations(layer)),
        ),
        "gain": _profile(
            "gain (1 keeps the signal level)",
            ("forward", "backward"),
            (row for layer in content.layers if layer.signal.fan_in for row in _gains(layer)),
        ),
        "change": _profile(
            "relative change",
            ("weights", "bias and others"),
            (row for layer in content.layers for row in _changes(layer)),
        ),
    }
    return {
        "specifications": {name: _specification(name) for name in SPECIFICATIONS},
        "histograms": {
            f"histogram-{layer.number}-{blob.row.index}": _histogram(blob)
            for layer, blob in content.blobs
            if blob.summary is not None and blob.summary.histogram is not None
        },
        "profiles": profiles,
    }


def _specification(name: str) -> Any:
    return json.loads((files(__package__) / "templates" / f"{name}.vl.json").read_text("utf-8"))


def _profile(title: str, kinds: tuple[str, str], rows: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """Return a chart of two kinds of values by layer; None if too few layers have any."""
    found = list(rows)
    if len({row["place"] for row in found}) < _FEWEST:
        return None
    present = {row["of"] for row in found}
    return {"title": title, "kinds": [kind for kind in kinds if kind in present], "rows": found}


def _histogram(blob: BlobView) -> dict[str, Any]:
    """Return bins of a histogram; marks are the declared bounds, or one std to either side of the mean."""
    assert blob.summary is not None and blob.summary.histogram is not None
    histogram = blob.summary.histogram
    marks = []
    if blob.expected is not None and blob.distribution is not None:
        if blob.row.bound is not None:
            marks = [{"value": value, "what": "bound"} for value in blob.distribution.support]
        else:
            marks = [
                {
                    "value": blob.distribution.mean + side * blob.distribution.std,
                    "what": "mean ± standard deviation",
                }
                for side in (-1, 1)
            ]
    return {
        "low": histogram.low,
        "high": histogram.high,
        "counts": histogram.counts,
        "expected": blob.expected and [round(each, 2) for each in blob.expected],
        "other": blob.other and blob.other.counts,
        "marks": marks,
    }


def _deviations(layer: LayerView) -> Iterator[dict[str, Any]]:
    """Yield the standard deviations of the first top: the others are mostly the same, or labels."""
    if layer.signal.tops and not layer.is_copy:
        top = layer.signal.tops[0]
        yield from _rows(layer, (("activations", top.std), ("gradients", top.gradient_std)))


def _gains(layer: LayerView) -> Iterator[dict[str, Any]]:
    signal = layer.signal
    yield from _rows(layer, (("forward", signal.forward_gain), ("backward", signal.backward_gain)))


def _changes(layer: LayerView) -> Iterator[dict[str, Any]]:
    """Yield how far the blobs of the other file are from these."""
    for blob in layer.blobs:
        if blob.other is not None:
            kind = "weights" if blob.row.index == 0 else "bias and others"
            yield from _rows(layer, ((kind, blob.other.change),))


def _rows(layer: LayerView, values: Iterable[tuple[str, float | None]]) -> Iterator[dict[str, Any]]:
    """Yield a row for each value that a logarithmic axis can show."""
    for of, value in values:
        if value:
            yield {
                "place": layer.number,
                "layer": layer.name,
                "type": layer.type,
                "of": of,
                "value": _short(value),
            }


def _short(value: float) -> float:
    """Round to six digits, more than a chart shows."""
    return float(f"{value:.6g}")
