"""The ziggurats' tables: they satisfy the equations that define them, and are what the tool makes."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from paths import ROOT

from caffe_fillers.rng.tables import EXPONENTIAL, NORMAL, Layers

TOOL = ROOT / "tools" / "generate_ziggurat_tables.py"


@pytest.mark.parametrize(
    ("layers", "count", "density"),
    [(NORMAL, 128, lambda x: np.exp(-x * x / 2)), (EXPONENTIAL, 256, lambda x: np.exp(-x))],
    ids=["normal", "exponential"],
)
def test_layers_have_one_area_and_end_on_the_density(
    layers: Layers, count: int, density: Callable[[np.ndarray], np.ndarray]
) -> None:
    x, y = layers
    assert len(x) == len(y) == count + 1
    assert (x[-1], y[0], y[-1]) == (0, 0, 1)
    np.testing.assert_allclose(y[1:], density(x[1:]), rtol=1e-14)
    np.testing.assert_allclose(x[:-1] * np.diff(y), x[0] * y[1], rtol=1e-11)


def test_the_tables_are_what_the_tool_makes() -> None:
    pytest.importorskip("mpmath")
    tool = load(TOOL)
    assert json.loads(tool.TABLES.read_text()) == tool.tables()


def load(path: Path) -> ModuleType:
    specification = importlib.util.spec_from_file_location(path.stem, path)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module
