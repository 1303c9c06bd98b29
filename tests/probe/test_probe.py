"""Predicted beside measured in a real engine: OpenCV runs the very file that is written."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from paths import ROOT

import caffe_fillers as cf
from caffe_fillers.cli import main
from caffe_fillers.errors import MissingExtraError, UsageError
from caffe_fillers.probe import measure
from caffe_fillers.probe.deploy import deploy

LENET = str(ROOT / "examples" / "lenet.prototxt")


def deep(kind: str, body: str, activation: str | None, shape: tuple[int, ...]) -> cf.Net:
    """Twenty layers with weights."""
    dims = " ".join(f"dim: {dim}" for dim in shape)
    text = [f'layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ {dims} }} }} }}']
    for index in range(20):
        bottom = f"w{index - 1}" if index else "x"
        text.append(f'layer {{ name: "w{index}" type: "{kind}" bottom: "{bottom}" top: "w{index}" {body} }}')
        if activation is not None:
            names = f'bottom: "w{index}" top: "w{index}"'
            text.append(f'layer {{ name: "a{index}" type: "{activation}" {names} }}')
    return cf.load_net(io.BytesIO("\n".join(text).encode()))


CONV = "convolution_param {{ num_output: {} kernel_size: 3 pad: 1 weight_filler {{ type: '{}' }} }}"
INNER = "inner_product_param {{ num_output: {} weight_filler {{ type: '{}' }} }}"


@pytest.mark.parametrize(
    ("kind", "body", "activation", "shape", "fills"),
    [
        ("InnerProduct", INNER.format(256, "xavier"), None, (256, 256), 6),
        ("InnerProduct", INNER.format(512, "msra"), "ReLU", (32, 512), 24),
        ("Convolution", CONV.format(32, "xavier"), None, (8, 32, 9, 9), 8),
        ("Convolution", CONV.format(192, "msra"), "ReLU", (2, 192, 8, 8), 32),
    ],
)
def test_twenty_layers_are_predicted_within_a_tenth(
    kind: str, body: str, activation: str | None, shape: tuple[int, ...], fills: int
) -> None:
    pytest.importorskip("cv2", reason="the extra probe (OpenCV) is not installed")
    net = deep(kind, body, activation, shape)
    models = (net.model(seed) for seed in range(fills))
    found = measure(net.plan, models, items=shape[0])
    assert len(found.rows) == (20 if activation is None else 40)
    assert {row.layer: row.error for row in found.rows if row.error is None or abs(row.error) > 0.1} == {}


def test_the_command_measures_and_plots(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("cv2", reason="the extra probe (OpenCV) is not installed")
    pytest.importorskip("matplotlib", reason="the extra probe (matplotlib) is not installed")
    monkeypatch.chdir(tmp_path)
    np.save("digits.npy", np.random.default_rng(0).normal(size=(8, 1, 28, 28)))
    words = ["probe", LENET, "--fills", "2", "--input", "digits.npy", "--plot", "p.png", "--json"]
    assert main(words) == 0
    document = json.loads(capsys.readouterr().out)
    assert [row["layer"] for row in document["layers"]][:2] == ["conv1", "pool1"]
    assert document["layers"][0]["error"] == pytest.approx(0, abs=0.1)
    assert Path("p.png").read_bytes().startswith(b"\x89PNG")
    assert main(["probe", LENET, "--fills", "1", "--items", "2"]) == 0
    assert "the worst error is" in capsys.readouterr().out


def test_without_the_engine_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cv2", None)
    net = cf.load_net(LENET)
    with pytest.raises(MissingExtraError, match=r"caffe-fillers\[probe\]"):
        measure(net.plan, [net.model(1)])


def test_what_is_run_has_no_labels_and_no_losses() -> None:
    net = cf.load_net(ROOT / "tests" / "corpus" / "small_inception.prototxt")
    deployed = deploy(net.plan, 4)
    assert [feed.blob for feed in deployed.feeds] == ["data"]
    assert deployed.feeds[0].shape[0] == 4
    assert not {layer.type for layer in deployed.net.layer} & {"SoftmaxWithLoss", "Accuracy"}
    tops = [top for layer in deployed.net.layer for top in layer.top]
    assert len(tops) == len(set(tops))


def test_an_unknown_input_asks_for_its_shape() -> None:
    text = 'name: "n" layer { name: "d" type: "Input" top: "d" } '
    with pytest.raises(UsageError, match="--shape"):
        deploy(cf.load_net(io.BytesIO(text.encode())).plan, 1)


def test_plan_shows_densities_and_gains(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", LENET]) == 0
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    assert "█████████" in printed
    assert "14.69" in printed
    assert main(["plan", LENET, "--gains"]) == 0
    assert "level: msra FAN_IN" in capsys.readouterr().out
    assert main(["plan", LENET, "--gains", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["signal"]
    assert rows[1]["forward_gain"] == pytest.approx(1)
    assert rows[1]["tops"][0]["blob"] == "conv1"
