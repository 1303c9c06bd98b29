"""How printed code is run with the weights of its layout, a function for each target."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import caffe_fillers as cf
import caffe_fillers.pycaffe as caffe
from caffe_fillers.cli import main

Arrays = Mapping[str, np.ndarray]


def trained(net: Path, folder: Path) -> Path:
    """Weights of which no blob is constant: statistics and biases too come from a seed, as if trained."""
    weights = cf.load_net(net, phase="test").fill(seed=5, force=True)
    generator = np.random.default_rng(5)
    for layer in weights:
        for blob in weights[layer]:
            if blob.size and np.ptp(blob) == 0:
                blob[...] = generator.uniform(0.5, 1.5, blob.shape)
    path = folder / "trained.caffemodel"
    weights.save(path)
    return path


def blobs(folder: Path) -> list[np.ndarray]:
    """The blobs of the weights that were made in a folder, each once, in order."""
    weights, found = cf.load_weights(folder / "trained.caffemodel"), {}
    for layer in weights:
        for blob in weights[layer]:
            found.setdefault(blob.tobytes(), blob)
    return list(found.values())


def printed(net: Path, folder: Path, target: str) -> tuple[Path, Path]:
    """Files of the printed module and of the arrays of its layout."""
    code, arrays = folder / "carried.py", folder / "carried.npz"
    assert main(["port", str(net), "--phase", "test", "--to", target, "-o", str(code)]) == 0
    words = [str(net), "--phase", "test", "--weights", str(trained(net, folder)), "--quiet"]
    assert main([*words, "--layout", target, "-o", str(arrays)]) == 0
    return code, arrays


def carried(net: Path, folder: Path, target: str) -> tuple[ModuleType, Arrays]:
    """The printed file as a module, and the arrays of the layout."""
    code, arrays = printed(net, folder, target)
    module = ModuleType("carried")
    exec(compile(code.read_text(), str(code), "exec"), module.__dict__)
    with np.load(arrays) as file:
        return module, dict(file)


def last(array: np.ndarray) -> np.ndarray:
    """An image with its channels last."""
    return np.ascontiguousarray(array.transpose(0, 2, 3, 1)) if array.ndim == 4 else array


def first(array: np.ndarray) -> np.ndarray:
    """An image with its channels first."""
    return array.transpose(0, 3, 1, 2) if array.ndim == 4 else array


def run_torch(net: Path, folder: Path, inputs: list[np.ndarray]) -> np.ndarray:
    torch = pytest.importorskip("torch", reason="torch is not installed", exc_type=ImportError)
    module, arrays = carried(net, folder, "torch")
    name = re.findall(r"class (\w+)\(nn.Module\):", (folder / "carried.py").read_text())[-1]
    model = vars(module)[name]()
    model.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()}, strict=True)
    with torch.no_grad():
        made = model.eval()(*map(torch.from_numpy, inputs))
    last: np.ndarray = (made[-1] if isinstance(made, tuple) else made).numpy()
    return last


def keras() -> Any:
    pytest.importorskip(
        "torch", reason="torch, which Keras is run with, is not installed", exc_type=ImportError
    )
    os.environ.setdefault("KERAS_BACKEND", "torch")
    return pytest.importorskip("keras", reason="keras is not installed", exc_type=ImportError)


def run_keras(net: Path, folder: Path, inputs: list[np.ndarray]) -> np.ndarray:
    ops = keras().ops
    module, arrays = carried(net, folder, "keras")
    model = module.load(module.build(), arrays)
    assert {weight.path for weight in model.weights} <= set(arrays)
    given = [last(each) for each in inputs]
    return first(ops.convert_to_numpy(model(given if len(given) > 1 else given[0], training=False)))


def run_jax(net: Path, folder: Path, inputs: list[np.ndarray]) -> np.ndarray:
    jax = pytest.importorskip("jax", reason="jax is not installed", exc_type=ImportError)
    module, arrays = carried(net, folder, "jax")
    params = module.load(arrays)
    drawn = jax.eval_shape(module.init, jax.random.key(1))
    assert jax.tree.map(np.shape, drawn) == jax.tree.map(np.shape, params)
    return first(np.asarray(module.apply(params, *map(last, inputs))))


def run_onnx(net: Path, folder: Path, inputs: list[np.ndarray]) -> np.ndarray:
    """By onnxruntime; the model takes a batch of another size where its first axis has a name."""
    pytest.importorskip("onnx", reason="onnx is not installed", exc_type=ImportError)
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed", exc_type=ImportError)
    path = folder / "net.onnx"
    words = ["port", str(net), "--phase", "test", "--to", "onnx", "--weights", str(trained(net, folder))]
    assert main([*words, "-o", str(path)]) == 0
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given = {each.name: array for each, array in zip(session.get_inputs(), inputs, strict=True)}
    made: np.ndarray = session.run(None, given)[-1]
    if isinstance(session.get_inputs()[0].shape[0], str):
        one = session.run(None, {name: array[:1] for name, array in given.items()})[0]
        assert one.shape == made[:1].shape
        assert np.allclose(one, made[:1], 1e-5, 1e-6) or "sample_weights_test" in net.read_text()
    return made


def run_pycaffe(net: Path, folder: Path, inputs: list[np.ndarray]) -> np.ndarray:
    """By `caffe_fillers.pycaffe`, every blob of whose net has values afterwards."""
    pytest.importorskip("onnx", reason="onnx is not installed", exc_type=ImportError)
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed", exc_type=ImportError)
    computed = caffe.Net(net, caffe.TEST, weights=trained(net, folder))
    for name, array in zip(computed.inputs, inputs, strict=False):
        computed.blobs[name].reshape(*array.shape)
        computed.blobs[name].data[...] = array
    made = [values for values in computed.forward().values() if values.size > 1]
    read_by_last = computed.bottom_names[computed._layer_names[-1]][0]  # a loss in a net for training
    return made[0] if made else computed.blobs[read_by_last].data


RUN: dict[str, Callable[[Path, Path, list[np.ndarray]], np.ndarray]] = {
    "torch": run_torch,
    "keras": run_keras,
    "jax": run_jax,
    "onnx": run_onnx,
    "pycaffe": run_pycaffe,
}


def drawn_by_keras(net: Path, folder: Path) -> Arrays:
    keras().utils.set_random_seed(1)
    module, _ = carried(net, folder, "keras")
    return {weight.path: weight.numpy() for weight in module.build().variables}


def drawn_by_jax(net: Path, folder: Path) -> Arrays:
    jax = pytest.importorskip("jax", reason="jax is not installed", exc_type=ImportError)
    module, _ = carried(net, folder, "jax")
    layers = module.init(jax.random.key(1)).items()
    return {f"{layer}/{name}": np.asarray(array) for layer, each in layers for name, array in each.items()}


DRAWN: dict[str, Callable[[Path, Path], Arrays]] = {
    "keras": drawn_by_keras,
    "jax": drawn_by_jax,
}
