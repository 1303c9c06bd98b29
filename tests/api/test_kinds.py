"""What a file is, where it does not say: a net or a solver, text or binary, or neither."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from paths import CORPUS, LENET

import caffe_fillers as cf
from caffe_fillers import prototxt
from caffe_fillers.cli import main
from caffe_fillers.errors import FormatError
from caffe_fillers.schema import NetParameter, SolverParameter


def _net(name: str) -> NetParameter:
    return prototxt.parse((CORPUS / f"{name}.prototxt").read_text(), NetParameter).message


def _binary(net: NetParameter, **fields: object) -> bytes:
    """A net as protobuf writes it, with other fields; the hidden field is no part of a file."""
    copy = NetParameter(**fields)  # type: ignore[arg-type]
    copy.MergeFrom(net)
    for field, value in fields.items():
        setattr(copy, field, value) if value else copy.ClearField(field)  # type: ignore[arg-type]
    for message in (copy, *copy.layer, *copy.layers):
        message.ClearField("text_extra")
    return copy.SerializeToString()


def _values(net: cf.Net) -> dict[str, list[bytes]]:
    return {name: [blob.tobytes() for blob in blobs] for name, blobs in net.fill(seed=5).items()}


@pytest.mark.parametrize("name", ["small_resnet", "v1_net", "v0_net", "input_dims", "input_shapes"])
@pytest.mark.parametrize("called", ["", "LeNet", "a net with a name of more than 32 letters, as some have"])
def test_a_binary_net_is_that_of_its_text(name: str, called: str, tmp_path: Path) -> None:
    text = _net(name)
    (tmp_path / "net.binaryproto").write_bytes(_binary(text, name=called))
    net = cf.load_net(tmp_path / "net.binaryproto")
    assert _values(net) == _values(cf.load_net(CORPUS / f"{name}.prototxt"))
    assert main(["plan", str(tmp_path / "net.binaryproto")]) == 0


def test_a_caffemodel_is_a_net_with_its_values(tmp_path: Path) -> None:
    file = tmp_path / "lenet.caffemodel"
    weights = cf.load_net(LENET).fill(seed=3)
    weights.save(file)
    again = cf.load_net(file)
    assert again.name == "LeNet"
    assert again.fill(seed=9)["conv1"][0].tobytes() == weights["conv1"][0].tobytes()
    assert main(["plan", str(file)]) == 0


@pytest.mark.parametrize("field", ["net", "train_net"])
@pytest.mark.parametrize(
    "rest", [{}, {"base_lr": 0.1, "max_iter": 9}, {"test_net": ["t.prototxt"], "test_iter": [1]}]
)
def test_a_binary_solver_names_its_net(
    field: str, rest: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("n.prototxt", "t.prototxt"):
        Path(name).write_bytes(LENET.read_bytes())
    solver = SolverParameter(random_seed=5, test_interval=1, **{field: "n.prototxt"}, **rest)  # type: ignore[arg-type]
    net = cf.load_net(io.BytesIO(solver.SerializeToString()))
    assert (net.name, net.seed) == ("LeNet", 5)


@pytest.mark.parametrize("field", ["net_param", "train_net_param"])
def test_a_binary_solver_holds_its_net(field: str) -> None:
    inline = NetParameter.FromString(_binary(_net("small_resnet")))
    solver = SolverParameter(**{field: inline}, base_lr=0.1, solver_mode="CPU")  # type: ignore[arg-type]
    assert _values(cf.load_net(io.BytesIO(solver.SerializeToString()))) == _values(
        cf.load_net(CORPUS / "small_resnet.prototxt")
    )


NO_NETS = {
    "comment": b"# nothing yet\n",
    "blank": b"\n",
    "unknown": b"foo: 1\n",
    "name": b"name: 'net'",
    "picture": b"\x8a\x01\x04fake\x90\x01\x07\xa0\x01",  # fields 17, 18 and 20
    "solver": b"net_param { name: 'net' }",
}


@pytest.mark.parametrize("kind", NO_NETS)
def test_what_has_no_layer_is_no_net(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = NO_NETS[kind] + b"\x01" * (kind == "picture")
    (tmp_path / "net.prototxt").write_bytes(content)
    with pytest.raises(FormatError, match="this net has no layers and no input"):
        cf.load_net(tmp_path / "net.prototxt")
    path, out = str(tmp_path / "net.prototxt"), str(tmp_path / "out.caffemodel")
    for words in (["plan", path], ["convert", path], [path, "-o", out]):
        assert main(words) == 2
    said = capsys.readouterr().err
    assert ("did you mean 'layer'?" in said) == (kind == "misspelled")
    assert [path.name for path in tmp_path.iterdir()] == ["net.prototxt"]


def test_weights_without_a_layer_are_none(tmp_path: Path) -> None:
    (tmp_path / "net.caffemodel").write_bytes(NetParameter(name="net").SerializeToString())
    with pytest.raises(FormatError, match="no layer in it, so it holds no weights"):
        cf.load_weights(tmp_path / "net.caffemodel")
