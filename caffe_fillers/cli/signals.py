"""Print a signal: gains and standard deviations through depth, and measured beside predicted ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from caffe_fillers.cli.grid import print_table

if TYPE_CHECKING:
    from caffe_fillers.probe import Measurement
    from caffe_fillers.signal import SignalReport


def print_signal(report: SignalReport, file: TextIO) -> None:
    """Print a row for each layer's top."""
    rows = []
    for row in report:
        for index, top in enumerate(row.tops):
            gains = (figure(row.forward_gain), figure(row.backward_gain)) if index == 0 else ("", "")
            said = ", ".join((*row.flags, *([f"level: {row.level_filler}"] if row.level_filler else [])))
            numbers = (figure(top.mean), figure(top.std), figure(top.gradient_std))
            rows.append((row.layer, row.layer_type, top.blob, *gains, *numbers, said if index == 0 else ""))
    columns = ("layer", "type", "top", "gain", "back", "mean", "std", "gradient", "")
    print_table(columns, range(3, 8), rows, file, least_needed=("top", "type", "mean"))


def print_measurement(measurement: Measurement, file: TextIO) -> None:
    """Print a row for each layer that was run, and the worst error."""
    rows = [
        (
            row.layer,
            row.layer_type,
            figure(row.predicted_std),
            figure(row.measured_std),
            "" if row.error is None else f"{row.error:+.1%}",
            f"{row.spread:.0%}",
        )
        for row in measurement.rows
    ]
    columns = ("layer", "type", "predicted", "measured", "error", "spread")
    print_table(columns, range(2, 6), rows, file, least_needed=("type", "spread"))
    worst = measurement.worst
    print(
        f"standard deviations over {measurement.fills} fills; "
        + ("nothing to compare" if worst is None else f"the worst error is {worst:.1%}"),
        file=file,
    )


def figure(value: float | None) -> str:
    """Format a number for a table; a question mark if it is not predicted."""
    return "?" if value is None else f"{value:.4g}"
