"""What the check finds, what it says of it, and that it leaves right models alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from paths import CORPUS, EXAMPLES

import caffe_fillers as cf
from caffe_fillers import distributions, fillers
from caffe_fillers.check import Status, check_model
from caffe_fillers.check.diagnose import explain
from caffe_fillers.check.statistics import fit
from caffe_fillers.check.words import sentence
from caffe_fillers.cli import main
from caffe_fillers.plan import Fill
from caffe_fillers.recover.early import Observed, recover_seed
from caffe_fillers.recover.in_range import search_seeds
from caffe_fillers.recover.inverse import candidates, value_of

DISTRIBUTIONS = [
    distributions.Uniform(-0.0589, 0.0589),
    distributions.Uniform(0.0, 1.0),
    distributions.Normal(0.0, 0.01),
    distributions.Normal(0.5, 1.0),
]


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=str)
@pytest.mark.parametrize("seed", [0, 42, 4294967295])
def test_the_seed_is_recovered(distribution: distributions.Distribution, seed: int) -> None:
    values = distribution.sample((700,), cf.Stream(seed))
    assert recover_seed([Observed(0, distribution, values)]) == seed


@pytest.mark.parametrize("distribution", DISTRIBUTIONS[:1], ids=str)
def test_the_seed_is_recovered_where_something_drew_first(distribution: distributions.Distribution) -> None:
    stream = cf.Stream(1701)
    stream.skip(3)
    values = distribution.sample((700,), stream)
    assert recover_seed([Observed(1, distribution, values)], slack=4) == 1701
    assert search_seeds([Observed(3, distribution, values)], range(1600, 1800)) == 1701


@pytest.mark.parametrize("distribution", [DISTRIBUTIONS[0], DISTRIBUTIONS[2]], ids=str)
def test_foreign_values_have_no_seed(distribution: distributions.Distribution) -> None:
    values = np.random.default_rng(1).normal(distribution.mean, distribution.std / 2, 700).astype(np.float32)
    assert recover_seed([Observed(0, distribution, values)]) is None


@pytest.mark.parametrize("distribution", DISTRIBUTIONS, ids=str)
def test_candidates_are_all_words_of_a_value(distribution: distributions.Distribution) -> None:
    words = cf.Stream(9).words(400)
    for word, value in zip(words, value_of(distribution, words), strict=True):
        if np.isfinite(value):
            found = candidates(distribution, value)
            assert word in found
            assert (value_of(distribution, found) == value).all()


def lenet(tmp_path: Path) -> Path:
    output = tmp_path / "lenet.caffemodel"
    assert main([str(EXAMPLES / "lenet.prototxt"), "--seed", "7", "-o", str(output), "--quiet"]) == 0
    return output


def test_the_command_passes_a_right_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = lenet(tmp_path)
    assert main(["check", str(EXAMPLES / "lenet.prototxt"), str(output), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["passed"]
    assert document["seed"] == 7
    assert {verdict["status"] for verdict in document["verdicts"]} == {"exact"}


def test_the_command_names_the_first_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = cf.load_weights(lenet(tmp_path))
    weights["ip2"][0][3, 4] = np.nan
    weights.save(tmp_path / "damaged.caffemodel")
    assert main(["check", str(EXAMPLES / "lenet.prototxt"), str(tmp_path / "damaged.caffemodel")]) == 1
    printed = " ".join(capsys.readouterr().out.split())
    assert "value 1504 is nan" in printed
    assert "seed: 7" in printed


def conv(filler: fillers.Filler) -> Fill:
    return Fill("conv", 0, (40, 20, 5, 5), filler)


@pytest.mark.parametrize(
    ("declared", "actual", "said"),
    [
        (fillers.Xavier(), fillers.Xavier("AVERAGE"), "values fit xavier AVERAGE"),
        (fillers.Xavier(), fillers.MSRA("FAN_OUT"), "values fit msra FAN_OUT"),
        (fillers.MSRA(), fillers.Uniform(-0.07, 0.07), "MXNet's default"),
        (fillers.Xavier(), fillers.Gaussian(std=0.01), "gaussian with std 0.01"),
        (fillers.Xavier(), fillers.Constant(0.5), "all 20,000 values are 0.5"),
        (fillers.Xavier(), fillers.Uniform(-0.0873, 0.0873), "values fit it times 1.12"),
    ],
)
def test_diagnosis(declared: fillers.Filler, actual: fillers.Filler, said: str) -> None:
    assert said in sentence(explain(conv(declared), actual.fill((40, 20, 5, 5), cf.Stream(11))))


def test_trained_weights_are_called_so() -> None:
    values = np.random.default_rng(0).laplace(0, 0.02, (40, 20, 5, 5)).astype(np.float32)
    assert "trained?" in sentence(explain(conv(fillers.Xavier()), values))


@pytest.mark.parametrize("name", [*fillers.filler_types, *fillers.filler_types.variants()])
def test_a_distributions_own_values_fit_it(name: str) -> None:
    filler = (fillers.filler_types.variants().get(name) or fillers.filler_types[name])()
    shape = {"gabor": (64, 3, 7, 7), "identity": (12, 12)}.get(name, (12, 12, 4, 4))
    distribution = filler.distribution(shape)
    p_values = [fit(distribution, distribution.sample(shape, cf.Stream(seed))).p_value for seed in range(40)]
    assert min(p_values) > 1e-4
    assert np.median(p_values) > 0.2


def test_a_right_model_that_no_seed_explains_is_plausible() -> None:
    net = cf.load_net(CORPUS / "small_resnet.prototxt")
    weights = net.fill(seed=3)
    for layer in weights.values():
        for array in layer:
            np.random.default_rng(3).shuffle(array.reshape(-1))
    result = check_model(net.plan, weights.model(), seeds=range(3), quick=True)
    assert not result.passed
    assert result.unseeded
    assert result.seed is None
    drawn = [each for each in result.verdicts if each.declared.startswith(("U(", "N("))]
    assert {each.status for each in drawn} == {Status.PLAUSIBLE}
    assert {each.status for each in result.verdicts if each not in drawn} == {Status.EXACT}


def test_structure_is_compared(tmp_path: Path) -> None:
    weights = cf.load_weights(lenet(tmp_path))
    net = cf.load_net(EXAMPLES / "lenet.prototxt")
    other = cf.load_net(CORPUS / "small_resnet.prototxt")
    result = check_model(net.plan, other.fill(seed=1).model(), quick=True)
    assert not result.passed
    assert "layer 'ip1' is missing" in result.structure
    assert check_model(net.plan, weights.model()).structure == ()
