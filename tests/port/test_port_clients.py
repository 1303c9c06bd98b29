"""Printed code beside Caffe's results, in every framework that is installed.

Layers by themselves are compared with numpy, nets with OpenCV, which reads Caffe's own files. CI installs the
frameworks and opencv-python-headless<5 in environments of their own.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import port_clients
import pytest
from paths import CORPUS, LENET
from port_layers import DATA, LAYERS, one_layer

import caffe_fillers as cf
from caffe_fillers import prototxt
from caffe_fillers.plan import Fill

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the frameworks' own
RECURRENT = """
layer { name: 'x' type: 'Input' top: 'x' input_param { shape { dim: 5 dim: 2 dim: 3 } } }
layer { name: 'cont' type: 'Input' top: 'cont' input_param { shape { dim: 5 dim: 2 } } }
layer { name: 'lstm' type: 'LSTM' bottom: 'x' bottom: 'cont' top: 'lstm'
        recurrent_param { num_output: 4 weight_filler { type: 'uniform' min: -1 max: 1 }
                          bias_filler { type: 'gaussian' } } }
"""
KINDS = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 4 dim: 11 dim: 9 } } }
layer { name: "dw" type: "Convolution" bottom: "data" top: "dw"
        convolution_param { num_output: 8 group: 4 kernel_h: 3 kernel_w: 5 pad_h: 1 pad_w: 2 stride: 2
                            weight_filler { type: "xavier" } bias_filler { type: "gaussian" std: 0.3 } } }
layer { name: "pair" type: "Convolution" bottom: "dw" top: "pair"
        convolution_param { num_output: 6 group: 2 kernel_size: 3 pad: 2 dilation: 2
                            weight_filler { type: "msra" } } }
layer { name: "up" type: "Deconvolution" bottom: "pair" top: "up"
        convolution_param { num_output: 8 group: 2 kernel_size: 3 stride: 2 pad: 1
                            weight_filler { type: "msra" } bias_filler { type: "uniform" } } }
layer { name: "wide" type: "Deconvolution" bottom: "pair" top: "wide"
        convolution_param { num_output: 8 kernel_h: 3 kernel_w: 4 stride: 2 pad: 1
                            weight_filler { type: "xavier" } } }
layer { name: "crop" type: "Crop" bottom: "wide" bottom: "pair" top: "crop"
        crop_param { axis: 2 offset: 2 offset: 1 } }
layer { name: "cut" type: "Crop" bottom: "up" bottom: "pair" top: "cut" crop_param { axis: 2 offset: 0 } }
layer { name: "sum" type: "Eltwise" bottom: "crop" bottom: "cut" top: "sum"
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
NETS = {
    "lenet": LENET.read_text(),
    "kinds": KINDS,
    **{
        name: (CORPUS / f"{name}.prototxt").read_text()
        for name in ("small_resnet", "small_inception", "small_fcn")
    },
}


@pytest.fixture(params=port_clients.RUN)
def target(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def written(text: str, folder: Path) -> Path:
    path = folder / "net.prototxt"
    path.write_text(text)
    return path


def random(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def assert_alike(ours: np.ndarray, theirs: np.ndarray, tolerance: float = 1e-5) -> None:
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() <= tolerance * max(1.0, np.abs(theirs).max())
    assert np.ptp(theirs) > 0


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


@pytest.mark.parametrize("name", NETS)
def test_nets_are_opencvs(name: str, target: str, tmp_path: Path) -> None:
    cv2 = pytest.importorskip("cv2", reason="opencv-python-headless is not installed", exc_type=ImportError)
    net = written(NETS[name], tmp_path)
    shape = cf.load_net(net, phase="test").blob_shapes["data"]
    assert shape is not None
    data = random(shape)
    ours = port_clients.RUN[target](net, tmp_path, [data])
    opencv = cv2.dnn.readNetFromCaffe(str(deployed(net)), str(tmp_path / "trained.caffemodel"))
    opencv.setInput(data, "data")
    assert_alike(ours, opencv.forward(), 1e-4)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_caffes(name: str, target: str, tmp_path: Path) -> None:
    layer, reference = LAYERS[name]
    net, data = written(one_layer(layer), tmp_path), random(DATA)
    ours = port_clients.RUN[target](net, tmp_path, [data])
    blobs = cf.load_weights(tmp_path / "trained.caffemodel").get("layer", ())
    assert_alike(ours, reference(data, *blobs))


def test_an_lstm_is_caffes(target: str, tmp_path: Path) -> None:
    """Against the formulas of lstm_unit_layer.cpp, for OpenCV reads no LSTM of Caffe."""
    x = random((5, 2, 3))
    cont = np.array([[0, 0], [1, 1], [1, 0], [1, 1], [0, 1]], np.float32)
    ours = port_clients.RUN[target](written(RECURRENT, tmp_path), tmp_path, [x, cont])
    w_x, b, w_h = cf.load_weights(tmp_path / "trained.caffemodel")["lstm"]
    h, c, expected = np.zeros((2, 4)), np.zeros((2, 4)), []
    for step in range(5):
        gates = x[step] @ w_x.T + b + (cont[step][:, None] * h) @ w_h.T
        i, f, o = (1 / (1 + np.exp(-gates[:, 4 * k : 4 * k + 4])) for k in range(3))
        c = cont[step][:, None] * f * c + i * np.tanh(gates[:, 12:])
        h = o * np.tanh(c)
        expected.append(h)
    assert_alike(ours, np.array(expected))


def test_rows_of_a_table_are_caffes(target: str, tmp_path: Path) -> None:
    net = written(
        "layer { name: 'i' type: 'Input' top: 'i' input_param { shape { dim: 2 dim: 3 } } }"
        "layer { name: 'rows' type: 'Embed' bottom: 'i' top: 'rows' embed_param {"
        " input_dim: 7 num_output: 4 weight_filler { type: 'gaussian' } } }",
        tmp_path,
    )
    indices = np.array([[0, 6, 3], [5, 5, 1]], np.float32)
    ours = port_clients.RUN[target](net, tmp_path, [indices])
    table, bias = cf.load_weights(tmp_path / "trained.caffemodel")["rows"]
    assert_alike(ours, table[indices.astype(int)] + bias)


@pytest.mark.parametrize("target", port_clients.DRAWN)
def test_weights_are_drawn_as_declared(target: str, tmp_path: Path) -> None:
    """Mean and deviation of every weight's distribution, within five standard errors."""
    net = written(KINDS, tmp_path)
    made = port_clients.DRAWN[target](net, tmp_path)
    fills = [step for step in cf.load_net(net).plan.steps if isinstance(step, Fill)]
    assert fills
    for fill in fills:
        values, distribution = made[f"{fill.layer}/{['kernel', 'bias'][fill.index]}"], fill.distribution()
        assert values.size == fill.count
        assert values.mean() == pytest.approx(
            distribution.mean, abs=5 * distribution.std / values.size**0.5 + 1e-6
        )
        if values.size > 50:
            assert values.std() == pytest.approx(distribution.std, rel=5 / values.size**0.5, abs=1e-6)


def test_keras_uses_shared_layers_twice(tmp_path: Path) -> None:
    port_clients.keras()
    net = written((CORPUS / "siamese.prototxt").read_text(), tmp_path)
    module, arrays = port_clients.carried(net, tmp_path, "keras")
    model = module.load(module.build(), arrays)
    assert sorted(weight.path for weight in model.weights) == [
        *("conv_a/bias", "conv_a/kernel", "feat_a/bias", "feat_a/kernel")
    ]


def test_keras_overwrites_an_input_in_place(tmp_path: Path) -> None:
    net = written(
        "layer { name: 'data' type: 'Input' top: 'data' input_param {"
        " shape { dim: 2 dim: 3 dim: 4 dim: 4 } } }"
        "layer { name: 'relu' type: 'ReLU' bottom: 'data' top: 'data' }"
        "layer { name: 'conv' type: 'Convolution' bottom: 'data' top: 'conv' convolution_param {"
        " num_output: 2 kernel_size: 1 weight_filler { type: 'constant' value: 1 } } }",
        tmp_path,
    )
    x = random((2, 3, 4, 4))
    ours = port_clients.RUN["keras"](net, tmp_path, [x])
    weight, bias = cf.load_weights(tmp_path / "trained.caffemodel")["conv"]
    theirs = np.einsum("nchw,oc->nohw", np.maximum(x, 0), weight[:, :, 0, 0]) + bias[:, None, None]
    assert_alike(ours, theirs)


@pytest.mark.parametrize("target", ["keras", "jax"])
def test_load_refuses_arrays_that_the_net_has_not(target: str, tmp_path: Path) -> None:
    if target == "keras":
        port_clients.keras()
    else:
        pytest.importorskip("jax", reason="jax is not installed", exc_type=ImportError)
    module, arrays = port_clients.carried(written(NETS["lenet"], tmp_path), tmp_path, target)
    given = {**arrays, "another/kernel": np.zeros((1, 1), np.float32)}
    with pytest.raises(ValueError, match="another"):
        module.load(*([module.build()] if target == "keras" else []), given)


@pytest.mark.filterwarnings("ignore:Skipping nested container")
def test_keras_loads_what_it_saved(tmp_path: Path) -> None:
    keras = port_clients.keras()
    text = (
        "layer { name: 'i' type: 'Input' top: 'i' input_param { shape { dim: 2 dim: 3 } } }"
        "layer { name: 'rows' type: 'Embed' bottom: 'i' top: 'rows' embed_param {"
        " input_dim: 5 num_output: 4 weight_filler { type: 'uniform' } } }"
        "layer { name: 'scale' type: 'Scale' bottom: 'rows' top: 'scale' scale_param {"
        " axis: 2 bias_term: true } }"
        "layer { name: 'bias' type: 'Bias' bottom: 'scale' top: 'bias' }"
    )
    module, arrays = port_clients.carried(written(text, tmp_path), tmp_path, "keras")
    model = module.load(module.build(), arrays)
    model.save(tmp_path / "net.keras")
    again = keras.models.load_model(tmp_path / "net.keras")
    indices = np.array([[0, 1, 4], [2, 3, 0]], np.float32)
    made = [keras.ops.convert_to_numpy(each(indices, training=False)) for each in (model, again)]
    assert np.array_equal(*made)
