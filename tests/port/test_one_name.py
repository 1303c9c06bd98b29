"""Layers of one name, which Caffe allows: carried over, laid out and checked as the two that they are."""

from __future__ import annotations

import ast
import io
import json
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import port_clients
import pytest

import caffe_fillers as cf
from caffe_fillers.check import Status, check_model
from caffe_fillers.cli import main
from caffe_fillers.port.code import numbered
from caffe_fillers.port.initializers import print_initializers
from caffe_fillers.port.targets import lay_out, targets

INPUT = (
    "layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 1 dim: 4 dim: 9 dim: 9 } } }"
)
CONV = (
    "layer {{ name: '{}' type: 'Convolution' bottom: '{}' top: '{}' {} convolution_param {{ num_output: 4"
    " kernel_size: 3 weight_filler {{ type: 'xavier' }} }} }}"
)
SHARED = "param { name: 'w' } param { name: 'b' }"
TWO = INPUT + CONV.format("c", "data", "x", "") + CONV.format("c", "x", "y", "")


def net_of(text: str) -> cf.Net:
    return cf.load_net(io.BytesIO(text.encode()))


def laid_out(target: str, net: cf.Net) -> list[tuple[str, np.ndarray]]:
    model = net.fill(seed=3).model()
    laid = lay_out(targets[target], net.plan, model)
    return [(name, blob.array()) for name, blob in laid]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["c", "c", "c"], ["c", "c_2", "c_3"]),
        (["c", "c", "c_2"], ["c", "c_3", "c_2"]),
        (["c_2", "c", "c", "c_2"], ["c_2", "c", "c_3", "c_2_2"]),
        (["", "", "d"], ["", "_2", "d"]),
    ],
)
def test_names_are_numbered(names: list[str], expected: list[str]) -> None:
    assert numbered(names) == expected


@pytest.mark.parametrize("target", targets.names())
def test_both_layers_are_laid_out_and_named_in_the_code(target: str) -> None:
    net = net_of(TWO)
    laid = laid_out(target, net)
    first, second, third, fourth = (name for name, _ in laid)
    assert {first[:2], second[:2]} == {f"c{targets[target].separator}"}
    assert {third[:4], fourth[:4]} == {f"c_2{targets[target].separator}"}
    model = net.fill(seed=3).model()
    for values, (_, _, blob) in zip((values for _, values in laid), model.blobs(), strict=True):
        assert sorted(values.ravel()) == sorted(blob.array().ravel())
    tree = ast.parse(targets[target].print_module(net.plan))
    words = [node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    words += [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value == "c_2"]
    assert "c_2" in words


@pytest.mark.parametrize("target", targets.names())
def test_a_layer_that_shares_with_the_second_of_a_name(target: str) -> None:
    text = TWO.replace("top: 'y' ", f"top: 'y' {SHARED} ") + CONV.format("d", "y", "z", SHARED)
    net = net_of(text)
    arrays = dict(laid_out(target, net))
    kernel = f"c_2{targets[target].separator}{'weight' if targets[target].separator == '.' else 'kernel'}"
    assert kernel in arrays
    twin = kernel.replace("c_2", "d")
    assert twin not in arrays or (arrays[twin] == arrays[kernel]).all()
    code = targets[target].print_module(net.plan)
    expected = {
        "torch": "self.d.weight = self.c_2.weight",
        "keras": "z = c_2_layer(y)",
        "jax": 'z = conv(y, params["c_2"])',
    }
    assert expected[target] in code


@pytest.mark.parametrize("target", targets.names())
def test_a_scale_of_its_norms_name(target: str) -> None:
    """Many nets have these two under one name."""
    text = (
        INPUT
        + "layer { name: 'bn' type: 'BatchNorm' bottom: 'data' top: 'x' }"
        + "layer { name: 'bn' type: 'Scale' bottom: 'x' top: 'y' scale_param { bias_term: true } }"
    )
    net = net_of(text)
    assert len(laid_out(target, net)) >= 4
    ast.parse(targets[target].print_module(net.plan))


@pytest.mark.parametrize("framework", targets.names())
def test_initializers_of_both(framework: str) -> None:
    net = net_of(TWO)
    code = print_initializers(framework, net.plan)
    assert "net.c_2.weight" in code if framework == "torch" else '"c_2": {' in code


def drawn(net: Path, folder: Path, target: str) -> tuple[Path, Path]:
    code, arrays = folder / "carried.py", folder / "carried.npz"
    assert main(["port", str(net), "--to", target, "-o", str(code)]) == 0
    words = [str(net), "--seed", "5", "--quiet", "--layout", target, "-o", str(arrays)]
    assert main(words) == 0
    return code, arrays


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the frameworks' own
@pytest.mark.parametrize("target", targets.names())
def test_both_are_computed(target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the outputs of the same net whose layers have two names."""
    monkeypatch.setattr(port_clients, "printed", drawn)
    image = np.random.default_rng(0).normal(size=(1, 4, 9, 9)).astype(np.float32)
    outputs = []
    for name in ("c", "other"):
        folder = tmp_path / name
        folder.mkdir()
        net = folder / "net.prototxt"
        net.write_text(INPUT + CONV.format("c", "data", "x", "") + CONV.format(name, "x", "y", ""))
        outputs.append(getattr(port_clients, f"run_{target}")(net, folder, [image]))
    assert outputs[0].shape == (1, 4, 5, 5)
    assert np.allclose(*outputs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("ending", ["safetensors", "npz"])
def test_files_of_the_layout_are_sound(ending: str, tmp_path: Path) -> None:
    net, output = tmp_path / "net.prototxt", tmp_path / f"net.{ending}"
    net.write_text(TWO)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        words = [str(net), "--seed", "1", "--quiet", "--layout", "torch", "-o", str(output)]
        assert main(words) == 0
    names = {"c.weight", "c.bias", "c_2.weight", "c_2.bias"}
    if ending == "npz":
        with np.load(output) as file:
            assert len(file.files) == 4
            assert set(file.files) == names
    else:
        load_file = pytest.importorskip("safetensors.numpy").load_file
        assert set(load_file(output)) == names


@pytest.mark.parametrize("ending", ["caffemodel", "npz", "safetensors"])
def test_check_tells_them_apart(ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net, output = tmp_path / "net.prototxt", tmp_path / f"net.{ending}"
    net.write_text(TWO)
    assert main([str(net), "--seed", "7", "--quiet", "-o", str(output)]) == 0
    assert main(["check", str(net), str(output), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [(each["layer"], each["index"], each["status"]) for each in document["verdicts"]] == [
        ("c", 0, "exact"),
        ("c", 1, "exact"),
        ("c#2", 0, "exact"),
        ("c#2", 1, "exact"),
    ]


AGAIN = "layer 'c' is in the file more often than in the net, which has 1 of that name"


def test_check_names_the_one_that_is_wrong() -> None:
    net, one = net_of(TWO), net_of(INPUT + CONV.format("c", "data", "x", ""))
    model = net.fill(seed=7).model()
    assert check_model(net.plan, one.fill(seed=7).model()).structure == ("layer 'c#2' is missing",)
    assert check_model(one.plan, model).structure == (AGAIN,)
    first, second = TWO.rsplit("num_output: 4", 1)
    smaller = net_of(f"{first}num_output: 2{second}")
    assert check_model(smaller.plan, model).structure[0].startswith("layer 'c#2' blob 0 has shape")


def test_two_of_one_name_exchanged() -> None:
    net = net_of(TWO)
    model = net.fill(seed=7).model()
    data, first, second = model.layers
    verdicts = check_model(net.plan, replace(model, layers=(data, second, first))).verdicts
    wrong = [each for each in verdicts if each.status is Status.DIFFERENT]
    assert [(each.layer, each.index) for each in wrong] == [("c", 0), ("c#2", 0)]
    assert [each.diagnosis.split("swapped")[0] for each in wrong] == [
        "these are the values of c#2[0]: ",
        "these are the values of c[0]: ",
    ]
