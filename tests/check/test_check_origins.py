"""Seeds from anywhere, several of them in one model, copies of a base; and no false comfort."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from damages import DAMAGES, Change, laplace, noise
from paths import LENET

import caffe_fillers as cf
from caffe_fillers.check import CheckResult, Kind, Status, check_model
from caffe_fillers.cli import main
from caffe_fillers.model import Model

RANDOM = ("conv1", "conv2", "ip1", "ip2")


def lenet(seed: int, **changes: Change) -> Model:
    """LeNet drawn with a seed, some layers' weights changed."""
    weights = cf.load_net(LENET).fill(seed=seed)
    for layer, change in changes.items():
        weights[layer][0][...] = change(weights[layer][0]).copy()
    return weights.model()


def check(model: Model, **options: object) -> CheckResult:
    return check_model(cf.load_net(LENET).plan, model, quick=True, **options)  # type: ignore[arg-type]


def statuses(result: CheckResult) -> dict[str, Status]:
    return {each.layer: each.status for each in result.verdicts if each.index == 0}


@pytest.mark.parametrize(
    ("layer", "damage"),
    [
        (layer, damage)
        for layer in ("conv1", "ip1")
        for damage in DAMAGES
        if layer == "ip1" or "BGR" not in damage
    ],
)
def test_a_damaged_blob_is_refused_and_named_by_the_seed_of_the_others(layer: str, damage: str) -> None:
    """Weights that were called plausible once, and passed; conv1 has one channel."""
    change, kind, words = DAMAGES[damage]
    result = check(lenet(7, **{layer: change}))
    assert not result.passed
    assert result.seed == 7
    found = {each.layer: each for each in result.verdicts if each.status is Status.DIFFERENT}
    assert set(found) == {layer}
    assert found[layer].kind is kind
    assert words in found[layer].diagnosis


def test_all_weights_negated_are_refused_and_named() -> None:
    result = check(lenet(7, **dict.fromkeys(RANDOM, np.negative)))
    assert (result.passed, result.seed) == (False, 7)
    assert {each.kind for each in result.verdicts if each.index == 0} == {Kind.FLIPPED}


def test_two_seeds_in_one_model() -> None:
    other = cf.load_net(LENET).fill(seed=9)["conv1"][0]
    result = check(lenet(7, conv1=lambda values: other))
    assert result.passed
    assert result.seed == 7
    assert [(origin.seed, origin.layer) for origin in result.origins] == [(7, "conv2"), (9, "conv1")]
    assert {each.layer: each.seed for each in result.verdicts if each.index == 0} == {
        **dict.fromkeys(RANDOM, 7),
        "conv1": 9,
    }


def test_frozen_layers_beside_trained_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = lenet(7, conv1=laplace, ip1=laplace)
    result = check(model)
    assert statuses(result) == {
        "conv1": Status.DIFFERENT,
        "conv2": Status.EXACT,
        "ip1": Status.DIFFERENT,
        "ip2": Status.EXACT,
    }
    weights = cf.load_net(LENET).fill(seed=7)
    for layer in ("conv1", "ip1"):
        weights[layer][0][...] = laplace(weights[layer][0])
    path = tmp_path / "trained.caffemodel"
    weights.save(path)
    assert main(["check", str(LENET), str(path), "--quick"]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.endswith(
        "structure agrees; trained; as initialized: conv2[0] with seed 7, ip2[0] with seed 7"
    )


def test_a_fine_tuned_model_passes_with_its_base(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All but ip2 copied from a trained base; ip2 alone is drawn, far from the stream's beginning."""
    net = cf.load_net(LENET)
    base, tuned = net.fill(seed=3), net.fill(seed=7)
    for layer in RANDOM:
        base[layer][0][...] = laplace(base[layer][0])
        if layer != "ip2":
            tuned[layer][0][...] = base[layer][0]
    paths = tmp_path / "base.caffemodel", tmp_path / "tuned.caffemodel"
    base.save(paths[0])
    tuned.save(paths[1])
    assert main(["check", str(LENET), str(paths[1]), "--quick", "--base", str(paths[0]), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["passed"], document["seed"]) == (True, 7)
    assert {each["layer"]: each["status"] for each in document["verdicts"] if each["index"] == 0} == {
        **dict.fromkeys(RANDOM, "copied"),
        "ip2": "exact",
    }
    assert main(["check", str(LENET), str(paths[1]), "--quick"]) == 1


def test_a_net_behind_a_long_data_layer() -> None:
    """A million words were drawn before the first blob."""
    net = cf.load_net(LENET)
    stream = cf.Stream(7)
    stream.skip(1_000_000)
    weights = net.fill(seed=1)
    for blob in net.plan.blobs:
        step = net.plan.steps[blob.step]
        weights[net.plan.label(blob.layer_id)][blob.index][...] = step.distribution().sample(
            blob.shape, stream
        )
    result = check(weights.model())
    assert (result.passed, result.seed) == (True, 7)
    assert "begins 1,000,000 words late" in result.notes[0]


def test_values_that_no_seed_makes_pass_only_where_that_is_allowed() -> None:
    shuffled = dict.fromkeys(RANDOM, lambda values: np.random.default_rng(0).permuted(values))
    model = lenet(7, **shuffled)  # type: ignore[arg-type]
    result = check(model)
    assert (result.passed, result.unseeded, result.seed) == (False, True, None)
    assert set(statuses(result).values()) == {Status.PLAUSIBLE}
    assert check(model, allow_unseeded=True).passed


def test_a_bias_of_few_values_is_not_taken_for_a_filler() -> None:
    weights = cf.load_net(LENET).fill(seed=7)
    weights["conv1"][1][...] = np.random.default_rng(0).normal(0, 0.1, 20)
    result = check(weights.model())
    verdict = next(each for each in result.verdicts if (each.layer, each.index) == ("conv1", 1))
    assert verdict.kind is Kind.TRAINED
    assert "fit" not in verdict.diagnosis


@pytest.mark.slow
@pytest.mark.parametrize("change", [lambda values: values.astype(np.float16), noise(2e-5)])
def test_all_weights_rounded_or_trained_a_little_give_their_seed(change: Change) -> None:
    result = check_model(cf.load_net(LENET).plan, lenet(7, **dict.fromkeys(RANDOM, change)))
    assert (result.passed, result.seed) == (False, 7)
    assert {each.kind for each in result.verdicts if each.index == 0} <= {Kind.ROUNDED, Kind.MOVED}
