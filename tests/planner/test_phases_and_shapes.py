"""Nets that do not say all: the phase that can be built, `?` for what is not known, hints that were tried."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

import caffe_fillers as cf
from caffe_fillers.cli import main
from caffe_fillers.cli.arguments import parse_shape_option
from caffe_fillers.errors import NetError, UnknownShapeError

DATA = (
    "layer {{ name: 'd' type: 'Data' top: 'x' top: 'y' {} data_param {{ source: 'gone' batch_size: 4 }} }}\n"
)
INPUT = "layer {{ name: 'i' type: 'Input' top: 'x' {} input_param {{ shape {{ {} }} }} }}\n"
DIMS = "dim: 2 dim: 3 dim: 8 dim: 8"
TEST = "include { phase: TEST }"


def layer(kind: str, fields: str = "", name: str = "a", bottom: str = "x") -> str:
    return f"layer {{ name: '{name}' type: '{kind}' bottom: '{bottom}' top: '{name}' {fields} }}\n"


def convolution(name: str = "c", bottom: str = "x", more: str = "") -> str:
    fields = f"num_output: 4 kernel_size: 3 weight_filler {{ type: 'xavier' }} {more}"
    return layer("Convolution", f"convolution_param {{ {fields} }}", name, bottom)


def product(name: str = "ip", bottom: str = "x", more: str = "") -> str:
    return layer("InnerProduct", f"inner_product_param {{ num_output: 6 {more} }}", name, bottom)


def load(text: str, **options: object) -> cf.Net:
    return cf.load_net(io.BytesIO(text.encode()), **options)  # type: ignore[arg-type]


def test_an_input_in_test_alone_chooses_the_phase() -> None:
    text = INPUT.format(TEST, DIMS) + convolution()
    net = load(text)
    assert net.notes[0].message.startswith(
        "planned in phase TEST, for it cannot be built in TRAIN: <stdin>:2"
    )
    assert net.parameter.layer[0].phase == load(text, phase="test").parameter.layer[0].phase == 1
    with pytest.raises(NetError, match="left out by its rules in phase TRAIN"):
        load(text, phase="train")


def test_a_net_that_train_can_build_is_not_asked_for_test() -> None:
    assert load(INPUT.format("", DIMS) + convolution()).notes == ()
    with pytest.raises(UnknownShapeError, match="the shape of 'x'"):
        load(DATA.format("include { phase: TRAIN }") + INPUT.format(TEST, DIMS) + product())


def test_what_is_wrong_with_both_phases_is_told_of_train() -> None:
    with pytest.raises(NetError, match="unknown bottom blob 'z'"):
        load(INPUT.format(TEST, DIMS) + convolution(bottom="z"))
    with pytest.raises(UnknownShapeError, match=r"--shape x=4,3,H,W(?s:.*)in phase TEST; in TRAIN: "):
        load(DATA.format(TEST) + product())


def test_a_solver_decides_the_phase(tmp_path: Path) -> None:
    (tmp_path / "net.prototxt").write_text(INPUT.format(TEST, DIMS) + convolution())
    (tmp_path / "solver.prototxt").write_text("net: 'net.prototxt'")
    with pytest.raises(NetError, match="in phase TRAIN"):
        cf.load_net(tmp_path / "solver.prototxt")


HINTS = {
    "a database that is gone": (DATA.format("") + product(), "x=4,3,H,W", True),
    "an input without shape, of a convolution": (
        "layer { name: 'i' type: 'Input' top: 'x' }" + convolution(),
        "x=1,3,?,?",
        True,
    ),
    "an input without shape, of a product": (
        "layer { name: 'i' type: 'Input' top: 'x' }" + convolution() + product(bottom="c"),
        "x=1,3,H,W",
        True,
    ),
    "a sequence and its marks": (
        "layer { name: 'i' type: 'HDF5Data' top: 'x' top: 'm' hdf5_data_param { source: 'no' } }"
        "layer { name: 'l' type: 'LSTM' bottom: 'x' bottom: 'm' top: 'l' recurrent_param { num_output: 2 } }",
        "x=D0,D1,D2 --shape m=D0,D1",
        False,
    ),
    "an interior blob of a convolution": (
        INPUT.format("", DIMS) + layer("Warp", name="w") + convolution(bottom="w"),
        "w=?,C,?,?",
        False,
    ),
    "an interior blob of a grouped convolution and a product": (
        INPUT.format("", DIMS)
        + layer("Warp", name="w")
        + convolution(bottom="w", more="group: 2")
        + product(bottom="c"),
        "w=N,C,H,W",
        False,
    ),
    "two interior blobs": (
        INPUT.format("", DIMS)
        + layer("Warp", name="v")
        + layer("Warp", name="w")
        + convolution(bottom="v")
        + convolution("e", bottom="w"),
        "v=?,C,?,? --shape w=?,C,?,?",
        False,
    ),
    "a sequence": (
        INPUT.format("", DIMS) + layer("Warp", name="w") + product(bottom="w", more="axis: 2"),
        "w=N,C,H,W",
        False,
    ),
}


@pytest.mark.parametrize("case", HINTS)
def test_a_hint_was_tried_and_says_what_of_it_is_a_guess(case: str) -> None:
    text, hint, guessed = HINTS[case]
    with pytest.raises(UnknownShapeError) as caught:
        load(text)
    said = str(caught.value)
    assert f"give it with --shape {hint}" in said
    assert ("3 channels are a guess" in said) == guessed
    assert ("numbers for the letters" in said) == bool(re.search("[A-Z]", hint))
    options = [re.sub("[A-Z]\\d?", "24", option) for option in hint.split(" --shape ")]
    net = load(text, shapes=dict(map(parse_shape_option, options)))
    first, second = caught.value.trials
    assert [blob.place for blob in net.plan.blobs] == [blob.place for blob in first.blobs]
    assert [blob.shape for blob in first.blobs] != [blob.shape for blob in second.blobs]


def test_where_no_shape_helps_none_is_proposed_and_the_reason_told() -> None:
    text = INPUT.format("", DIMS) + layer("Warp", name="w") + convolution(bottom="w", more="group: 3")
    with pytest.raises(UnknownShapeError) as caught:
        load(text)
    assert "give it with --shape w=... (images were tried, and then: <stdin>:3: layer 'c'" in str(
        caught.value
    )
    assert "must divide" in str(caught.value)
    assert caught.value.trials == ()


def run(capsys: pytest.CaptureFixture[str], path: Path, text: str, *options: str) -> tuple[int, str, str]:
    path.write_text(text)
    code = main(["plan", str(path), *options])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_plan_shows_what_is_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = DATA.format("") + convolution() + product(bottom="c")
    code, out, err = run(capsys, tmp_path / "net.prototxt", text)
    assert code == 0
    rows = [line.split() for line in out.splitlines()]
    assert rows[1][:3] == ["c", "0", "4x?x3x3"] and rows[3][:3] == ["ip", "0", "6x?"]
    assert rows[4][:3] == ["ip", "1", "6"] and rows[5][0] == "?"
    assert "--shape x=4,3,H,W" in err
    code, out, _ = run(capsys, tmp_path / "net.prototxt", text, "--json")
    document = json.loads(out)
    assert code == 0 and document["parameters"] is None
    assert document["blobs"][2]["shape"] == [6, None] and document["blobs"][2]["filler"] == "constant"
    assert document["tops"]["c"] == [4, 4, None, None]
    assert "--shape x=4,3,H,W" in document["notes"][0]["message"]
    assert main([str(tmp_path / "net.prototxt"), "-o", "-"]) == 2


def test_a_shape_that_overrules_the_net_is_noted() -> None:
    text = INPUT.format("", DIMS) + convolution()
    (note,) = load(text, shapes={"x": (2, 1, 8, 8)}).notes
    assert note.message == "'x' is 2x1x8x8, as given; the net itself says 2x3x8x8"
    assert load(text, shapes={"x": (2, 3, 8, 8)}).notes == ()
    assert load(DATA.format("") + convolution(), shapes={"x": (4, 1, 8, 8)}).notes == ()


def test_a_blob_holds_all_that_an_int_counts_and_not_one_more() -> None:
    most = load(INPUT.format("", "dim: 1 dim: 2147483647"))
    assert most.blob_shapes["x"] == (1, 2**31 - 1)
    with pytest.raises(NetError, match=r"holds 2,147,483,648 values; Caffe's blobs end at 2,147,483,647"):
        load(INPUT.format("", "dim: 2 dim: 1073741824"))
