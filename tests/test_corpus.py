"""Every recorded run of real Caffe, through the command line: the same file, byte for byte.

tests/corpus was recorded from BVLC/caffe 9b8915401 (CPU, Boost 1.74): goldens.json holds the size and
SHA-256 of each saved caffemodel, the layers in it, the shape of every top, and the eight uniforms that
the generator gives next.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paths import CORPUS

import caffe_fillers as cf
from caffe_fillers import rng
from caffe_fillers.cli import main

pytestmark = pytest.mark.usefixtures("both_paths")

GOLDENS = json.loads((CORPUS / "goldens.json").read_text())
RUNS = [
    pytest.param(name, run, id=f"{name}-{run.get('phase', 'solver')}-{run.get('seed', '')}-{number}")
    for name, runs in GOLDENS.items()
    for number, run in enumerate(runs)
]


def options(run: dict[str, Any]) -> list[str]:
    if "solver" in run:
        return []
    words = ["--seed", str(run["seed"]), "--phase", run["phase"].lower(), "--level", str(run["level"])]
    return words + [word for stage in run["stages"] for word in ("--stage", stage)]


@pytest.mark.parametrize(("name", "run"), RUNS)
def test_the_file_is_caffes(
    name: str, run: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CORPUS)
    output = tmp_path / "net.caffemodel"
    assert main([f"{name}.prototxt", *options(run), "-o", str(output), "--quiet"]) == 0
    written = output.read_bytes()
    assert len(written) == run["caffemodel"]["bytes"]
    assert hashlib.sha256(written).hexdigest() == run["caffemodel"]["sha256"]


@pytest.mark.parametrize(("name", "run"), RUNS)
def test_shapes_blobs_and_the_streams_end(
    name: str, run: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CORPUS)
    net = load(name, run)
    assert [[layer.name, layer.type] for layer in net.parameter.layer] == run["layers"]
    assert {top: list(shape) for top, shape in net.blob_shapes.items()} == run["tops"]
    stream = cf.Stream(run.get("seed", net.seed))
    weights = net.fill(stream=stream)
    for blob in run["blobs"]:
        values = weights[blob["layer"]][blob["index"]]
        assert list(values.shape) == blob["shape"]
        assert hashlib.sha256(values.tobytes()).hexdigest() == blob["sha256"], blob
    if "next_uniforms" in run:
        following = rng.uniform(stream, len(run["next_uniforms"]), np.float32(0), np.float32(1), np.float32)
        assert following.tolist() == run["next_uniforms"]


def load(name: str, run: dict[str, Any]) -> cf.Net:
    if "solver" in run:
        return cf.load_net(f"{name}.prototxt")
    return cf.load_net(
        f"{name}.prototxt", phase=run["phase"].lower(), level=run["level"], stages=run["stages"]
    )
