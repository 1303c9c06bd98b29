"""Printed code compiles whatever a net is called and whatever its numbers are."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from caffe_fillers.cli import main
from caffe_fillers.port.code import wrapped

INPUT = "layer { name: 'x' type: 'Input' top: 'x' input_param { shape { dim: 1 dim: 3 } } }\n"
POWER = "layer {{ name: 'r' type: 'Power' bottom: 'x' top: 'y' power_param {{ shift: {} scale: 2 }} }}"


@pytest.mark.parametrize("target", ["torch", "keras", "jax"])
@pytest.mark.parametrize(
    ("name", "shift"),
    [("none", "1"), ("True", "1"), ("false", "1"), ("net", "inf"), ("net", "-inf"), ("net", "nan")],
)
def test_names_and_numbers_that_python_has_otherwise(
    name: str, shift: str, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(f"name: '{name}' {INPUT}{POWER.format(shift)}")
    assert main(["port", "net.prototxt", "--to", target, "-o", "printed.py"]) == 0
    compile(Path("printed.py").read_text(), "printed.py", "exec")


@pytest.mark.parametrize("target", ["torch", "keras", "jax"])
@pytest.mark.parametrize("eps", ["nan", "inf", "1e-45"])
@pytest.mark.parametrize("layer", ["type: 'BatchNorm' batch_norm_param", "type: 'MVN' mvn_param"])
def test_an_eps_that_is_no_number(
    layer: str, eps: str, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    image = INPUT.replace("dim: 3", "dim: 3 dim: 2 dim: 2")
    Path("net.prototxt").write_text(
        f"{image} layer {{ name: 'n' bottom: 'x' top: 'y' {layer} {{ eps: {eps} }} }}"
    )
    assert main(["port", "net.prototxt", "--to", target, "-o", "printed.py"]) == 0
    names = {
        node.id for node in ast.walk(ast.parse(Path("printed.py").read_text())) if isinstance(node, ast.Name)
    }
    assert not names & {"nan", "inf"}


@pytest.mark.parametrize("operation", ["SUM", "PROD", "MAX"])
def test_as_many_terms_as_python_nests(
    operation: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for number, code in ((100, 0), (101, 2), (5000, 2)):
        bottoms = "bottom: 'x' " * number
        eltwise = f"type: 'Eltwise' {bottoms} top: 'y' eltwise_param {{ operation: {operation} }}"
        Path("net.prototxt").write_text(f"{INPUT} layer {{ name: 'y' {eltwise} }}")
        assert main(["port", "net.prototxt", "--to", "torch", "-o", "printed.py"]) == code
    compile(Path("printed.py").read_text(), "printed.py", "exec")


@pytest.mark.parametrize(
    "line",
    [
        f"y = x * (1.0 + {'a' * 50} * call({'b' * 50}, 'c, (d')) ** -0.75",
        f"y = x[{'a' * 50} + call({'b' * 50})]",
        f"y = call({'a' * 50} + call({'b' * 50}))",
        f"y = [{'a' * 50}, ({'b' * 50},), 'c, (\\'d']",
    ],
)
def test_a_wrapped_line_means_the_same(line: str) -> None:
    short = wrapped([line])
    assert len(short) > 1
    assert ast.dump(ast.parse("\n".join(short))) == ast.dump(ast.parse(line))
