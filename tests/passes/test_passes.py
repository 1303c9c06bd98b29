"""Passes as pairs of files: tests/passes/PASS/NAME.before.prototxt becomes NAME.after.prototxt.

Comments at the head of the second that start with `# note` are the notes of the pass. tests/passes/invalid
has nets that Caffe refuses, each with the message in a .txt file.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paths import TESTS

from caffe_fillers import passes, prototxt
from caffe_fillers.errors import NetError
from caffe_fillers.passes import Passed
from caffe_fillers.schema import (
    TEST,
    TRAIN,
    LayerParameter,
    NetParameter,
    NetState,
    V1LayerParameter,
    strip_private,
)

HERE = TESTS
PAIRS = sorted((HERE / "passes").glob("*/*.before.prototxt"))
INVALID = sorted((HERE / "passes" / "invalid").glob("*.prototxt"))
GOLDENS = json.loads((HERE / "corpus" / "goldens.json").read_text())
NET_RUNS = [
    pytest.param(name, run, id=f"{name}-{number}")
    for name, runs in GOLDENS.items()
    for number, run in enumerate(runs)
    if "solver" not in run
]
PASSES = {
    "upgrade": passes.upgrade,
    "select": lambda net: Passed(passes.select(net)),
    "splits": lambda net: Passed(passes.insert_splits(net)),
    "prepare": passes.prepare,
}


def parse(path: Path) -> NetParameter:
    return prototxt.parse(path.read_text(), NetParameter, path=path.name).message


def notes(passed: Passed) -> list[str]:
    return [f"# note (line {note.line}, {note.layer!r}): {note.message}" for note in passed.notes]


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: f"{path.parent.name}-{path.name.split('.')[0]}")
def test_before_becomes_after(path: Path) -> None:
    before = parse(path)
    untouched = before.SerializeToString(deterministic=True)
    expected = path.with_name(path.name.replace(".before.", ".after.")).read_text()
    passed = PASSES[path.parent.name](before)
    assert prototxt.write(passed.net).splitlines() == [
        line for line in expected.splitlines() if not line.startswith("#")
    ]
    assert notes(passed) == [line for line in expected.splitlines() if line.startswith("#")]
    assert before.SerializeToString(deterministic=True) == untouched


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: f"{path.parent.name}-{path.name.split('.')[0]}")
def test_twice_is_as_good_as_once(path: Path) -> None:
    once = PASSES[path.parent.name](parse(path)).net
    assert PASSES[path.parent.name](once) == Passed(once)


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_what_caffe_refuses(path: Path) -> None:
    with pytest.raises(NetError) as caught:
        passes.prepare(parse(path), path="net.prototxt")
    assert str(caught.value) == path.with_suffix(".txt").read_text().rstrip()


@pytest.mark.parametrize(("name", "run"), NET_RUNS)
def test_layers_are_those_that_caffe_saved(name: str, run: dict[str, Any]) -> None:
    state = NetState(phase=run["phase"], level=run["level"], stage=run["stages"])
    prepared = passes.prepare(parse(HERE / "corpus" / f"{name}.prototxt"), state)
    assert [[layer.name, layer.type] for layer in prepared.net.layer] == run["layers"]
    assert not prepared.notes


@pytest.mark.parametrize(
    ("own", "default", "override", "merged"),
    [
        (None, None, None, NetState()),
        (None, NetState(phase=TRAIN), None, NetState(phase=TRAIN)),
        (NetState(phase=TEST), NetState(phase=TRAIN), None, NetState(phase=TEST)),
        (NetState(phase=TEST), NetState(phase=TRAIN), NetState(phase=TRAIN), NetState(phase=TRAIN)),
        (NetState(level=3), None, NetState(), NetState(level=3)),
        (NetState(level=3), None, NetState(level=0), NetState(level=0)),
        (
            NetState(stage=["a"]),
            NetState(stage=["b"]),
            NetState(stage=["c"]),
            NetState(stage=["b", "a", "c"]),
        ),
    ],
)
def test_states_merge_from_default_to_override(
    own: NetState | None, default: NetState | None, override: NetState | None, merged: NetState
) -> None:
    assert passes.prepare(NetParameter(state=own), override, default=default).net.state == merged


def test_a_net_inside_a_solver_is_not_upgraded() -> None:
    net = NetParameter(
        input=["x"],
        input_dim=[1, 1, 1, 1],
        layers=[V1LayerParameter(name="old")],
        layer=[LayerParameter(name="new")],
    )
    prepared = passes.prepare(net, inline=True)
    assert [layer.name for layer in prepared.net.layer] == ["new"]
    assert [note.message.split()[0] for note in prepared.notes] == ["layers", "input"]


def test_extras_come_through_every_pass() -> None:
    text = "layers { layer { name: 'a' type: 'relu' fork: 1 } top: 'x' other_fork: 2 }"
    net = prototxt.parse("\n" + text, NetParameter).message
    (layer,) = passes.prepare(net).net.layer
    assert (layer.text_extra.line, list(layer.text_extra.unknown)) == (2, ["other_fork: 2", "fork: 1"])


def test_every_enum_of_v1_has_a_type_today() -> None:
    for number in V1LayerParameter.LayerType.values():
        assert (
            passes.upgrade(NetParameter(layers=[V1LayerParameter(type=number)])).net.layer[0].HasField("type")
        )


@st.composite
def nets(draw: st.DrawFn) -> NetParameter:
    """Nets whose layers read any of the blobs made before them, some in place, some as losses."""
    net = NetParameter()
    known = ["x"]
    net.layer.add(name="data", top=known)
    for number in range(draw(st.integers(0, 8))):
        bottoms = draw(st.lists(st.sampled_from(known), min_size=1, max_size=3))
        tops = [f"b{number}_{index}" for index in range(draw(st.integers(0, 2)))]
        weights = draw(st.lists(st.sampled_from([0, 0.5]), max_size=len(tops)))
        net.layer.add(name=f"l{number}", bottom=bottoms, top=tops, loss_weight=weights)
        known += tops
    return net


@given(nets())
def test_after_splits_every_blob_has_one_reader(net: NetParameter) -> None:
    split = passes.insert_splits(net)
    strip_private(split)
    readers: Counter[str] = Counter()
    for layer in split.layer:
        assert readers.keys() >= set(layer.bottom)
        readers.update(layer.bottom)
        readers.update(dict.fromkeys(layer.top, 0))
        readers.update(top for top, weight in zip(layer.top, layer.loss_weight, strict=False) if weight)
    assert max(readers.values()) <= 1
    assert [layer.name for layer in split.layer if layer.type != "Split"] == [
        layer.name for layer in net.layer
    ]
