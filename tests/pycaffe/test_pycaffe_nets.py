"""Nets as pycaffe's scripts use them: built, looked at, changed, copied, saved; the values are Caffe's."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from paths import CORPUS, LENET

import caffe_fillers as cf
import caffe_fillers.pycaffe as caffe
from caffe_fillers.pycaffe.unavailable import NotCaffeError

GOLDENS = json.loads((CORPUS / "goldens.json").read_text())
SMALL = """
layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 2 dim: 3 } } }
layer { name: 'ip' type: 'InnerProduct' bottom: 'data' top: 'ip'
  inner_product_param { num_output: 4 weight_filler { type: 'xavier' } } }
layer { name: 'relu' type: 'ReLU' bottom: 'ip' top: 'ip' }
layer { name: 'twice' type: 'InnerProduct' bottom: 'data' top: 'twice' param { name: 'w' }
  inner_product_param { num_output: 4 bias_term: false weight_filler { type: 'gaussian' } } }
layer { name: 'again' type: 'InnerProduct' bottom: 'data' top: 'again' param { name: 'w' }
  inner_product_param { num_output: 4 bias_term: false } }
"""


@pytest.fixture
def small(tmp_path: Path) -> str:
    path = tmp_path / "small.prototxt"
    path.write_text(SMALL)
    return str(path)


@pytest.mark.parametrize("name", ["xavier_norms", "all_fillers", "siamese", "recurrent", "sharing_modes"])
def test_the_file_that_is_saved_is_caffes(name: str, tmp_path: Path) -> None:
    """Under a name that tells no format, as real Caffe saved it."""
    for run in GOLDENS[name]:
        caffe.set_random_seed(run["seed"])
        net = caffe.Net(
            str(CORPUS / f"{name}.prototxt"),
            getattr(caffe, run["phase"]),
            level=run["level"],
            stages=run["stages"],
        )
        net.save(tmp_path / "weights")
        saved = (tmp_path / "weights").read_bytes()
        assert hashlib.sha256(saved).hexdigest() == run["caffemodel"]["sha256"]


def test_the_generator_goes_on_from_net_to_net(small: str) -> None:
    caffe.set_random_seed(7)
    nets = [caffe.Net(small, caffe.TRAIN) for _ in range(2)]
    stream = cf.Stream(7)
    for net in nets:
        weights = cf.load_net(small).fill(stream=stream)
        for name in weights:
            for blob, array in zip(net.params[name], weights[name], strict=True):
                assert blob.data.tobytes() == array.tobytes()
    assert nets[0].params["ip"][0].data.tobytes() != nets[1].params["ip"][0].data.tobytes()


def test_what_a_net_shows(small: str) -> None:
    net = caffe.Net(small, caffe.TEST)
    assert repr(net) == "<caffe.Net '': 6 layers, 28 parameters>"
    assert net.inputs == ["data"]
    assert net.outputs == ["again", "ip", "twice"]
    assert list(net.params) == ["ip", "twice", "again"]
    assert net._layer_names[:2] == ["data", "data_data_0_split"]
    assert [layer.type for layer in net.layers][:3] == ["Input", "Split", "InnerProduct"]
    assert net.bottom_names["relu"] == net.top_names["relu"] == ["ip"]
    assert net.layer_dict["ip"].blobs is net.params["ip"]
    assert net.blobs["ip"].shape == (2, 4)
    assert net.blobs["ip"].data.dtype == np.float32
    assert (net.blobs["ip"].num, net.blobs["ip"].channels, net.blobs["ip"].width) == (2, 4, 1)


def test_shared_blobs_are_one_array(small: str) -> None:
    net = caffe.Net(small, caffe.TEST)
    net.params["twice"][0].data[...] = 3
    assert (net.params["again"][0].data == 3).all()


def test_net_surgery(small: str, tmp_path: Path) -> None:
    """Weights moved from one layer to another, saved, and read back by both interfaces."""
    caffe.set_random_seed(1)
    net = caffe.Net(small, caffe.TEST)
    net.params["ip"][0].data.flat = net.params["twice"][0].data.flat
    net.params["ip"][1].data[...] = np.arange(4)
    net.save(str(tmp_path / "surgery.caffemodel"))
    again = caffe.Net(small, str(tmp_path / "surgery.caffemodel"), caffe.TEST)
    named = caffe.Net(small, caffe.TEST, weights=str(tmp_path / "surgery.caffemodel"))
    for other in (again, named):
        for name, blobs in net.params.items():
            assert [blob.data.tobytes() for blob in blobs] == [
                blob.data.tobytes() for blob in other.params[name]
            ]
    assert cf.load_weights(tmp_path / "surgery.caffemodel")["ip"][1].tolist() == [0, 1, 2, 3]


def test_hdf5(small: str, tmp_path: Path) -> None:
    pytest.importorskip("h5py")
    net, other = caffe.Net(small, caffe.TEST), caffe.Net(small, caffe.TEST)
    net.save_hdf5(str(tmp_path / "weights"))
    other.load_hdf5(str(tmp_path / "weights"))
    assert other.params["ip"][0].data.tobytes() == net.params["ip"][0].data.tobytes()


def test_share_with(small: str) -> None:
    net, other = caffe.Net(small, caffe.TEST), caffe.Net(small, caffe.TEST)
    other.share_with(net)
    net.params["ip"][0].data[0, 0] = 42
    assert other.params["ip"][0].data[0, 0] == 42


def test_reshape(small: str) -> None:
    net = caffe.Net(small, caffe.TEST)
    net.blobs["data"].reshape(5, 3)
    net.reshape()
    assert net.blobs["ip"].shape == (5, 4)
    net.blobs["data"].reshape(5, 7)
    with pytest.raises(cf.CaffeFillersError, match="other shapes"):
        net.reshape()


def test_solver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.prototxt").write_text(SMALL)
    Path("solver.prototxt").write_text(
        "net: 'small.prototxt' random_seed: 3 test_iter: 1 test_interval: 10 base_lr: 0.1 lr_policy: 'fixed'"
    )
    solver = caffe.get_solver("solver.prototxt")
    solver.test_nets[0].blobs["data"].reshape(7, 3)
    solver.test_nets[0].reshape()
    assert solver.test_nets[0].blobs["ip"].shape == (7, 4)
    stream = cf.Stream(3)
    for net in (solver.net, *solver.test_nets):
        weights = cf.load_net("small.prototxt").fill(stream=stream)
        assert net.params["ip"][0].data.tobytes() == weights["ip"][0].tobytes()
    with pytest.raises(NotCaffeError, match="port"):
        solver.step(1)
    with pytest.raises(cf.CaffeFillersError, match="not a solver"):
        caffe.SGDSolver("small.prototxt")


def test_what_needs_caffes_engine_is_refused_with_a_way_on(small: str) -> None:
    class Mine(caffe.Layer):
        pass

    for call in (caffe.Net(small, caffe.TEST).backward, Mine):
        with pytest.raises(NotCaffeError, match="caffe-fill port"):
            call()


def test_forward_names_what_it_needs(small: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("onnx", reason="onnx is not installed", exc_type=ImportError)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(cf.CaffeFillersError, match=r"onnxruntime: pip install 'caffe-fillers\[forward\]'"):
        caffe.Net(small, caffe.TEST).forward()


OPAQUE = """
layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 2 dim: 3 } } }
layer { name: 'ip' type: 'InnerProduct' bottom: 'data' top: 'ip'
  inner_product_param { num_output: 4 weight_filer { type: 'xavier' } } }
"""


def test_whose_caffe_it_is_can_be_said(tmp_path: Path) -> None:
    """An unknown field that would change weights; a release; a fork of which the net shows nothing."""
    path = tmp_path / "net.prototxt"
    path.write_text(OPAQUE)
    with pytest.raises(cf.CaffeFillersError, match="weight_filer"):
        caffe.Net(str(path), caffe.TEST)
    try:
        caffe.configure(lenient=True, dialect="ssd")
        assert caffe.Net(str(path), caffe.TEST)._plan.era.name == "ssd"
        caffe.configure(lenient=True, caffe="rc3")
        assert caffe.Net(str(path), caffe.TEST)._plan.era.name == "rc3"
        with pytest.raises(cf.CaffeFillersError, match="did you mean 'ssd'"):
            caffe.configure(dialect="sdd")
    finally:
        caffe.configure()


SCRIPT = """
import caffe_fillers.pycaffe
caffe_fillers.pycaffe.install()
import sys
import numpy as np
import caffe
from caffe import layers as L, params as P
from caffe.proto import caffe_pb2
import caffe.io
from google.protobuf import text_format

net = caffe.NetSpec()
net.data = L.Input(shape=dict(dim=[1, 3, 8, 8]))
net.conv = L.Convolution(net.data, kernel_size=3, num_output=8 / 2, weight_filler=dict(type='msra'))
net.pool = L.Pooling(net.conv, pool=P.Pooling.AVE, kernel_size=2, stride=2)
with open('net.prototxt', 'w') as file:
    file.write(str(net.to_proto()))
parsed = caffe_pb2.NetParameter()
with open('net.prototxt') as file:
    text_format.Merge(file.read(), parsed)
assert parsed.layer[1].convolution_param.num_output == 4
caffe.set_mode_cpu()
caffe.set_random_seed(1701)
trained = caffe.Net('net.prototxt', caffe.TEST)
trained.save('net.caffemodel')
model = caffe_pb2.NetParameter()
model.ParseFromString(open('net.caffemodel', 'rb').read())
weights = caffe.io.blobproto_to_array(model.layer[1].blobs[0])
assert np.array_equal(np.float32(weights), trained.params['conv'][0].data)
print(trained.params['conv'][0].data.std() > 0)
"""


def test_a_script_runs_unchanged_in_a_process_of_its_own(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "True\n", done.stderr


def test_lenet_by_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(LENET.parent)
    net = caffe.Net(os.path.basename(LENET), caffe.TRAIN, level=0, stages=[])  # noqa: PTH119
    assert net.blobs["conv1"].shape == (64, 20, 24, 24)
