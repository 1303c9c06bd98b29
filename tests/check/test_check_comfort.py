"""No false comfort, no false accusation: verdicts that an adversary of the check once got wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import caffe_fillers as cf
from caffe_fillers.check import CheckResult, Kind
from caffe_fillers.check.evidence import coarse
from caffe_fillers.cli import main
from caffe_fillers.distributions import Distribution, Normal, Uniform, UnitSum
from caffe_fillers.errors import UsageError


def net_text(first: str, last: str) -> str:
    """Two products whose weights are drawn by these fillers."""
    layer = (
        "layer {{ name: '{name}' type: 'InnerProduct' bottom: '{bottom}' top: '{name}'"
        " inner_product_param {{ num_output: {outputs} weight_filler {{ {filler} }}"
        " bias_filler {{ value: 0.1 }} }} }}\n"
    )
    return (
        "layer { name: 'x' type: 'Input' top: 'x' input_param { shape { dim: 1 dim: 60 } } }\n"
        + layer.format(name="body", bottom="x", outputs=40, filler=first)
        + layer.format(name="head", bottom="body", outputs=16, filler=last)
    )


XAVIER = "type: 'xavier'"
TEXT = net_text(XAVIER, XAVIER)


def check_head(change: Callable[[np.ndarray], np.ndarray]) -> CheckResult:
    """Check a fine-tune: the body of a base, and a head of 640 values too few to give a seed, changed."""
    net = cf.load_net(TEXT)
    base, tuned = net.fill(seed=3), net.fill(seed=8)
    for index in range(2):
        base["body"][index][...] = np.random.default_rng(index).normal(0, 0.1, base["body"][index].shape)
        tuned["body"][index][...] = base["body"][index]
    tuned["head"][0][...] = change(tuned["head"][0])
    return net.check(tuned, bases=[base])


def zeroed(values: np.ndarray) -> np.ndarray:
    made = values.copy()
    made[2] = 0
    return made


def copied(values: np.ndarray) -> np.ndarray:
    made = values.copy()
    made[2] = made[3]
    return made


def pruned(values: np.ndarray) -> np.ndarray:
    return np.where(np.abs(values) < np.quantile(np.abs(values), 0.1), np.float32(0), values)


CHANGES: dict[str, tuple[Callable[[np.ndarray], np.ndarray], str]] = {
    "float16": (lambda values: values.astype(np.float16), "one of float16"),
    "bfloat16": (lambda values: (values.view("u4") & 0xFFFF0000).astype("u4").view("f4"), "one of bfloat16"),
    "four decimals": (lambda values: values.round(4), "repeat others"),
    "int8": (lambda values: (values * 500).round() / np.float32(500), "repeat others"),
    "pruned": (pruned, "zero or repeat others"),
    "a row of zeros": (zeroed, "rows are all zero"),
    "a row copied": (copied, "filters are copies"),
    "all alike": (np.ones_like, "all 640 values are 1"),
    "not finite": (lambda values: values / np.float32(0), "NaN or infinite"),
}


def test_a_head_without_a_seed_passes() -> None:
    result = check_head(np.copy)
    assert (result.passed, result.seed) == (True, None)


@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize("name", CHANGES)
def test_values_that_are_never_drawn_are_refused_without_a_seed(name: str) -> None:
    change, words = CHANGES[name]
    result = check_head(change)
    verdict = next(each for each in result.verdicts if each.layer == "head")
    assert not result.passed
    assert words in verdict.diagnosis
    assert verdict.evidence


@pytest.mark.parametrize(
    "distribution",
    [
        *(Uniform(-0.1, 0.1), Uniform(3, 3.001), Uniform(100, 101), Uniform(0, 255)),
        *(Normal(0, 1), Normal(5, 0.01), UnitSum(784), UnitSum(20)),
    ],
    ids=str,
)
def test_what_is_drawn_is_never_called_coarse(distribution: Distribution) -> None:
    """Far from zero floats have wide steps, and a million values meet some of them twice."""
    row = getattr(distribution, "row", 20)
    for size in (row, 100 * row, 10**6 // row * row):
        assert coarse(distribution.sample((size,), cf.Stream(7))) is None


def test_a_net_that_holds_blobs_is_compared_with_them(tmp_path: Path) -> None:
    net = cf.load_net(TEXT)
    for name, seed in (("a.caffemodel", 5), ("same.npz", 5), ("other.caffemodel", 6)):
        net.fill(seed=seed).save(tmp_path / name)
    command = ["check", str(tmp_path / "a.caffemodel")]
    assert main([*command, str(tmp_path / "same.npz")]) == 0
    assert main([*command, str(tmp_path / "other.caffemodel")]) == 1


def test_a_base_that_is_the_model_itself_is_refused(tmp_path: Path, capsys) -> None:
    path, weights = tmp_path / "n.prototxt", tmp_path / "w.caffemodel"
    path.write_text(TEXT)
    cf.load_net(path).fill(seed=1).save(weights)
    assert main(["check", str(path), str(weights), "--base", str(weights)]) == 2
    assert "the file that is checked" in capsys.readouterr().err


def test_a_tolerance_as_wide_as_the_values_is_refused() -> None:
    net = cf.load_net(TEXT)
    with pytest.raises(UsageError, match=r"a tolerance of 0\.1 forgives .*: give 0\.032 or less"):
        net.check(net.fill(seed=5), seed=6, tolerance=0.1)
    assert net.check(net.fill(seed=5), tolerance=0.03).passed


@pytest.mark.parametrize("words", [7, 10**15])
def test_words_skipped_that_were_not_are_refused(words: int) -> None:
    net = cf.load_net(TEXT)
    result = net.check(net.fill(seed=5), skip_words=words)
    assert not result.passed
    assert f"not drawn after {words:,} words" in result.structure[0]


def test_seeds_that_cannot_be_tried_are_refused() -> None:
    net = cf.load_net(net_text("type: 'positive_unitball'", "type: 'positive_unitball'"))
    with pytest.raises(UsageError, match="early enough to try seeds on"):
        net.check(net.fill(seed=900), seeds=range(1000))


SPARSE = net_text("type: 'gaussian' std: 0.1 sparse: 2", "type: 'gaussian' std: 0.1 sparse: 2")


@pytest.mark.parametrize("seed", range(100, 104))
def test_an_untouched_sparse_gaussian_is_never_refused(seed: int) -> None:
    net = cf.load_net(SPARSE)
    result = net.check(net.fill(seed=seed))
    assert result.passed
    assert result.seed in (None, seed)


@pytest.mark.parametrize("words", [17, 1000])
def test_normals_after_skipped_words_are_their_seeds(words: int) -> None:
    net = cf.load_net(net_text("type: 'gaussian' std: 0.1", "type: 'msra'"))
    stream = cf.Stream(77)
    stream.skip(words)
    result = net.check(net.fill(stream=stream))
    assert result.passed
    assert result.seed == 77
    assert f"--skip-words {words} " in result.notes[0]


def test_trained_biases_of_one_value_are_no_correlation() -> None:
    net = cf.load_net(TEXT)
    weights = net.fill(seed=5)
    bias = weights["body"][1]
    bias[...] += np.random.default_rng(1).normal(0, 0.01, bias.shape).astype(np.float32)
    verdict = net.check(weights).verdicts[1]
    assert "nan" not in verdict.diagnosis
    assert verdict.kind is Kind.MOVED or verdict.kind is Kind.TRAINED


@pytest.mark.parametrize("order", ["permuted", "rolled"])
def test_reordered_values_make_no_remark_on_the_stream(order: str) -> None:
    net = cf.load_net(TEXT.replace("num_output: 16", "num_output: 160"))
    weights = net.fill(seed=5)
    rows, flat = weights["head"][0], weights["head"][0].ravel().copy()
    permuted = rows[np.random.default_rng(2).permutation(160)]
    rows[...] = permuted if order == "permuted" else np.roll(flat, -3).reshape(rows.shape)
    result = net.check(weights)
    assert result.notes == ()
    assert [each.status.value for each in result.verdicts] == ["exact", "exact", "different", "exact"]


def test_a_model_that_is_all_base_is_of_no_other_caffe() -> None:
    net = cf.load_net(TEXT)
    base = net.fill(seed=5)
    base["body"][0][...] = np.random.default_rng(1).normal(0, 0.1, (40, 60))
    assert net.check(base, bases=[base]).notes == ()


@pytest.mark.parametrize(
    ("layer", "index", "at", "words"),
    [("body", 1, 3, "1 of 40 values were changed"), ("body", 0, 7, "1 of 2,400 values were changed")],
)
def test_one_changed_value_is_counted(layer: str, index: int, at: int, words: str) -> None:
    net = cf.load_net(TEXT)
    weights = net.fill(seed=5)
    weights[layer][index].view(np.uint32).ravel()[at] ^= 1
    result = net.check(weights)
    verdict = next(each for each in result.verdicts if (each.layer, each.index) == (layer, index))
    assert verdict.diagnosis == words


def test_the_json_has_no_number_that_json_has_not(tmp_path: Path, capsys) -> None:
    path, weights = tmp_path / "n.prototxt", tmp_path / "w.caffemodel"
    path.write_text(TEXT)
    filled = cf.load_net(path).fill(seed=1)
    filled["body"][0][0] = np.nan
    filled["head"][0][0, 0] = np.inf
    filled.save(weights)
    assert main(["check", str(path), str(weights), "--json"]) == 1
    json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
