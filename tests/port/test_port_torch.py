"""torch: the printed module, its state_dict, and its outputs beside OpenCV's on the same net.

Needs torch and opencv-python-headless<5, which CI installs in an environment of their own.
"""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from paths import CORPUS, EXAMPLES

import caffe_fillers as cf
from caffe_fillers import prototxt
from caffe_fillers.cli import main
from caffe_fillers.plan import Fill

torch = pytest.importorskip("torch", reason="torch is not installed", exc_type=ImportError)
cv2 = pytest.importorskip("cv2", reason="opencv-python-headless is not installed", exc_type=ImportError)
load_file = pytest.importorskip("safetensors.torch").load_file

KINDS = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 4 dim: 11 dim: 9 } } }
layer { name: "dw" type: "Convolution" bottom: "data" top: "dw"
        convolution_param { num_output: 8 group: 4 kernel_h: 3 kernel_w: 5 pad_h: 1 pad_w: 2 stride: 2
                            weight_filler { type: "xavier" } bias_filler { type: "gaussian" std: 0.3 } } }
layer { name: "type" type: "PReLU" bottom: "dw" top: "dw" }
layer { name: "norm" type: "LRN" bottom: "dw" top: "norm" lrn_param { local_size: 3 alpha: 0.5 beta: 0.6 } }
layer { name: "max" type: "Pooling" bottom: "norm" top: "max"
        pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layer { name: "ave" type: "Pooling" bottom: "norm" top: "ave"
        pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 } }
layer { name: "up" type: "Deconvolution" bottom: "max" top: "up"
        convolution_param { num_output: 8 group: 2 kernel_size: 3 stride: 2 pad: 1
                            weight_filler { type: "msra" } bias_filler { type: "uniform" } } }
layer { name: "crop" type: "Crop" bottom: "up" bottom: "ave" top: "crop" crop_param { axis: 2 offset: 0 } }
layer { name: "sum" type: "Eltwise" bottom: "ave" bottom: "crop" top: "sum"
        eltwise_param { operation: SUM coeff: 2 coeff: -0.5 } }
layer { name: "slice" type: "Slice" bottom: "sum" top: "one" top: "two"
        slice_param { axis: 1 slice_point: 3 } }
layer { name: "tanh" type: "TanH" bottom: "one" top: "tanh" }
layer { name: "power" type: "Power" bottom: "two" top: "power" power_param { power: 2 scale: 0.5 shift: 1 } }
layer { name: "both" type: "Concat" bottom: "power" bottom: "tanh" top: "both" }
layer { name: "ip" type: "InnerProduct" bottom: "both" top: "ip"
        inner_product_param { num_output: 6 weight_filler { type: "xavier" } } }
layer { name: "prob" type: "Softmax" bottom: "ip" top: "prob" }
"""


def filled(net: Path, folder: Path, *options: str) -> Path:
    """Weights of which no blob is constant: statistics and biases too come from a seed, as if trained."""
    weights = cf.load_net(net, phase="test").fill(seed=5, force=True)
    generator = np.random.default_rng(5)
    for layer in weights:
        for blob in weights[layer]:
            if blob.size and np.ptp(blob) == 0:
                blob[...] = generator.uniform(0.5, 1.5, blob.shape)
    path = folder / "trained.caffemodel"
    weights.save(path)
    return path


def carried(net: Path, folder: Path) -> ModuleType:
    """The printed file as a module, and the state_dict written beside it."""
    code, state = folder / "module.py", folder / "state.safetensors"
    assert main(["port", str(net), "--phase", "test", "--to", "torch", "-o", str(code)]) == 0
    weights = str(filled(net, folder))
    words = [
        str(net),
        "--phase",
        "test",
        "--weights",
        weights,
        "--layout",
        "torch",
        "-o",
        str(state),
        "--quiet",
    ]
    assert main(words) == 0
    module = ModuleType("carried")
    exec(compile(code.read_text(), str(code), "exec"), module.__dict__)
    return module


def deployed(net: Path) -> Path:
    """The net without accuracies, losses and labels, which OpenCV does not know."""
    parameter = cf.load_net(net, phase="test").parameter
    kept, read = [], set()
    for layer in reversed(parameter.layer):
        unread = layer.type in ("Input", "Split") and not read.intersection(layer.top)
        if not unread and not re.search("Accuracy|Loss", layer.type):
            kept.append(layer)
            read.update(layer.bottom)
    del parameter.layer[:]
    parameter.layer.extend(reversed(kept))
    path = net.with_name("deploy.prototxt")
    path.write_text(prototxt.write(parameter))
    return path


def build(module: ModuleType, folder: Path) -> torch.nn.Module:
    code = (folder / "module.py").read_text()
    name = re.findall(r"class (\w+)\(nn.Module\):\n    def __init__\(self\)", code)[-1]
    net = vars(module)[name]()
    net.load_state_dict(load_file(folder / "state.safetensors"), strict=True)
    return net.eval()


NETS = ["lenet", "small_resnet", "small_inception", "small_fcn", "kinds"]


@pytest.fixture
def net(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    name: str = request.param
    path = tmp_path / "net.prototxt"
    sources = {"lenet": EXAMPLES / "lenet.prototxt"}
    text = KINDS if name == "kinds" else sources.get(name, CORPUS / f"{name}.prototxt").read_text()
    path.write_text(text)
    return path


@pytest.mark.parametrize("net", NETS, indirect=True)
def test_outputs_are_opencvs(net: Path, tmp_path: Path) -> None:
    module = carried(net, tmp_path)
    shape = cf.load_net(net, phase="test").blob_shapes["data"]
    data = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    with torch.no_grad():
        ours = build(module, tmp_path)(torch.from_numpy(data)).numpy()
    opencv = cv2.dnn.readNetFromCaffe(str(deployed(net)), str(tmp_path / "trained.caffemodel"))
    opencv.setInput(data, "data")
    theirs = opencv.forward()
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= 1e-4 * max(1.0, np.abs(theirs).max())
    assert np.ptp(theirs) > 0


@pytest.mark.parametrize("net", NETS, indirect=True)
def test_initialize_draws_what_the_prototxt_declares(net: Path, tmp_path: Path) -> None:
    """Every drawn parameter has the distribution's mean and deviation, within five standard errors."""
    module = carried(net, tmp_path)
    torch.manual_seed(1)
    made = dict(module.initialize(build(module, tmp_path)).named_parameters())
    planned = cf.load_net(net, phase="test").plan
    merged = {layer.name for layer in planned.layers if layer.type == "BatchNorm"}
    for name, parameter in made.items():
        layer, kind = name.rsplit(".", 1)
        if layer in merged:  # its factor and bias are the Scale layer's
            continue
        fills = [
            step
            for step in planned.steps
            if isinstance(step, Fill) and step.layer == layer and step.index == ["weight", "bias"].index(kind)
        ]
        for fill in fills:
            values, distribution = parameter.detach().numpy(), fill.distribution()
            assert values.mean() == pytest.approx(
                distribution.mean, abs=5 * distribution.std / values.size**0.5 + 1e-6
            )
            if values.size > 50:
                assert values.std() == pytest.approx(distribution.std, rel=5 / values.size**0.5, abs=1e-6)


def test_an_lstm_is_caffes(tmp_path: Path) -> None:
    """Against the formulas of lstm_unit_layer.cpp, for OpenCV reads no LSTM of Caffe."""
    path = tmp_path / "net.prototxt"
    path.write_text(
        "layer { name: 'x' type: 'Input' top: 'x' input_param { shape { dim: 5 dim: 2 dim: 3 } } }"
        "layer { name: 'cont' type: 'Input' top: 'cont' input_param { shape { dim: 5 dim: 2 } } }"
        "layer { name: 'lstm' type: 'LSTM' bottom: 'x' bottom: 'cont' top: 'lstm' recurrent_param {"
        " num_output: 4 weight_filler { type: 'uniform' min: -1 max: 1 } bias_filler { type: 'gaussian' } } }"
    )
    net = build(carried(path, tmp_path), tmp_path)
    w_x, b, w_h = cf.load_weights(tmp_path / "trained.caffemodel")["lstm"]
    x = np.random.default_rng(1).normal(size=(5, 2, 3)).astype(np.float32)
    cont = np.array([[0, 0], [1, 1], [1, 0], [1, 1], [0, 1]], np.float32)
    h, c, expected = np.zeros((2, 4)), np.zeros((2, 4)), []
    for step in range(5):
        gates = x[step] @ w_x.T + b + (cont[step][:, None] * h) @ w_h.T
        i, f, o = (1 / (1 + np.exp(-gates[:, 4 * k : 4 * k + 4])) for k in range(3))
        c = cont[step][:, None] * f * c + i * np.tanh(gates[:, 12:])
        h = o * np.tanh(c)
        expected.append(h)
    with torch.no_grad():
        ours = net(torch.from_numpy(x), torch.from_numpy(cont)).numpy()
    assert np.abs(ours - np.array(expected)).max() < 1e-5


def test_what_opencv_leaves_out(tmp_path: Path) -> None:
    """Its reader passes over an LRN's k and an inner product's transpose; numpy has both."""
    path = tmp_path / "net.prototxt"
    path.write_text(
        "layer { name: 'data' type: 'Input' top: 'data' input_param {"
        " shape { dim: 2 dim: 5 dim: 3 dim: 2 } } }"
        "layer { name: 'norm' type: 'LRN' bottom: 'data' top: 'norm' lrn_param {"
        " local_size: 3 alpha: 2 k: 3 } }"
        "layer { name: 'ip' type: 'InnerProduct' bottom: 'norm' top: 'ip' inner_product_param {"
        " num_output: 4 transpose: true weight_filler { type: 'xavier' } } }"
    )
    net = build(carried(path, tmp_path), tmp_path)
    weight, bias = cf.load_weights(tmp_path / "trained.caffemodel")["ip"]
    x = np.random.default_rng(2).normal(size=(2, 5, 3, 2)).astype(np.float32)
    padded = np.pad(x**2, ((0, 0), (1, 1), (0, 0), (0, 0)))
    sums = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    normed = x * (3 + 2 / 3 * sums) ** -0.75
    with torch.no_grad():
        ours = net(torch.from_numpy(x)).numpy()
    assert np.abs(ours - (normed.reshape(2, -1) @ weight + bias)).max() < 1e-5


def test_shared_parameters_stay_shared(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text((CORPUS / "siamese.prototxt").read_text())
    net = build(carried(path, tmp_path), tmp_path)
    assert net.conv_a.weight is net.conv_b.weight
    assert net.feat_a.bias is net.feat_b.bias
