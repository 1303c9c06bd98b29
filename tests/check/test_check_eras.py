"""Streams that begin elsewhere than the net says: of other eras, or after some words."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from damages import load
from paths import CORPUS, LENET

import caffe_fillers as cf
from caffe_fillers.check import Kind, Status, check_model
from caffe_fillers.check.findings import Remark
from caffe_fillers.cli import main
from caffe_fillers.model import Model

FIELD = Path(__file__).parent.parent / "field" / "check_guessed_channels"
SMALL = b"""layer { name: 'x' type: 'Input' top: 'x' input_param { shape { dim: 1 dim: 10 } } }
layer { name: 'ip' type: 'InnerProduct' bottom: 'x' top: 'ip' inner_product_param {
  num_output: 30 weight_filler { type: 'xavier' } } }"""


def values_of(model: Model) -> list[bytes]:
    return [blob.array().tobytes() for _, _, blob in model.blobs()]


def drawn_after(net: cf.Net, words: int) -> Model:
    stream = cf.Stream(7)
    stream.skip(words)
    return net.model(stream=stream)


@pytest.mark.parametrize(
    ("name", "era"),
    [("lmdb_mirror", "rc3"), ("lmdb_mirror", "ssd"), ("lmdb_plain", "jacinto"), ("lmdb_both", "nvidia")],
)
def test_an_era_that_draws_otherwise_is_named_and_its_command_draws_the_same(
    name: str, era: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CORPUS)
    net, other = cf.load_net(f"{name}.prototxt"), cf.load_net(f"{name}.prototxt", caffe=era)
    model = other.model(7)
    result = check_model(net.plan, model, others=net.in_other_eras)
    assert (result.passed, result.seed) == (True, 7)
    (remark,) = result.remarks
    assert remark.kind is Remark.ERA
    named = str(remark.numbers["era"])
    assert f"--seed 7 --caffe {named} draws the same" in result.notes[0]
    assert values_of(cf.load_net(f"{name}.prototxt", caffe=named).model(7)) == values_of(model)


def test_the_own_era_is_not_remarked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CORPUS)
    net = cf.load_net("lmdb_mirror.prototxt", caffe="rc3")
    result = check_model(net.plan, net.model(7), others=net.in_other_eras)
    assert (result.passed, result.notes) == (True, ())


def test_fillers_of_another_era_differ_and_the_era_is_named() -> None:
    net = cf.load_net(LENET)
    result = check_model(net.plan, cf.load_net(LENET, caffe="rc").model(7), others=net.in_other_eras)
    assert (result.passed, result.seed) == (False, 7)
    different = [each for each in result.verdicts if each.status is Status.DIFFERENT]
    assert [each.layer for each in different] == ["ip1", "ip2"]
    assert {each.kind for each in different} == {Kind.OTHER_FILLER}
    assert result.remarks[0].numbers["era"] == "rc"


def test_a_net_whose_data_layers_draw_nothing() -> None:
    """Too small for its seed to be found but at the beginning, which the words of the data layer shift."""
    net = cf.load_net(FIELD / "gray_train.prototxt", shapes={"data": (2, 1, 9, 9)})
    model = cf.load_net(FIELD / "gray_deploy.prototxt").model(7)
    result = check_model(net.plan, model, quick=True)
    assert (result.passed, result.seed, result.seed_origin) == (True, 7, "recovered from the values")
    assert result.remarks[0].kind is Remark.BARE


@pytest.mark.parametrize(("words", "seed"), [(0, 7), (1, 7), (4, 7), (5, None)])
def test_up_to_four_words_of_unseen_layers_are_looked_behind(words: int, seed: int | None) -> None:
    """300 values give their seed away near the beginning alone."""
    net = cf.load_net(io.BytesIO(SMALL))
    result = check_model(net.plan, drawn_after(net, words), quick=True)
    assert result.seed == seed
    assert check_model(net.plan, drawn_after(net, words), seed=7, quick=True).passed == (words <= 4)
    assert [each.numbers["words"] for each in result.remarks] == ([words] if words and seed else [])


def test_skipped_words_are_no_remark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = cf.load_net(LENET)
    result = check_model(net.plan, drawn_after(net, 1000), skip_words=1000)
    assert (result.passed, result.seed, result.notes) == (True, 7, ())
    weights = str(tmp_path / "w.caffemodel")
    words = [str(LENET), "--seed", "7", "--skip-words", "1000"]
    assert main([*words, "--quiet", "-o", weights]) == 0
    assert main(["check", *words[:1], weights, *words[1:]]) == 0
    assert main(["check", str(LENET), weights]) == 0
    said = "caffe-fill NET --seed 7 --skip-words 1000 draws the same"
    assert said in " ".join(capsys.readouterr().out.split())


def test_a_net_of_one_seed_behind_a_data_layer_is_not_late() -> None:
    net = load("lmdb_mirror")
    assert check_model(net.plan, net.model(7)).remarks == ()
