"""A whole net drawn as another framework would: the same numbers as tensor by tensor, in Caffe's layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from paths import CORPUS, LENET

import caffe_fillers as cf
from caffe_fillers.cli import main
from caffe_fillers.frameworks import mxnet, tensorflow
from caffe_fillers.frameworks.tensorflow.plain import Constant, VarianceScaling

SHAPES = {"conv1": (20, 1, 5, 5), "conv2": (50, 20, 5, 5), "ip1": (500, 800), "ip2": (10, 500)}


def filled(framework: str, tmp_path: Path) -> cf.Weights:
    output = tmp_path / "net.caffemodel"
    assert main([str(LENET), "--as", framework, "--seed", "5", "-o", str(output), "--quiet"]) == 0
    return cf.load_weights(output)


@pytest.mark.parametrize(
    ("framework", "semantics"), [("tensorflow", "tf1"), ("tensorflow2", "tf2"), ("keras", "keras")]
)
def test_tensorflow(framework: str, semantics: str, tmp_path: Path) -> None:
    weights = filled(framework, tmp_path)
    parameters = []
    for name, shape in SHAPES.items():
        turned = (*shape[2:], shape[1], shape[0])
        parameters.append((name, turned, VarianceScaling(1.0, "fan_in", "uniform")))
        parameters.append((f"{name}_bias", (shape[0],), Constant(0.0)))
    for name, tensor in tensorflow.draw_all(parameters, 5, semantics):
        if name in SHAPES:
            back = np.moveaxis(tensor, (-1, -2), (0, 1))
            assert weights[name][0].tobytes() == np.ascontiguousarray(back).tobytes()


def test_mxnet(tmp_path: Path) -> None:
    weights = filled("mxnet", tmp_path)
    xavier = mxnet.Xavier("uniform", "in", 3)
    for name, values in mxnet.draw_all(
        [(f"{name}_weight", shape, xavier) for name, shape in SHAPES.items()], 5
    ):
        assert weights[name.removesuffix("_weight")][0].tobytes() == values.tobytes()


def test_what_a_framework_does_not_have_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    net = CORPUS / "all_fillers.prototxt"
    output = tmp_path / "net.caffemodel"
    assert main([str(net), "--as", "mxnet", "--seed", "5", "-o", str(output)]) == 2
    assert "MXNet" in capsys.readouterr().err
    assert not output.exists()
