"""What the charts are made of, as JSON in the page: numbers once, specifications of Vega-Lite once."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

from caffe_fillers.report.content import BlobView, Content, LayerView

SPECIFICATIONS = ("histogram", "deviation", "gain")


def chart_data(content: Content) -> dict[str, Any]:
    """The specifications, the histograms by the names of their places, and the signal through the depth."""
    return {
        "specifications": {name: _specification(name) for name in SPECIFICATIONS},
        "histograms": {
            f"histogram-{layer.number}-{blob.row.index}": _histogram(blob)
            for layer, blob in content.blobs
            if blob.summary is not None and blob.summary.histogram is not None
        },
        "deviation": [row for layer in content.layers for row in _deviations(layer)],
        "gain": [row for layer in content.layers if layer.signal.fan_in for row in _gains(layer)],
    }


def _specification(name: str) -> Any:
    return json.loads((files(__package__) / "templates" / f"{name}.vl.json").read_text("utf-8"))


def _histogram(blob: BlobView) -> dict[str, Any]:
    """Bins of one histogram; marks are the declared bounds, or a deviation to either side of the mean."""
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
        "marks": marks,
    }


def _deviations(layer: LayerView) -> list[dict[str, Any]]:
    """Of the first top: the others are mostly the same, or labels."""
    if not layer.signal.tops or layer.is_copy:
        return []
    top = layer.signal.tops[0]
    kinds = (("activations", top.std), ("gradients", top.gradient_std))
    return [
        {"place": layer.number, "layer": layer.name, "type": layer.type, "of": of, "value": _short(value)}
        for of, value in kinds
        if value
    ]


def _gains(layer: LayerView) -> list[dict[str, Any]]:
    kinds = (("forward", layer.signal.forward_gain), ("backward", layer.signal.backward_gain))
    return [
        {"place": layer.number, "layer": layer.name, "type": layer.type, "of": of, "value": _short(value)}
        for of, value in kinds
        if value
    ]


def _short(value: float) -> float:
    """Six digits, which is more than a chart shows."""
    return float(f"{value:.6g}")
