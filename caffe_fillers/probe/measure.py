"""Means and standard deviations of a filled net's outputs, over several fills, beside the predicted ones."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.errors import UsageError
from caffe_fillers.model import Model
from caffe_fillers.planner import PlannedNet
from caffe_fillers.probe import opencv
from caffe_fillers.probe.deploy import Deployed, deploy
from caffe_fillers.shapes import format_shape
from caffe_fillers.signal import analyze


@dataclass(frozen=True)
class ProbeRow:
    """A layer's first top. Predicted values are None where nothing is predicted.

    `measured_std` is the root of the mean over all fills of what varies
    around `measured_mean`; `spread` is the relative std of single fills' figures.
    """

    layer: str
    layer_type: str
    predicted_mean: float | None
    predicted_std: float | None
    measured_mean: float
    measured_std: float
    spread: float

    @property
    def error(self) -> float | None:
        """Predicted over measured std, less 1; None where there is nothing to compare."""
        if self.predicted_std is None or self.measured_std == 0:
            return None
        return self.predicted_std / self.measured_std - 1


@dataclass(frozen=True)
class Measurement:
    """A row for each layer that was run; `fills` says over how many fills of the weights."""

    rows: tuple[ProbeRow, ...]
    fills: int

    @property
    def worst(self) -> float | None:
        """The greatest absolute error of the predicted standard deviations."""
        errors = [abs(row.error) for row in self.rows if row.error is not None]
        return max(errors, default=None)


def measure(
    net: PlannedNet,
    models: Iterable[Model],
    *,
    items: int = 16,
    input_mean: float = 0.0,
    input_std: float = 1.0,
    given: NDArray[np.float32] | None = None,
    seed: int = 0,
) -> Measurement:
    """Run the net with each of `models` and compare with the prediction for the test phase.

    A prediction is an expectation over fills, from which one fill of a deep
    net departs: several are averaged. `items` are fed, normals of
    `input_mean` and `input_std` from numpy's generator with `seed`, or those
    `given`, of which mean and std are then taken. Errors: `UsageError`
    where the net cannot be run, `MissingExtraError`.
    """
    if given is not None:
        items, input_mean, input_std = len(given), float(given.mean()), float(given.std())
    deployed = deploy(net, items)
    report = analyze(net, input_mean=input_mean, input_std=input_std, phase="test")
    predicted = {row.layer: row.tops[0] for row in report if row.tops}
    generator = np.random.default_rng(seed)
    figures = []
    for model in models:
        inputs = _inputs(deployed, given, generator, input_mean, input_std)
        outputs = opencv.run(deployed, model, inputs)
        figures.append([(float(np.mean(out, dtype=np.float64)), _second(out)) for out in outputs])
    types = {layer.name: layer.type for layer in net.layers}
    rows = []
    for name, moments in zip(deployed.outputs, np.array(figures).transpose(1, 0, 2), strict=True):
        mean, second = moments.mean(axis=0)
        singles = np.sqrt(np.maximum(moments[:, 1] - mean**2, 0))
        std = math.sqrt(max(second - mean**2, 0.0))
        spread = float(singles.std() / std) if std > 0 else 0.0
        top = predicted[name]
        rows.append(ProbeRow(name, types[name], top.mean, top.std, float(mean), std, spread))
    return Measurement(tuple(rows), len(figures))


def _second(values: NDArray[np.float32]) -> float:
    return float(np.mean(np.square(values, dtype=np.float64)))


def _inputs(
    deployed: Deployed,
    given: NDArray[np.float32] | None,
    generator: np.random.Generator,
    mean: float,
    std: float,
) -> dict[str, NDArray[np.float32]]:
    if given is not None:
        (feed, *more) = deployed.feeds
        if more:
            raise UsageError(f"the net has {len(more) + 1} inputs; one array cannot feed them")
        if given.shape[1:] != feed.shape[1:]:
            raise UsageError(
                f"the array has shape {format_shape(given.shape)}, the net's input {format_shape(feed.shape)}"
            )
        return {feed.name: np.ascontiguousarray(given, np.float32)}
    return {
        feed.name: generator.normal(
            mean if feed.mean is None else feed.mean, std if feed.std is None else feed.std, feed.shape
        ).astype(np.float32)
        for feed in deployed.feeds
    }
