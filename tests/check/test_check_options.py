"""Nets that need no seed, and weights of another Caffe, generator or framework."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from paths import LENET

import caffe_fillers as cf
from caffe_fillers.check import Status, check_model
from caffe_fillers.cli import main
from caffe_fillers.errors import UnknownNameError

LENET = str(LENET)
CONSTANTS = """
layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 1 dim: 4 dim: 9 dim: 9 } } }
layer { name: 'ip' type: 'InnerProduct' bottom: 'data' top: 'ip' inner_product_param {
  num_output: 10 bias_filler { type: 'constant' value: 0.5 } } }
layer { name: 'up' type: 'Deconvolution' bottom: 'data' top: 'up' convolution_param {
  num_output: 4 group: 4 kernel_size: 4 stride: 2 bias_term: false weight_filler { type: 'bilinear' } } }
"""


def net_of(text: str) -> cf.Net:
    return cf.load_net(io.BytesIO(text.encode()))


def check(words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["check", *words])
    out, err = capsys.readouterr()
    return code, out + err


def test_a_net_of_constants_needs_no_seed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net, weights = tmp_path / "net.prototxt", tmp_path / "net.caffemodel"
    net.write_text(CONSTANTS)
    assert main([str(net), "--seed", "3", "--quiet", "-o", str(weights)]) == 0
    code, printed = check([str(net), str(weights)], capsys)
    assert code == 0
    assert "seed: none needed\n" in printed
    code, printed = check([str(net), str(weights), "--json"], capsys)
    document = json.loads(printed)
    assert (document["seed"], document["seed_origin"], document["notes"]) == (None, "none needed", [])
    assert [(each["status"], each["evidence"]) for each in document["verdicts"]] == [
        ("exact", "3,240 values are 0"),
        ("exact", "10 values are 0.5"),
        ("exact", "64 values agree"),
    ]


def test_a_constant_that_is_another_is_told() -> None:
    net = net_of(CONSTANTS)
    weights = net.fill(seed=3)
    weights["ip"][1][4] = 0.25
    result = check_model(net.plan, weights.model())
    assert result.seed_origin == "none needed"
    assert [each.status for each in result.verdicts].count(Status.DIFFERENT) == 1
    assert check_model(net.plan, weights.model(), tolerance=0.25).passed


def test_constants_are_exact_beside_values_of_no_seed() -> None:
    net = cf.load_net(LENET)
    weights = net.fill(seed=3)
    for layer in weights.values():
        np.random.default_rng(3).shuffle(layer[0].reshape(-1))
    verdicts = check_model(net.plan, weights.model(), quick=True).verdicts
    assert {each.status for each in verdicts if each.index == 0} == {Status.PLAUSIBLE}
    assert {each.status for each in verdicts if each.index == 1} == {Status.EXACT}


def test_weights_of_an_old_caffe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = str(tmp_path / "old.caffemodel")
    assert main([LENET, "--seed", "7", "--caffe", "rc", "--quiet", "-o", weights]) == 0
    code, printed = check([LENET, weights, "--caffe", "rc"], capsys)
    assert code == 0
    assert "seed: 7 (recovered from the values)" in printed
    assert check([LENET, weights], capsys)[0] == 1
    assert check([LENET, weights, "--seed", "7"], capsys)[0] == 1
    assert check([LENET, weights, "--seed", "7", "--caffe", "2014-12-01"], capsys)[0] == 0


def test_weights_of_this_caffe_are_no_old_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = str(tmp_path / "new.caffemodel")
    assert main([LENET, "--seed", "7", "--quiet", "-o", weights]) == 0
    code, printed = check([LENET, weights, "--caffe", "rc"], capsys)
    assert code == 1
    assert "xavier FAN_IN" in printed


@pytest.mark.parametrize("filler", ["xavier", "gaussian", "msra", "positive_unitball"])
def test_weights_of_the_other_generator(
    filler: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net, weights = tmp_path / "net.prototxt", str(tmp_path / "net.caffemodel")
    net.write_text(Path(LENET).read_text().replace("xavier", filler))
    seeded = [str(net), "--seed", "7", "--generator", "mt19937_64"]
    assert main([*seeded, "--quiet", "-o", weights]) == 0
    code, printed = check([*seeded, weights, "--json"], capsys)
    assert code == 0
    assert {each["status"] for each in json.loads(printed)["verdicts"]} == {"exact"}
    code, printed = check([*seeded[:1], weights, *seeded[1:2], "8", *seeded[3:]], capsys)
    assert code == 1
    if filler != "xavier":
        code, printed = check([str(net), weights, "--generator", "mt19937_64"], capsys)
        assert code == 2
        assert "mt19937_64's seed is found in 1,250 uniforms of one blob: give it with --seed" in printed


@pytest.mark.slow
def test_uniforms_of_the_other_generator_give_their_seed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = str(tmp_path / "net.caffemodel")
    seed = str(2**31 + 7)
    assert main([LENET, "--seed", seed, "--generator", "mt19937_64", "--quiet", "-o", weights]) == 0
    code, printed = check([LENET, weights, "--generator", "mt19937_64", "--json"], capsys)
    assert (code, json.loads(printed)["seed"]) == (0, int(seed))


def test_unknown_names_are_refused() -> None:
    net = cf.load_net(LENET)
    model = net.fill(seed=1).model()
    with pytest.raises(UnknownNameError, match="mt19937_64"):
        check_model(net.plan, model, generator="mt19937_46")
    with pytest.raises(UnknownNameError, match="rc2"):
        cf.load_net(LENET, caffe="rc9")


def test_weights_of_another_framework_are_plausible(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = str(tmp_path / "keras.caffemodel")
    assert main([LENET, "--as", "keras", "--seed", "7", "--quiet", "-o", weights]) == 0
    code, printed = check([LENET, weights, "--quick"], capsys)
    assert code == 1
    assert "seed: none (none fits)" in printed
    assert (
        "plausible, not an initialization by Caffe's stream: no seed was found that makes these values"
        in printed
    )
    code, printed = check([LENET, weights, "--quick", "--allow-unseeded"], capsys)
    assert code == 0
    assert "plausible" in printed
