"""Nets as code of other frameworks, as far as it can be told without these."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from paths import ROOT

import caffe_fillers as cf
from caffe_fillers.cli import main
from caffe_fillers.cli.port import FRAMEWORKS
from caffe_fillers.errors import UsageError
from caffe_fillers.frameworks.initializers import frameworks
from caffe_fillers.port.targets import targets

CORPUS = ROOT / "tests" / "corpus"
INPUT = (
    "layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 1 dim: 4 dim: 9 dim: 9 } } }"
)


@pytest.mark.parametrize("target", targets.names())
@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.prototxt")), ids=lambda path: path.stem)
def test_a_net_becomes_python_or_is_refused_in_words(
    path: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CORPUS)
    net = cf.load_net(path.name)
    try:
        code = targets[target].print_module(net.plan)
    except UsageError as error:
        assert re.match(r"layer '|\d+ layers ", str(error))
        return
    ast.parse(code)
    assert code.endswith("\n") and not code.endswith("\n\n")


@pytest.mark.parametrize("target", targets.names())
def test_printed_code_is_formatted(target: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As `ruff format` leaves it, with its own settings."""
    if importlib.util.find_spec("ruff") is None:
        pytest.skip("ruff is not installed")
    monkeypatch.chdir(CORPUS)
    for path in CORPUS.glob("*.prototxt"):
        net = cf.load_net(path.name)
        with contextlib.suppress(UsageError):
            code = targets[target].print_module(net.plan)
            (tmp_path / f"{path.stem}.py").write_text(code)
    assert len(list(tmp_path.iterdir())) > 10
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", str(tmp_path)]
    run = subprocess.run(ruff, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("target", targets.names())
def test_a_strangers_names_are_only_names(target: str) -> None:
    """Names that would end a string, a line or the class, or hide what is called."""
    hostile = ["x'); import os  #", 'q"""', "forward", "self", "torch", "class", "a\\nb", "crop"]
    bottom, layers = "data", [INPUT]
    for name in hostile:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        layers.append(
            f'layer {{ name: "{quoted}" type: "Convolution" bottom: "{bottom}" top: "{quoted}"'
            " convolution_param { num_output: 4 kernel_size: 1 } }"
        )
        bottom = quoted
    text = 'name: "\\"\\"\\"; import os"\n' + "\n".join(layers)
    net = cf.load_net(io.BytesIO(text.encode()))
    tree = ast.parse(targets[target].print_module(net.plan))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert "os" not in imported
    stored = [node for node in ast.walk(tree) if isinstance(getattr(node, "ctx", None), ast.Store)]
    assigned = {getattr(node, "attr", getattr(node, "id", "")) for node in stored}
    assert len({name for name in assigned if name.startswith(("x_", "q_", "a_"))}) == 3


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            "type: 'Im2col' convolution_param { kernel_size: 3 axis: 2 }",
            "Im2col) cannot be ported to torch: only images",
        ),
        (
            "type: 'Pooling' pooling_param { pool: STOCHASTIC kernel_size: 2 }",
            "there is no stochastic pooling",
        ),
        ("type: 'Pooling' pooling_param { kernel_size: 3 pad: 2 stride: 2 }", "half of the kernel"),
        ("type: 'Convolution' convolution_param { num_output: 2 kernel_size: 1 axis: 2 }", "on axis 2"),
        ("type: 'Convolution' convolution_param { num_output: 2 kernel_size: 1 pad: 4294967295 }", "below 0"),
        ("type: 'Deconvolution' convolution_param { num_output: 2 kernel_size: 2 stride_h: 2 }", "of 0"),
        ("type: 'ReLU6' top: 'more'", "of its 2 tops 1 are ported"),
        ("type: 'PriorBox' bottom: 'p' prior_box_param { min_size: [1, 2] max_size: 9 }", "must be known"),
        (
            "type: 'PriorBoxClustered' bottom: 'p' prior_box_param { width: [9, 8] height: 7 }",
            "must be known",
        ),
    ],
)
def test_what_torch_cannot_do_is_refused(layer: str, message: str, tmp_path: Path, capsys) -> None:
    path = tmp_path / "net.prototxt"
    unknown = "layer { name: 'p' type: 'Python' top: 'p' python_param { module: 'm' layer: 'L' } }"
    path.write_text(f"{INPUT}\n{unknown}\nlayer {{ name: 'odd' bottom: 'data' top: 'odd' {layer} }}")
    assert main(["port", str(path), "--to", "torch"]) == 2
    shown = capsys.readouterr().err
    assert message in shown
    assert "layer 'odd'" in shown


ROWS = """
layer { name: 'rows' type: 'Input' top: 'rows' input_param { shape { dim: 2 dim: 4 } } }
layer { name: 'image' type: 'Input' top: 'image' input_param { shape { dim: 2 dim: 2 dim: 2 dim: 1 } } }
"""
CONVOLUTION = "bottom: 'data' type: 'Convolution' convolution_param { num_output: 4 kernel_size: 1 %s }"
PRODUCT = "bottom: '%s' type: 'InnerProduct' inner_product_param { num_output: 4 bias_term: false %s }"
TABLE = "bottom: 'rows' type: 'Embed' embed_param { input_dim: 4 num_output: 4 bias_term: false }"
SHARING = {
    "settings": (
        CONVOLUTION % "",
        CONVOLUTION % "stride: 2",
        {"torch", "jax"},
        "other settings",
    ),
    "turned": (PRODUCT % ("rows", ""), PRODUCT % ("rows", "transpose: true"), set(), "would keep its"),
    "images": (PRODUCT % ("rows", ""), PRODUCT % ("image", ""), {"torch"}, "in another way"),
    "types": (TABLE, PRODUCT % ("rows", ""), {"torch"}, "in another way"),
}


@pytest.mark.parametrize("target", targets.names())
@pytest.mark.parametrize("case", SHARING)
def test_parameters_are_shared_by_layers_that_keep_them_alike(case: str, target: str) -> None:
    """Or the layer that would get its own in another order, or another's stride, is refused."""
    first, second, carried, message = SHARING[case]
    shared = "param { name: 'w' }" + " param { name: 'b' }" * (case == "settings")
    text = INPUT + ROWS
    for name, layer in (("one", first), ("two", second)):
        text += f"layer {{ name: '{name}' top: '{name}' {shared} {layer} }}"
    net = cf.load_net(io.BytesIO(text.encode()))
    if target in carried:
        ast.parse(targets[target].print_module(net.plan))
        return
    with pytest.raises(UsageError, match=message):
        targets[target].print_module(net.plan)


@pytest.mark.parametrize("target", targets.names())
def test_slopes_of_an_image_are_not_those_of_rows(target: str) -> None:
    """Where they have axes for what they are shared along, the rows would be multiplied by other slopes."""
    text = INPUT + (
        "layer { name: 'one' type: 'PReLU' bottom: 'data' top: 'one' param { name: 'w' } }"
        "layer { name: 'rows' type: 'InnerProduct' bottom: 'data' top: 'rows'"
        " inner_product_param { num_output: 4 } }"
        "layer { name: 'two' type: 'PReLU' bottom: 'rows' top: 'two' param { name: 'w' } }"
    )
    net = cf.load_net(io.BytesIO(text.encode()))
    if target in ("torch",):
        ast.parse(targets[target].print_module(net.plan))
        return
    with pytest.raises(UsageError, match="layer 'two' would keep its parameters in another way"):
        targets[target].print_module(net.plan)


def test_a_layout_needs_a_format_without_a_net(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(INPUT + "layer { name: 'relu' type: 'ReLU' bottom: 'data' top: 'relu' }")
    words = [str(path), "--seed", "1", "--layout", "torch", "-o", str(tmp_path / "x.caffemodel")]
    assert main(words) == 2
    assert "safetensors or npz" in capsys.readouterr().err


@pytest.mark.parametrize("target", targets.names())
def test_convert_lays_out_as_fill_does(target: str, tmp_path: Path) -> None:
    """By the net that the caffemodel holds."""
    net, weights = str(CORPUS / "small_inception.prototxt"), str(tmp_path / "net.caffemodel")
    ours, theirs = tmp_path / "ours.npz", tmp_path / "theirs.npz"
    assert main([net, "--seed", "1", "-o", weights, "--quiet"]) == 0
    assert main([net, "--seed", "1", "-o", str(theirs), "--quiet", "--layout", target]) == 0
    assert main(["convert", weights, str(ours), "--layout", target]) == 0
    assert ours.read_bytes() == theirs.read_bytes()
    assert ours.stat().st_size > 10_000


def test_every_framework_is_a_target() -> None:
    assert set(targets.names()) < set(FRAMEWORKS)
    assert sorted(FRAMEWORKS) == frameworks.names()


@pytest.mark.parametrize("framework", sorted({*FRAMEWORKS} - {*targets.names()}))
def test_retired_frameworks_have_initializers_alone(framework: str, tmp_path: Path, capsys) -> None:
    net = str(CORPUS / "small_inception.prototxt")
    assert main(["port", net, "--to", framework]) == 2
    assert f"{framework} is retired" in capsys.readouterr().err
    assert main(["port", net, "--to", framework, "--only", "init"]) == 0
    ast.parse(capsys.readouterr().out)


def test_a_layout_needs_to_know_the_layers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.savez(tmp_path / "a.npz", **{"conv1/0": np.zeros((2, 3), np.float32)})
    assert main(["convert", str(tmp_path / "a.npz"), str(tmp_path / "b.npz"), "--layout", "torch"]) == 2
    assert "does not say what its layer 'conv1' is" in capsys.readouterr().err
    assert not (tmp_path / "b.npz").exists()


def test_the_docs_have_the_table() -> None:
    printed = subprocess.run(
        [sys.executable, ROOT / "tools" / "port_table.py"], capture_output=True, text=True, check=True
    )
    page = (ROOT / "docs" / "port.md").read_text()
    assert page.split("<!-- table -->\n")[1] == printed.stdout
