"""Corners of the ziggurats' layers; tools/generate_ziggurat_tables.py derives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Layers(NamedTuple):
    """x falls from beyond the tail's start x[1] to 0, y rises to 1; doubles."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]


def _read(name: str) -> Layers:
    table = _TABLES[name]
    x, y = (np.array([float.fromhex(value) for value in table[axis]]) for axis in "xy")
    return Layers(x, y)


_TABLES = json.loads(Path(__file__).with_name("ziggurat.json").read_text())
NORMAL = _read("normal")
EXPONENTIAL = _read("exponential")
