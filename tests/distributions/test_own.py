"""A filler with a distribution of its own, which has no more than it must, works in every room."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import caffe_fillers as cf
from caffe_fillers.cli import main
from caffe_fillers.distributions import Distribution, Reals, Values
from caffe_fillers.fillers import filler_types
from caffe_fillers.layers.contract import Setup, layer, layer_types
from caffe_fillers.rng import Stream

NET = """name: 'own'
layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 1 dim: 40 } } }
layer { name: 'ip' type: 'InnerProduct' bottom: 'data' top: 'ip'
  inner_product_param { num_output: 30 weight_filler { type: 'triangular' std: 0.5 } } }
"""


@dataclass(frozen=True)
class Triangular(Distribution):
    """The sum of two uniforms from -width / 2 to width / 2."""

    width: float

    def draw(self, size: int, stream: Stream, dtype: type[np.floating] = np.float32) -> Values:
        first, second = stream.words(2 * size).reshape(-1, 2).T / 2**32
        return ((first + second - 1) * self.width).astype(dtype)

    def words(self, size: int, stream: Stream, dtype: type[np.floating] = np.float32) -> int | None:
        return 2 * size

    @property
    def mean(self) -> float:
        return 0.0

    @property
    def std(self) -> float:
        return self.width / math.sqrt(6)

    @property
    def support(self) -> tuple[float, float]:
        return -self.width, self.width

    def cdf(self, points: Reals) -> Reals:
        x = np.clip(points / self.width, -1, 1)
        return np.where(x < 0, (1 + x) ** 2 / 2, 1 - (1 - x) ** 2 / 2)


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    """The filler, registered for one test."""
    filler_types.names()
    monkeypatch.setattr(filler_types, "_values", dict(filler_types._values))

    @cf.filler("triangular")
    @dataclass(frozen=True)
    class TriangularFiller(cf.Filler):
        std: float = 1.0

        def distribution(self, shape, dtype=np.float32, convention=None):
            return Triangular(self.std * math.sqrt(6))


@pytest.fixture
def files(tmp_path: Path) -> Iterator[tuple[str, str]]:
    net, weights = tmp_path / "own.prototxt", tmp_path / "own.caffemodel"
    net.write_text(NET)
    assert main([str(net), "--seed", "7", "-o", str(weights), "--quiet"]) == 0
    return str(net), str(weights)


def test_fill(files: tuple[str, str]) -> None:
    values = cf.load_weights(files[1])["ip"][0]
    drawn = Triangular(0.5 * math.sqrt(6)).sample((30, 40), Stream(7))
    assert values.tobytes() == drawn.tobytes()
    assert values.std() == pytest.approx(0.5, rel=0.05)


def test_plan(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", files[0], "--json"]) == 0
    row = json.loads(capsys.readouterr().out)["blobs"][0]
    assert (row["filler"], row["std"], row["fan_in"]) == ("triangular", pytest.approx(0.5), 40)
    assert main(["plan", files[0]]) == 0
    assert "▁▃▅▇█▇▅▃▁" in capsys.readouterr().out


@pytest.mark.parametrize(("seed", "factor", "code"), [("7", 1.0, 0), ("8", 1.0, 1), (None, 1.5, 1)])
def test_check(
    files: tuple[str, str], seed: str | None, factor: float, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = cf.load_weights(files[1])
    weights["ip"][0][:] *= np.float32(factor)
    weights.save(files[1])
    assert main(["check", *files, *(["--seed", seed] if seed else [])]) == code
    assert "Triangular(" in capsys.readouterr().out


def test_report(files: tuple[str, str], tmp_path: Path) -> None:
    pytest.importorskip("jinja2")
    pytest.importorskip("pygraphviz")
    page = tmp_path / "page.html"
    assert main(["report", files[0], "--seed", "7", "-o", str(page)]) == 0
    (expected,) = re.findall(r'"expected": ?(\[[^\]]+\])', page.read_text())
    assert sum(json.loads(expected)) == pytest.approx(1200, abs=1)


@pytest.mark.parametrize("framework", ["torch", "keras", "jax", "tf1", "mxnet"])
def test_port(files: tuple[str, str], framework: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["port", files[0], "--to", framework, "--only", "init"]) == 0
    assert f"{framework} has nothing like triangular: load the values" in capsys.readouterr().out


def test_as_another_framework(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([files[0], "--as", "keras", "--seed", "1", "-o", "-"]) == 2
    assert "Keras has no initializer like the triangular filler" in capsys.readouterr().err


def test_a_field_that_no_message_has_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    layer_types.names()
    monkeypatch.setattr(layer_types, "_values", dict(layer_types._values))

    @layer("Gate")
    def gate(parameter, bottoms):
        return Setup((parameter.gate_param.size,))

    net = tmp_path / "gate.prototxt"
    net.write_text(NET.replace("'InnerProduct'", "'Gate'"))
    assert main(["plan", str(net)]) == 2
    assert "reads LayerParameter.gate_param, a field that the schema does not have" in capsys.readouterr().err
