"""Measured and predicted standard deviations through depth, as a picture."""

from __future__ import annotations

from pathlib import Path

from caffe_fillers.errors import MissingExtraError, UsageError
from caffe_fillers.probe.measure import Measurement


def plot(measurement: Measurement, path: str) -> None:
    """Draw a measurement into a file whose extension says the format; written whole or not at all."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("matplotlib", "probe") from None
    figure = Figure(figsize=(max(6.0, 0.22 * len(measurement.rows)), 5.0), layout="constrained")
    axes = figure.subplots()
    positions = range(len(measurement.rows))
    measured = [row.measured_std or None for row in measurement.rows]
    predicted = [row.predicted_std or None for row in measurement.rows]
    axes.plot(positions, _gaps(measured), "o", label=f"measured, {measurement.fills} fills")
    axes.plot(positions, _gaps(predicted), "-", label="predicted")
    axes.set_yscale("log")
    axes.set_ylabel("standard deviation")
    axes.set_xticks(list(positions), [row.layer for row in measurement.rows], rotation=90, fontsize=7)
    axes.legend()
    target = Path(path)
    part = target.with_name(f".{target.name}.part")
    try:
        figure.savefig(part, format=target.suffix[1:] or "png")
        part.replace(target)
    except (OSError, ValueError) as error:
        raise UsageError(f"the plot {path} cannot be written: {error}") from None
    finally:
        part.unlink(missing_ok=True)


def _gaps(values: list[float | None]) -> list[float]:
    """Nothing is drawn where there is no value."""
    return [float("nan") if value is None else value for value in values]
