"""Figures of docs/maths.md, drawn from the package's own numbers."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl

mpl.use("svg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from caffe_fillers.rng.tables import NORMAL

GRAY = "#808080"  # legible on white and on black
BLUE, ORANGE = "#4c8fd6", "#e0762f"
STYLE = {
    "svg.hashsalt": "caffe_fillers",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "axes.edgecolor": GRAY,
    "axes.labelcolor": GRAY,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "text.color": GRAY,
    "xtick.color": GRAY,
    "ytick.color": GRAY,
    "legend.frameon": False,
}


def uniform_top(axes: Axes) -> None:
    """The greatest words, and the floats that they become between -b and b."""
    words = np.arange(2**32 - 900, 2**32, dtype=np.float64)
    for bound, color in ((np.float32(0.1), BLUE), (np.float32(0.25), ORANGE)):
        upper = np.nextafter(bound, np.float32(1))
        values = words.astype(np.float32) * ((upper + bound) * np.float32(2**-32)) - bound
        steps = (values.astype(np.float64) - float(bound)) / float(np.spacing(bound))
        axes.step(words - 2**32, steps, color, where="mid", label=f"b = {bound:.2f}")
    axes.axhline(1, color=GRAY, linestyle=":")
    axes.annotate("from here on: drawn again", (-890, 1), xytext=(0, 3), textcoords="offset points")
    axes.set(xlabel="word, counted from $2^{32}$", ylabel="value, in last places above b", ylim=(-3, 2.5))
    axes.legend(loc="lower right")


def ziggurat(axes: Axes) -> None:
    """Boost's layers of equal area under the normal density."""
    x, y = NORMAL
    axes.hlines(y[1:], 0, x[1:], color=BLUE, linewidth=0.7)
    axes.vlines(x[1:-1], y[1:-1], y[2:], color=BLUE, linewidth=0.7)
    curve = np.linspace(0, 4.2, 300)
    axes.plot(curve, np.exp(-(curve**2) / 2), ORANGE)
    axes.annotate("tail", (x[1], 0.02), xytext=(10, 25), textcoords="offset points")
    axes.axvline(x[1], color=GRAY, linestyle=":")
    axes.set(xlabel="x", ylabel="exp(-x²/2)", xlim=(0, 4.2), ylim=(0, 1))


FIGURES: dict[str, Callable[[Axes], None]] = {"uniform-top": uniform_top, "ziggurat": ziggurat}


def draw(name: str) -> str:
    """A figure as SVG, the same text at every build."""
    with mpl.rc_context(STYLE):
        figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
        FIGURES[name](axes)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
        plt.close(figure)
    return buffer.getvalue()


def write(folder: Path) -> None:
    """All figures, unless they are there as they would be drawn."""
    folder.mkdir(exist_ok=True)
    for name in FIGURES:
        path, drawn = folder / f"{name}.svg", draw(name)
        if not path.exists() or path.read_text() != drawn:
            path.write_text(drawn)
