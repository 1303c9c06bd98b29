"""Net and Weights by themselves: sources, shapes, edits, uses, and what people type first."""

from __future__ import annotations

import copy
import io
import pickle
import re
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest
from documents import blocks
from google.protobuf import text_format
from paths import CORPUS, DOCS, LENET, ROOT

import caffe_fillers as cf
import caffe_fillers.pycaffe as caffe
from caffe_fillers.check import Status, check_model
from caffe_fillers.cli import main
from caffe_fillers.schema import NetParameter, SolverParameter
from caffe_fillers.schema.pool import file_descriptor, message_classes

TEXT = LENET.read_text()
SHARED = """
layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 2 dim: 4 } } }
layer { name: 'a' type: 'InnerProduct' bottom: 'data' top: 'a' param { name: 'w' }
  inner_product_param { num_output: 4 weight_filler { type: 'xavier' } } }
layer { name: 'b' type: 'InnerProduct' bottom: 'a' top: 'b' param { name: 'w' }
  inner_product_param { num_output: 4 bias_filler { type: 'gaussian' } } }
"""


def message() -> NetParameter:
    return text_format.Parse(TEXT, NetParameter())


def foreign_message() -> object:
    """A message of another descriptor pool, as real pycaffe's is."""
    return text_format.Parse(TEXT, message_classes(file_descriptor())["NetParameter"]())


SOURCES: dict[str, Callable[[], object]] = {
    "name": lambda: str(LENET),
    "path": lambda: LENET,
    "text": lambda: TEXT,
    "one line": lambda: " ".join(line for line in TEXT.split("\n") if "#" not in line),
    "bytes": TEXT.encode,
    "binary": lambda: message().SerializeToString(),
    "open file": lambda: io.BytesIO(TEXT.encode()),
    "open text": lambda: io.StringIO(TEXT),
    "message": message,
    "another's message": foreign_message,
}


@pytest.mark.parametrize("source", SOURCES)
def test_a_net_may_be_given_as(source: str) -> None:
    assert cf.load_net(SOURCES[source]()).fill(seed=7) == cf.load_net(LENET).fill(seed=7)  # type: ignore[arg-type]


PAGES = [
    pytest.param(block.body, id=f"{page}-{number}")
    for page in ("python", "frameworks")
    for number, block in enumerate(blocks((DOCS / f"{page}.md").read_text()))
    if block.kind == "python"
]


@pytest.mark.parametrize("body", PAGES)
def test_the_code_of_the_pages_prints_what_it_says(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(body, {})
    assert printed.getvalue().splitlines() == re.findall(r"print\(.*  # (.*)", body)


def test_a_message_is_not_changed() -> None:
    given = message()
    cf.load_net(given).parameter.name = "other"
    assert given == message()


def test_a_solver_may_be_a_message() -> None:
    net = cf.load_net(SolverParameter(net_param=message(), random_seed=9))
    assert (net.seed, net.name) == (9, "LeNet")


def test_errors_of_a_text_say_where() -> None:
    with pytest.raises(cf.CaffeFillersError, match=r"<text>:2:1: "):
        cf.load_net("name: 'x'\n}")


@pytest.mark.parametrize("name", ["small_resnet", "sharing_modes", "v0_net", "recurrent", "siamese"])
def test_the_parameter_is_a_prototxt(name: str) -> None:
    """Of BVLC's fields alone, and the same net again."""
    net = cf.load_net(CORPUS / f"{name}.prototxt")
    text = str(net.parameter)
    text_format.Parse(text, message_classes(file_descriptor())["NetParameter"]())
    assert cf.load_net(text).fill(seed=3) == net.fill(seed=3)


USES: dict[str, Callable[[cf.Net], object]] = {
    "fill": lambda net: net.fill(seed=1),
    "model": lambda net: net.model(seed=1),
    "only": lambda net: net.only("conv1"),
    "check": lambda net: net.check(cf.load_net(LENET).fill(seed=1)),
    "port": lambda net: net.port("torch"),
    "layout": lambda net: net.layout("torch", cf.load_net(LENET).fill(seed=1)),
    "rows": lambda net: net.rows(),
    "signal": lambda net: net.signal(),
    "model_as": lambda net: net.model_as("keras", 1),
    "report": lambda net: net.report(seed=1),
    "to_onnx": lambda net: net.to_onnx(cf.load_net(LENET).fill(seed=1)),
}


@pytest.mark.parametrize("use", USES)
def test_an_edited_net_is_refused_and_can_be_planned_anew(use: str) -> None:
    net = cf.load_net(LENET, phase="test")
    assert net.parameter.name == "LeNet"
    assert net.fill(seed=1)["conv1"][0].shape == (20, 1, 5, 5)
    net.parameter.layer[1].convolution_param.num_output = 3
    with pytest.raises(cf.CaffeFillersError, match=r"cf.load_net\(net.parameter\)"):
        USES[use](net)
    assert cf.load_net(net.parameter).fill(seed=1)["conv1"][0].shape == (3, 1, 5, 5)


def test_an_edited_net_keeps_its_dialect() -> None:
    net = cf.load_net(TEXT, dialect="ssd")
    net.parameter.name = "other"
    with pytest.raises(cf.CaffeFillersError, match="dialect='ssd'"):
        net.fill(seed=1)


def test_other_shapes() -> None:
    net = cf.load_net(LENET, shapes={"data": (3, 1, 28, 28)})
    assert net.with_shapes(data=(5, 1, 28, 28)).blob_shapes["ip2"] == (5, 10)
    assert net.with_shapes({"data": (1, 2, 28, 28)}).fill(seed=1)["conv1"][0].shape == (20, 2, 5, 5)
    assert net.with_shapes().blob_shapes["ip2"] == (3, 10)
    with pytest.raises(cf.CaffeFillersError, match="did you mean 'data'"):
        net.with_shapes(date=(1, 1, 28, 28))


def test_what_is_shown() -> None:
    net = cf.load_net(LENET)
    shown = "LeNet': 9 layers, 8 parameter blobs, 431,080 parameters"
    assert repr(net) == f"<Net '{shown}>"
    assert repr(net.fill(seed=1)) == "<Weights: 4 layers, 8 blobs, 431,080 parameters>"
    table = net._repr_html_()
    assert table.count("<tr>") == 9
    assert "<td>20x1x5x5</td>" in table
    assert "<script>" not in cf.load_net(SHARED.replace("'a'", "'<script>'"))._repr_html_()


def test_rows_are_those_of_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(LENET)]) == 0
    shown = capsys.readouterr().out
    for row in cf.load_net(LENET).rows():
        assert row.layer in shown
        assert row.filler in shown


def test_check_takes_files_weights_and_bases(tmp_path: Path) -> None:
    net = cf.load_net(LENET)
    weights = net.fill(seed=1701)
    weights.save(tmp_path / "w.caffemodel")
    assert net.check(tmp_path / "w.caffemodel").seed == 1701
    shared = cf.load_net(SHARED)
    weights, base = shared.fill(seed=3), shared.fill(seed=4)
    assert not shared.check(weights, seed=4, quick=True).passed
    weights["a"] = base["a"]
    assert shared.check(weights, bases=[base], quick=True).verdicts[0].status is Status.COPIED


def test_check_takes_the_channels_of_the_weights() -> None:
    data = "layer { name: 'd' type: 'Data' top: 'd' data_param { source: 'gone' batch_size: 1 } }"
    conv = (
        "layer { name: 'c' type: 'Convolution' bottom: 'd' top: 'c' convolution_param { num_output: 9"
        " kernel_size: 3 weight_filler { type: 'xavier' } } }"
    )
    net = cf.load_net(data + conv)
    gray = net.with_shapes(d=(1, 1, 8, 8)).fill(seed=5)
    result = net.check(gray)
    assert (result.passed, result.seed) == (True, 5)


def test_check_refuses_weights_of_unknown_layers() -> None:
    net = cf.load_net(SHARED + "layer { name: 'm' type: 'Mystery' bottom: 'b' top: 'm' }")
    other = cf.load_net(
        SHARED + "layer { name: 'm' type: 'InnerProduct' bottom: 'b' top: 'm'"
        " inner_product_param { num_output: 2 } }"
    )
    with pytest.raises(cf.CaffeFillersError, match="'Mystery' is a layer type of which nothing is known"):
        net.check(other.fill(seed=1))


def test_layouts_and_code_are_those_of_the_command(tmp_path: Path) -> None:
    net, weights = cf.load_net(LENET), cf.load_net(LENET).fill(seed=2)
    assert main([str(LENET), "--seed", "2", "--layout", "torch", "-o", str(tmp_path / "w.npz")]) == 0
    with np.load(tmp_path / "w.npz") as written:
        laid = net.layout("torch", weights)
        assert set(laid) == set(written)
        assert all(laid[name].tobytes() == written[name].tobytes() for name in laid)
    assert main(["port", str(LENET), "--to", "keras", "-o", str(tmp_path / "net.py")]) == 0
    assert net.port("keras") == (tmp_path / "net.py").read_text()
    assert "INITIALIZERS" in net.port("mxnet", only="init")


def test_onnx() -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed", exc_type=ImportError)
    net = cf.load_net(LENET, phase="test")
    made = net.to_onnx(net.fill(seed=1), every_blob=True)
    onnx.checker.check_model(made, full_check=True)
    assert [each.name for each in made.graph.output][-1] == "prob"


def test_weights_can_be_assigned() -> None:
    weights = cf.load_net(SHARED).fill(seed=1)
    weights["a"][0] = np.eye(4)
    assert weights["b"][0].tolist() == np.eye(4).tolist()
    weights["b"][1] += 1
    weights["a"] = (weights["a"][0] * 2, [1, 2, 3, 4])
    assert weights["b"][0].trace() == 8
    assert weights["a"][1].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda weights: weights["a"].__setitem__(0, np.zeros((4, 5))), r"shape \(4, 4\), and .* \(4, 5\)"),
        (lambda weights: weights.__setitem__("a", [np.zeros((4, 4))]), "2 blobs, and 1 arrays"),
        (lambda weights: weights["aa"], "unknown layer 'aa'"),
        (lambda weights: weights.__setitem__("c", []), "unknown layer 'c'.*known: a, b"),
    ],
)
def test_assignments_that_do_not_fit(change: Callable[[cf.Weights], object], said: str) -> None:
    with pytest.raises(cf.CaffeFillersError, match=said):
        change(cf.load_net(SHARED).fill(seed=1))


def test_weights_are_compared_bit_by_bit() -> None:
    net = cf.load_net(SHARED)
    weights, same = net.fill(seed=1), net.fill(seed=1)
    assert weights == same != net.fill(seed=2)
    same["b"][1][0] = np.nextafter(same["b"][1][0], np.float32(9))
    assert weights != same
    assert weights != 7
    assert weights.get("missing") is None


@pytest.mark.parametrize("again", [copy.deepcopy, copy.copy, lambda each: pickle.loads(pickle.dumps(each))])
def test_weights_can_be_copied_and_pickled(again: Callable[[cf.Weights], cf.Weights], tmp_path: Path) -> None:
    weights = cf.load_net(SHARED).fill(seed=1)
    weights["a"][0][0, 0] = 42
    copied = again(weights)
    assert copied == weights
    copied["a"][0][1, 1] = 7
    assert copied["b"][0][1, 1] == 7
    assert weights["a"][0][1, 1] != 7
    weights.save(tmp_path / "one.caffemodel")
    again(weights).save(tmp_path / "two.caffemodel")
    assert (tmp_path / "one.caffemodel").read_bytes() == (tmp_path / "two.caffemodel").read_bytes()


def test_flat_weights_are_an_npz_file(tmp_path: Path) -> None:
    weights = cf.load_net(LENET).fill(seed=1)
    np.savez(tmp_path / "w.npz", **weights.flatten())
    assert cf.load_weights(tmp_path / "w.npz").flatten().keys() == weights.flatten().keys()
    same = cf.load_net(SHARED.replace("'b'", "'a'").replace("param { name: 'w' }", "")).fill(seed=1)
    assert list(same.flatten()) == ["a/0", "a/1", "a#2/0", "a#2/1"]


NET = cf.load_net(SHARED)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: check_model(NET.fill(seed=1), NET.plan),
            r"check_model\(Weights, PlannedNet\).*net.check\(",
        ),
        (lambda: check_model(NET, NET.fill(seed=1)), r"check_model\(net.plan, weights.model\(\)\)"),
        (lambda: NET.check(NET), "a file's name or cf.Weights, not Net"),
        (lambda: cf.Xavier().fill((2, 3), 1701), r"cf.Stream\(1701\)\), or cf.fill\(shape, 'xavier', seed"),
        (lambda: cf.Xavier().fill(3, cf.Stream(1)), "shape 3 is no sequence"),
        (lambda: cf.fill((2, 3), "normal"), "did you mean 'gaussian'"),
        (lambda: cf.fill((2, 3), "kaiming_normal"), "did you mean 'msra'"),
        (lambda: cf.fill((2, 3), "xaviar"), "did you mean 'xavier'"),
        (lambda: NET.port("pytorch"), "did you mean 'torch'"),
        (lambda: NET.port("onnx"), r"net.to_onnx\(weights\)"),
        (lambda: NET.port("torch", only="weights"), "only='weights'"),
        (lambda: NET.layout("torch", cf.load_net(LENET).fill(seed=1)), "do not have the blobs of layer 'a'"),
        (lambda: caffe.Net("nowhere.prototxt", caffe.TEST), "cannot read nowhere.prototxt"),
    ],
)
def test_first_mistakes_are_answered(call: Callable[[], object], said: str) -> None:
    with pytest.raises(cf.CaffeFillersError, match=said):
        call()
