"""Execution: the same values whoever asks for them, in whatever order, with any number of threads."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paths import CORPUS

import caffe_fillers as cf
from caffe_fillers import rng
from caffe_fillers.cli import main
from caffe_fillers.execute import Execution
from caffe_fillers.rng import chunks
from caffe_fillers.rng.generators import make_generator

pytestmark = pytest.mark.usefixtures("both_paths")

MIXED = b"""
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 30 } } }
layer { name: "a" type: "InnerProduct" bottom: "data" top: "a" inner_product_param { num_output: 70
    weight_filler { type: "uniform" min: -0.25 max: 0.25 } bias_filler { type: "gaussian" } } }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" inner_product_param { num_output: 300
    weight_filler { type: "xavier" } bias_filler { type: "uniform" min: -0.5 max: 0.5 } } }
layer { name: "c" type: "InnerProduct" bottom: "b" top: "c" inner_product_param { num_output: 40
    weight_filler { type: "gaussian" std: 0.1 sparse: 9 } bias_filler { type: "positive_unitball" } } }
layer { name: "d" type: "InnerProduct" bottom: "c" top: "d" inner_product_param { num_output: 9
    weight_filler { type: "msra" } } }
"""
NORMALS = MIXED.replace(b"xavier", b"msra")


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "_PART", 1_000)


@pytest.mark.parametrize("boost", ["1.54", "1.58", "1.74"])
@pytest.mark.parametrize("threads", [2, 3, 8])
@pytest.mark.parametrize("text", [MIXED, NORMALS], ids=["mixed", "normals"])
@pytest.mark.usefixtures("small_parts")
def test_any_number_of_threads_draws_the_same(text: bytes, threads: int, boost: str) -> None:
    net = cf.load_net(io.BytesIO(text))
    streams = cf.Stream(7, boost), cf.Stream(7, boost)
    expected = net.fill(stream=streams[0])
    weights = net.fill(stream=streams[1], threads=threads)
    assert streams[0] == streams[1]
    for layer in "abcd":
        for blob, other in zip(expected[layer], weights[layer], strict=True):
            assert blob.tobytes() == other.tobytes()


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.prototxt")), ids=lambda path: path.stem)
def test_one_layer_alone_is_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CORPUS)
    net = cf.load_net(path.name)
    weights = net.fill(seed=3)
    for layer in weights:
        alone = net.only([layer]).fill(seed=3)
        assert list(alone) == [layer]
        assert [blob.tobytes() for blob in alone[layer]] == [blob.tobytes() for blob in weights[layer]]


@pytest.mark.usefixtures("small_parts")
def test_steps_can_be_asked_for_in_any_order() -> None:
    net = cf.load_net(io.BytesIO(MIXED))
    order = [6, 0, 3, 3, 1, 7, 2, 5, 4]
    execution = Execution(net.plan, cf.Stream(7), threads=3)
    drawn = {
        step: np.concatenate(list(execution.values(step))) for step in order if step < len(net.plan.steps)
    }
    plain = net.fill(seed=7)
    for blob in net.plan.blobs:
        assert drawn[blob.step].tobytes() == plain[net.plan.layer(blob.layer_id).name][blob.index].tobytes()


@given(st.floats(2**-20, 128, width=32), st.sampled_from([np.float32, np.float64]), st.sampled_from([32, 64]))
def test_whether_a_word_may_be_drawn_again(bound: float, dtype: type[np.floating], bits: int) -> None:
    """The greatest word of all, put into a stream, takes a second one exactly where `may_redraw` says so."""
    stream = cf.Stream(1, generator={32: "mt19937", 64: "mt19937_64"}[bits])
    words = np.zeros(stream.twister.n, stream.twister.dtype)
    words[0] = 2**bits - 1
    stream._generator = make_generator(stream.twister, words)
    high = dtype(bound)
    rng.uniform(stream, 1, -high, high, dtype)
    assert (stream.position == 2) == rng.may_redraw(stream, -high, high, dtype)


def test_the_command_writes_one_layer_and_says_where_time_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_bytes(MIXED)
    assert main(["net.prototxt", "--seed", "7", "--only", "c", "--profile", "--threads", "2"]) == 0
    shown = capsys.readouterr()
    assert "12,040 parameters in 2 blobs" in shown.out
    assert "c blob 0: " in shown.err
    assert list(cf.load_weights("net.caffemodel")) == ["c"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--only", "bb"], "did you mean 'b'?"),
        (["--only", "b", "--as", "keras"], "--only goes with Caffe's own stream"),
        (["--threads", "0"], "give 1 or more"),
    ],
)
def test_refusals(
    words: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_bytes(MIXED)
    assert main(["net.prototxt", "--seed", "1", *words]) == 2
    assert message in capsys.readouterr().err
    assert not Path("net.caffemodel").exists()
