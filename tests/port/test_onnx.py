"""ONNX models by themselves: names, batches, every blob, external data, refusals."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pytest
from paths import CORPUS

import caffe_fillers as cf
from caffe_fillers.api import onnx as saving
from caffe_fillers.cli import main
from caffe_fillers.errors import CaffeFillersError
from caffe_fillers.port.onnx_export import Exported, export

onnx = pytest.importorskip("onnx", reason="onnx is not installed", exc_type=ImportError)

IN_PLACE = """
name: 'twice'
layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 2 dim: 3 dim: 4 dim: 4 } } }
layer { name: 'first' type: 'ReLU' bottom: 'data' top: 'data' }
layer { name: 'conv' type: 'Convolution' bottom: 'data' top: 'conv'
        convolution_param { num_output: 2 kernel_size: 1 weight_filler { type: 'xavier' } } }
layer { name: 'bn' type: 'BatchNorm' bottom: 'conv' top: 'conv' }
layer { name: 'scale' type: 'Scale' bottom: 'conv' top: 'conv' scale_param { bias_term: true } }
layer { name: 'second' type: 'TanH' bottom: 'conv' top: 'conv' }
layer { name: 'ip' type: 'InnerProduct' bottom: 'conv' top: 'ip' inner_product_param { num_output: 3 } }
"""


def exported(text: str, *, every_blob: bool = False) -> Exported:
    net = cf.load_net(io.BytesIO(text.encode()), phase="test")
    made = export(net.plan, net.fill(seed=1, force=True).model(), every_blob=every_blob)
    onnx.checker.check_model(made.model, full_check=True)
    return made


def test_tensors_and_initializers_are_named_after_blobs() -> None:
    made = exported(IN_PLACE)
    graph = made.model.graph
    assert [each.name for each in graph.input] == ["data"]
    assert [each.name for each in graph.output] == ["ip"]
    assert made.tensors == {"data": "data/first", "conv": "conv", "ip": "ip"}
    names = {each.name for each in graph.initializer}
    assert {"conv/0", "conv/1", "bn/mean", "bn/variance", "scale/0", "scale/1", "ip/0", "ip/1"} <= names
    assert graph.input[0].type.tensor_type.shape.dim[0].dim_param == "N"
    assert made.model.opset_import[0].version >= 17


def test_every_blob_may_be_an_output() -> None:
    made = exported(IN_PLACE, every_blob=True)
    assert [each.name for each in made.model.graph.output] == ["data/first", "conv", "ip"]
    runtime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed", exc_type=ImportError)
    session = runtime.InferenceSession(made.model.SerializeToString(), providers=["CPUExecutionProvider"])
    data = np.random.default_rng(0).normal(size=(5, 3, 4, 4)).astype(np.float32)
    first, *_, last = session.run(None, {"data": data})
    assert np.array_equal(first, np.maximum(data, 0))
    assert last.shape == (5, 3)


def test_an_lstm_keeps_its_batch() -> None:
    text = """
    layer { name: 'x' type: 'Input' top: 'x' input_param { shape { dim: 5 dim: 2 dim: 3 } } }
    layer { name: 'cont' type: 'Input' top: 'cont' input_param { shape { dim: 5 dim: 2 } } }
    layer { name: 'lstm' type: 'LSTM' bottom: 'x' bottom: 'cont' top: 'lstm'
            recurrent_param { num_output: 4 } }
    """
    dims = exported(text).model.graph.input[0].type.tensor_type.shape.dim
    assert [each.dim_value for each in dims] == [5, 2, 3]


@pytest.mark.parametrize(
    ("layer", "shape", "any_batch"),
    [
        ("type: 'Reshape' reshape_param { shape { dim: 2 dim: 12 } }", (2, 3, 4), False),
        ("type: 'Reshape' reshape_param { shape { dim: 0 dim: 12 } }", (2, 3, 4), True),
        ("type: 'Reshape' reshape_param { shape { dim: -1 dim: 12 } }", (2, 3, 4), True),
        ("type: 'Permute' permute_param { order: 1 order: 0 }", (2, 2, 4), False),
        ("type: 'Permute' permute_param { order: 0 order: 2 order: 1 }", (2, 2, 4), True),
        ("type: 'Scale' scale_param { axis: 0 }", (2, 4), False),
        ("type: 'Scale' scale_param { axis: 0 num_axes: 0 }", (2, 4), True),
        ("type: 'InnerProduct' inner_product_param { axis: 0 num_output: 2 }", (2, 4), False),
        ("type: 'InnerProduct' inner_product_param { axis: 0 num_output: 3 }", (3,), False),
        ("type: 'InnerProduct' inner_product_param { axis: 2 num_output: 3 }", (2, 5, 4), True),
        ("type: 'Crop' bottom: 'x' crop_param { axis: 0 }", (2, 4), False),
        ("type: 'Crop' bottom: 'x' crop_param { axis: 1 }", (2, 4), True),
        ("type: 'Softmax' softmax_param { axis: 0 }", (2, 4), False),
        ("type: 'PriorBox' bottom: 'x' prior_box_param { min_size: 3 }", (1, 4, 4, 4), False),
    ],
)
def test_the_batch_is_of_any_size_where_no_operation_has_its_length(
    layer: str, shape: tuple[int, ...], any_batch: bool
) -> None:
    lengths = " ".join(f"dim: {length}" for length in shape)
    text = f"""
    layer {{ name: 'x' type: 'Input' top: 'x' input_param {{ shape {{ {lengths} }} }} }}
    layer {{ name: 'y' bottom: 'x' top: 'y' {layer} }}
    """
    graph = exported(text).model.graph
    for each in (graph.input[0], graph.output[0]):
        first = each.type.tensor_type.shape.dim[0]
        assert (first.dim_param == "N") is any_batch


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.prototxt")), ids=lambda path: path.stem)
def test_a_net_becomes_a_valid_model_or_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CORPUS)
    try:
        net = cf.load_net(path.name, phase="test")
        made = export(net.plan, net.fill(seed=1, force=True).model())
    except CaffeFillersError as error:
        assert str(error)
        return
    onnx.checker.check_model(made.model, full_check=True)


def test_large_models_have_their_data_beside_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "_LIMIT", 1000)
    net, path = str(CORPUS / "small_inception.prototxt"), tmp_path / "net.onnx"
    assert main(["port", net, "--to", "onnx", "--seed", "1", "-o", str(path)]) == 0
    assert sorted(each.name for each in tmp_path.iterdir()) == ["net.onnx", "net.onnx.data"]
    weights = cf.load_net(net).fill(seed=1)
    loaded = {each.name: onnx.numpy_helper.to_array(each) for each in onnx.load(path).graph.initializer}
    layer = next(iter(weights))
    assert np.array_equal(loaded[f"{layer}/0"], weights[layer][0])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--to", "onnx", "--only", "init"], "leave out --only"),
        (["--to", "torch", "--seed", "1"], "weights go with --to onnx"),
    ],
)
def test_options_that_make_no_sense_are_refused(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["port", str(CORPUS / "small_inception.prototxt"), *words]) == 2
    assert message in capsys.readouterr().err


def test_a_missing_package_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(CaffeFillersError, match=r"pip install 'caffe-fillers\[onnx\]'"):
        exported(IN_PLACE)
