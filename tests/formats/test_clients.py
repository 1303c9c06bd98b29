"""Programs that read Caffe's files read ours: OpenCV, MNN, and two converters to ONNX.

Each runs in a Python of its own, for what they need does not go together:
CAFFE_FILLERS_CLIENTS is a folder of virtual environments, opencv, mnn, and
onnx; without it the Python that runs the tests is tried.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from paths import CORPUS, ROOT, TESTS

import caffe_fillers as cf

SCRIPTS = TESTS / "clients"
LENET = ROOT / "examples" / "lenet.prototxt"

# A client, its environment, what it imports, its script and what that is given first.
CLIENTS = {
    "opencv": ("opencv", "cv2", "opencv_client.py"),
    "mnn": ("mnn", "_tools", "mnn_client.py"),
    "caffe-onnx": ("onnx", "src.caffe2onnx", "onnx_client.py", "src"),
    "caffe2onnx": ("onnx", "caffe2onnx.src.caffe2onnx", "onnx_client.py", "caffe2onnx.src"),
}
ALONE = {
    "PATH": "",  # whatever a client would like to start
    "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": "python",  # for messages that an old protoc made
}


def _python(environment: str) -> str:
    folder = os.environ.get("CAFFE_FILLERS_CLIENTS")
    python = Path(folder) / environment / "bin" / "python" if folder else None
    return str(python) if python and python.exists() else sys.executable


def _run(client: str, net: Path, weights: Path, values: Path | str, folder: Path) -> dict[str, np.ndarray]:
    environment, module, script, *first = CLIENTS[client]
    python = _python(environment)
    options = {"capture_output": True, "text": True, "env": ALONE | {"HOME": str(folder)}, "cwd": folder}
    if subprocess.run([python, "-c", f"import {module}"], check=False, **options).returncode:  # type: ignore[call-overload]
        pytest.skip(f"{client} is not installed in {python}")
    output = folder / "output.npz"
    command = [python, SCRIPTS / script, *first, net, weights, values, output]
    run = subprocess.run(command, check=False, **options)  # type: ignore[call-overload]
    assert run.returncode == 0, run.stdout + run.stderr
    with np.load(output) as arrays:
        return dict(arrays)


def _lenet(weights: cf.Weights, images: np.ndarray) -> np.ndarray:
    """The net's output in numpy, in double precision."""

    def convolved(values: np.ndarray, layer: str) -> np.ndarray:
        kernel, bias = weights[layer]
        patches = sliding_window_view(values, kernel.shape[2:], axis=(2, 3))
        product = np.einsum("nchwij,ocij->nohw", patches, kernel, optimize=True)
        pairs = (product + bias[:, np.newaxis, np.newaxis]).reshape(
            *product.shape[:2], -1, 2, product.shape[3] // 2, 2
        )
        largest: np.ndarray = pairs.max(axis=(3, 5))
        return largest

    def product(values: np.ndarray, layer: str) -> np.ndarray:
        kernel, bias = weights[layer]
        found: np.ndarray = values.reshape(len(values), -1) @ kernel.T.astype(np.float64) + bias
        return found

    hidden = product(convolved(convolved(images.astype(np.float64), "conv1"), "conv2"), "ip1")
    scores = product(np.maximum(hidden, 0), "ip2")
    exponents = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities: np.ndarray = exponents / exponents.sum(axis=1, keepdims=True)
    return probabilities


@pytest.mark.parametrize("client", CLIENTS)
def test_lenet_runs_as_in_numpy(client: str, tmp_path: Path) -> None:
    net = tmp_path / "lenet.prototxt"
    net.write_text(LENET.read_text().replace("dim: 64", "dim: 1"))  # caffe-onnx knows single images alone
    weights = cf.load_net(net).fill(seed=1701)
    weights.save(tmp_path / "lenet.caffemodel")
    images = np.random.default_rng(1).random((1, 1, 28, 28), np.float32)
    np.save(tmp_path / "images.npy", images)
    arrays = _run(client, net, tmp_path / "lenet.caffemodel", tmp_path / "images.npy", tmp_path)
    wanted = _lenet(weights, images)
    assert arrays["output"].reshape(wanted.shape) == pytest.approx(wanted, abs=1e-5)
    assert wanted.std() > 0.01  # not all the same


@pytest.mark.parametrize("net", ["small_resnet", "small_inception", "small_fcn", "v1_net"])
def test_opencv_finds_every_blob(net: str, tmp_path: Path) -> None:
    path = CORPUS / f"{net}.prototxt"
    weights = cf.load_net(path, phase="test").fill(seed=1701)
    weights.save(tmp_path / "net.caffemodel")
    arrays = _run("opencv", path, tmp_path / "net.caffemodel", "", tmp_path)
    checked = 0
    for layer, blobs in weights.items():
        for index, blob in enumerate(blobs):
            checked += 1
            assert arrays[f"{layer}/{index}"].ravel().tobytes() == blob.tobytes(), (layer, index)
    assert checked > 3
