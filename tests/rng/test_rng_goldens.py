"""The distributions against what Boost itself drew: every byte, and where the stream stands behind them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pytest
from paths import CORPUS

from caffe_fillers import rng

pytestmark = pytest.mark.usefixtures("both_paths")

ROWS: list[dict[str, Any]] = json.loads((CORPUS / "rng_goldens.json").read_text())
DRAW = {
    "uniform": lambda stream, row, dtype: rng.uniform(
        stream, row["n"], dtype(row["a"]), dtype(row["b"]), dtype
    ),
    "gaussian": lambda stream, row, dtype: rng.normal(
        stream, row["n"], dtype(row["a"]), dtype(row["b"]), dtype
    ),
    "bernoulli": lambda stream, row, dtype: rng.bernoulli(stream, row["n"], dtype(row["a"]), dtype).astype(
        dtype
    ),
}


def identity(row: dict[str, Any]) -> str:
    return "-".join(str(row[key]) for key in ("boost", "distribution", "dtype", "seed", "n", "a", "b"))


@pytest.mark.parametrize("row", ROWS, ids=identity)
def test_row(row: dict[str, Any]) -> None:
    stream = rng.Stream(row["seed"], boost=row["boost"])
    assert stream.family.value == row["era"]
    dtype = np.float32 if row["dtype"] == "float32" else np.float64
    values = DRAW[row["distribution"]](stream, row, dtype)
    assert values.dtype == dtype
    assert values[: len(row["head"])].tolist() == row["head"]
    assert values[-len(row["tail"]) :].tolist() == row["tail"]
    assert (values.min(), values.max()) == (row["min"], row["max"])
    assert hashlib.sha256(values.tobytes()).hexdigest() == row["sha256"]
    assert stream.words(1).tolist() == [row["next_word"]]


def test_there_are_sixty_rows_of_three_families() -> None:
    assert len(ROWS) == 60
    assert {row["era"] for row in ROWS} == {family.value for family in rng.Family}
