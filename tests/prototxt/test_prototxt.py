"""The reader of prototxt: files with what they say, files with what is wrong in them, places and notes."""

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from paths import TESTS

from caffe_fillers import prototxt, schema
from caffe_fillers.errors import PrototxtError
from caffe_fillers.prototxt import Tolerance
from caffe_fillers.schema import LayerParameter, NetParameter

FILES = TESTS / "prototxt"


def files(folder: str) -> Any:
    """Parameters of a test: the files of a folder, each with a file beside it that says what to expect."""
    paths = sorted((FILES / folder).glob("*.prototxt"))
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.stem)


def parse(path: Path, tolerance: Tolerance = Tolerance.LENIENT) -> prototxt.Document[Message]:
    """A file as the message that its first line names, or as a net."""
    data = path.read_bytes()
    first = data.partition(b"\n")[0].decode("latin-1")
    name = first.removeprefix("# message: ") if first.startswith("# message: ") else "NetParameter"
    return prototxt.parse(
        prototxt.decode(data, path.name), getattr(schema, name), path=path.name, tolerance=tolerance
    )


def plain(message: Message) -> dict[str, Any]:
    """What a message holds, as JSON has it; bytes as Latin-1, and of `text_extra` only the text."""
    found: dict[str, Any] = {}
    for field, value in message.ListFields():
        if field.name == "text_extra":
            found |= {"unknown": list(value.unknown)} if value.unknown else {}
        elif isinstance(value, Message):
            found[field.name] = plain(value)
        elif field.message_type is not None:
            found[field.name] = [plain(each) for each in value]
        elif isinstance(value, bytes):
            found[field.name] = value.decode("latin-1")
        else:
            found[field.name] = value if isinstance(value, (str, int, float)) else list(value)
    return found


@files("valid")
def test_valid(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert json.dumps(plain(parse(path).message)) == json.dumps(expected)  # as text, for nan and -0.0


@files("invalid")
def test_invalid(path: Path) -> None:
    with pytest.raises(PrototxtError) as caught:
        parse(path)
    assert f"{caught.value}\n" == path.with_suffix(".txt").read_text("utf-8")


@files("strict")
def test_what_only_strict_refuses(path: Path) -> None:
    (unknown,) = parse(path).unknown
    with pytest.raises(PrototxtError) as caught:
        parse(path, Tolerance.STRICT)
    assert f"{caught.value}\n" == path.with_suffix(".txt").read_text("utf-8")
    error = caught.value
    assert (unknown.problem, unknown.line, unknown.column) == (error.problem, error.line, error.column)


def test_every_message_knows_where_it_begins() -> None:
    text = """# a net
      name: 'net'
      layer { name: 'a' convolution_param {
          weight_filler: <type: 'xavier'> } }
      layer: [
        {},
        { name: 'c' }
      ]"""
    net = prototxt.parse(text, NetParameter).message
    first, second, third = net.layer
    messages = [net, first, first.convolution_param, first.convolution_param.weight_filler, second, third]
    places = [(each.text_extra.line, each.text_extra.column) for each in messages]
    assert places == [(2, 7), (3, 7), (3, 25), (4, 11), (5, 7), (7, 9)]


def test_each_unknown_name_is_noted_once_with_its_count() -> None:
    text = "layer { fork: 1 }\nlayer { fork: 2 phase: TRIAN fork: 3 }\nfork: 4\nlayer { phase: TRIAN }"
    noted = [(each.message, each.name, each.line, each.column, each.count)
             for each in prototxt.parse(text, NetParameter).unknown]  # fmt: skip
    assert noted == [
        ("LayerParameter", "fork", 1, 9, 3),
        ("LayerParameter", "TRIAN", 2, 24, 2),
        ("NetParameter", "fork", 3, 1, 1),
    ]


def test_what_is_unknown_survives_a_copy_and_is_written_back() -> None:
    text = "layer { name: 'a' fork { a: 1 b: [2, 3] } convolution_param { pad: 1 axle: 2 } }"
    copy = LayerParameter()
    copy.CopyFrom(prototxt.parse(text, NetParameter).message.layer[0])
    expected = 'name: "a"\nconvolution_param {\n  pad: 1\n  axle: 2\n}\nfork {\n  a: 1\n  b: [2, 3]\n}\n'
    assert prototxt.write(copy) == expected


def test_top_fields_need_no_schema() -> None:
    text = "net: 'a' test_state: { level: 1 } test_iter: [1, 2] base_lr: -inf mode: GPU x { y: 1 } # z: 1"
    assert prototxt.top_fields(text) == {"net", "test_state", "test_iter", "base_lr", "mode", "x"}


@pytest.mark.parametrize(
    "text",
    [
        "layer { name: 'a' top: ['b', 'c'] convolution_param { pad: 1 } }\n" * 20_000,
        "fork { a: 1 }\n" * 20_000,
        "layer { phase: TRIAN }\n" * 20_000,
        "input_dim: " + "1" * 200_000 + "x",
        "name: '" + "\\" * 200_000,
        '"' * 100_000,
        "layer {" * 50_000,
        "fork {" * 50_000,
        "fork: [" * 50_000,
        "name: " + "'a'" * 50_000,
    ],
    ids=lambda text: text[:12],
)
def test_long_and_hostile_texts_take_seconds(text: str) -> None:
    """A reading time that grows with the square of the length would take minutes here."""
    try:
        prototxt.parse(text, NetParameter)
    except PrototxtError as error:
        assert len(str(error)) < 1000
