"""Forward passes: what each blob holds, ranges of layers, changed parameters and shapes, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from paths import LENET

import caffe_fillers as cf
import caffe_fillers.pycaffe as caffe
from caffe_fillers.pycaffe.unavailable import NotCaffeError

pytest.importorskip("onnx", reason="onnx is not installed", exc_type=ImportError)
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed", exc_type=ImportError)

IN_PLACE = """
layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 2 dim: 3 dim: 4 dim: 4 } } }
layer { name: 'first' type: 'ReLU' bottom: 'data' top: 'data' }
layer { name: 'conv' type: 'Convolution' bottom: 'data' top: 'conv' convolution_param {
  num_output: 2 kernel_size: 1 weight_filler { type: 'xavier' } bias_filler { value: 0.5 } } }
layer { name: 'bn' type: 'BatchNorm' bottom: 'conv' top: 'bn' }
layer { name: 'scale' type: 'Scale' bottom: 'bn' top: 'scale'
  scale_param { filler { value: 3 } bias_term: true bias_filler { value: -1 } } }
layer { name: 'second' type: 'TanH' bottom: 'scale' top: 'scale' }
layer { name: 'drop' type: 'Dropout' bottom: 'scale' top: 'drop' }
layer { name: 'both' type: 'Eltwise' bottom: 'drop' bottom: 'scale' top: 'both' }
layer { name: 'ip' type: 'InnerProduct' bottom: 'both' top: 'ip'
  inner_product_param { num_output: 3 weight_filler { type: 'xavier' } } }
"""
SHAPE = (2, 3, 4, 4)


def built(text: str, folder: Path, phase: int = caffe.TEST) -> caffe.Net:
    path = folder / "net.prototxt"
    path.write_text(text)
    caffe.set_random_seed(3)
    return caffe.Net(str(path), phase)


def random(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def expected(net: caffe.Net, data: np.ndarray) -> dict[str, np.ndarray]:
    """All blobs of IN_PLACE, by numpy."""
    weight, bias = (blob.data for blob in net.params["conv"])
    mean, variance, factor = (blob.data for blob in net.params["bn"])
    known = 1 / factor[0] if factor[0] else 0
    relu = np.maximum(data, 0)
    conv = np.einsum("oi,nihw->nohw", weight[:, :, 0, 0], relu) + bias[:, None, None]
    norm = (conv - mean[:, None, None] * known) / np.sqrt(variance[:, None, None] * known + 1e-5)
    scaled = np.tanh(
        norm * net.params["scale"][0].data[:, None, None] + net.params["scale"][1].data[:, None, None]
    )
    ip = (2 * scaled).reshape(len(data), -1) @ net.params["ip"][0].data.T + net.params["ip"][1].data
    return {
        "data": relu,
        "conv": conv,
        "bn": norm,
        "scale": scaled,
        "drop": scaled,
        "both": 2 * scaled,
        "ip": ip,
    }


def assert_alike(net: caffe.Net, wanted: dict[str, np.ndarray]) -> None:
    for name, values in wanted.items():
        np.testing.assert_allclose(net.blobs[name].data, values, rtol=1e-4, atol=1e-4, err_msg=name)


def test_every_blob_shows_what_its_last_layer_leaves(tmp_path: Path) -> None:
    net, data = built(IN_PLACE, tmp_path), random(SHAPE)
    view = net.blobs["ip"].data
    out = net.forward(data=data)
    assert list(out) == ["ip"]
    assert out["ip"] is view
    assert_alike(net, expected(net, data))
    copies = [name for name in net.blobs if "_split_" in name]
    assert copies
    for name in copies:
        assert net.blobs[name].data is net.blobs[name.split("_")[0]].data


def test_parameters_are_those_of_now(tmp_path: Path) -> None:
    net, data = built(IN_PLACE, tmp_path), random(SHAPE)
    net.forward(data=data)
    net.params["ip"][0].data[0, 0] += 1
    net.params["bn"][0].data[...] = 1
    net.params["bn"][1].data[...] = 6
    net.params["bn"][2].data[...] = 2
    net.forward(data=data)
    assert_alike(net, expected(net, data))


def test_a_session_lasts_until_a_shape_changes(tmp_path: Path) -> None:
    net = built(IN_PLACE, tmp_path)
    kept = []
    for change in (
        lambda: None,
        lambda: net.params["ip"][1].data.fill(1),
        lambda: net.blobs["data"].reshape(1, 3, 4, 4),
    ):
        change()
        net.forward()
        kept.append(next(iter(net._engine._sessions.values())).session)
    assert kept[0] is kept[1] is not kept[2]


def test_a_session_holds_no_weights(tmp_path: Path) -> None:
    """They are inputs of its model, so a large net is not written out, copied or compared at a pass."""
    net = built(IN_PLACE, tmp_path)
    net.forward()
    (session,) = net._engine._sessions.values()
    constants = {each.name for each in session.model.exported.model.graph.initializer if "/" in each.name}
    assert constants == {"bn/weight", "bn/bias"}  # ones and zeros, which BatchNorm lacks
    weights = {f"{layer}/{index}" for layer in ("conv", "scale", "ip") for index in (0, 1)}
    assert {each.name for each in session.session.get_inputs()} >= {
        "data",
        "bn/mean",
        "bn/variance",
        *weights,
    }


def test_a_parameter_of_another_shape_is_named(tmp_path: Path) -> None:
    net = built(IN_PLACE, tmp_path)
    net.params["ip"][1].reshape(1, 3)
    with pytest.raises(cf.CaffeFillersError, match=r"'ip' has shape \(1, 3\).*\(3,\)"):
        net.forward()


def test_a_range_of_layers(tmp_path: Path) -> None:
    """Layers before and after keep what they have; a layer in place works on what is there."""
    net, data = built(IN_PLACE, tmp_path), random(SHAPE)
    assert list(net.forward(end="bn", data=data)) == ["bn"]
    wanted = expected(net, data)
    assert_alike(net, {name: wanted[name] for name in ("data", "conv", "bn")})
    assert not net.blobs["scale"].data.any()
    net.blobs["scale"].data[...] = 2
    net.forward(start="second", end="second")
    assert_alike(net, {"scale": np.full((2, 2, 4, 4), np.tanh(2)), "ip": np.zeros((2, 3))})
    net.forward(start="scale")
    assert_alike(net, wanted)
    assert set(net.forward(["conv"], start="ip")) == {"ip", "conv"}


def test_reshaped_inputs_are_followed(tmp_path: Path) -> None:
    net = built(IN_PLACE, tmp_path)
    for items in (5, 1, 2):
        net.blobs["data"].reshape(items, 3, 4, 4)
        net.blobs["data"].data[...] = data = random((items, 3, 4, 4))
        assert net.forward()["ip"].shape == (items, 3)
        assert_alike(net, expected(net, data))


def test_any_number_of_items(tmp_path: Path) -> None:
    net, data = built(IN_PLACE, tmp_path), random((7, 3, 4, 4))
    made = net.forward_all(["conv"], data=data)
    wanted = expected(net, data)
    assert set(made) == {"ip", "conv"}
    for name, values in made.items():
        np.testing.assert_allclose(values, wanted[name], rtol=1e-4, atol=1e-4)


TRAINED = """
layer { name: 'data' type: 'DummyData' top: 'data' top: 'label' dummy_data_param {
  shape { dim: 6 dim: 5 } shape { dim: 6 } data_filler { type: 'gaussian' } data_filler { value: 2 } } }
layer { name: 'ip' type: 'InnerProduct' bottom: 'data' top: 'ip'
  inner_product_param { num_output: 4 weight_filler { type: 'gaussian' std: 1 } } }
layer { name: 'loss' type: 'SoftmaxWithLoss' bottom: 'ip' bottom: 'label' top: 'loss' }
layer { name: 'accuracy' type: 'Accuracy' bottom: 'ip' bottom: 'label' top: 'accuracy' }
"""


def test_dummy_data_is_drawn_from_the_nets_generator(tmp_path: Path) -> None:
    """Constants when the net is built; others at each pass, where Caffe's generator stands then."""
    net = built(TRAINED, tmp_path, caffe.TRAIN)
    assert (net.blobs["label"].data == 2).all()
    assert not net.blobs["data"].data.any()
    stream = cf.Stream(3)
    cf.load_net(tmp_path / "net.prototxt").fill(stream=stream)
    for _ in range(2):
        net.forward()
        drawn = cf.Gaussian().fill((6, 5), stream)
        assert net.blobs["data"].data.tobytes() == drawn.tobytes()
    scores = net.blobs["ip"].data
    chances = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    assert_alike(net, {"loss": -np.log(chances[:, 2]).mean(), "accuracy": (scores.argmax(1) == 2).mean()})


@pytest.mark.parametrize(
    ("text", "phase", "said"),
    [
        (IN_PLACE, caffe.TRAIN, r"'bn' \(BatchNorm\) normalizes by the batch.*caffe.TEST"),
        (
            IN_PLACE.replace(
                "type: 'BatchNorm'", "type: 'BatchNorm' batch_norm_param { use_global_stats: true }"
            ),
            caffe.TRAIN,
            r"'drop' \(Dropout\) draws",
        ),
        (
            IN_PLACE.replace(
                "type: 'BatchNorm'", "type: 'BatchNorm' batch_norm_param { use_global_stats: false }"
            ),
            caffe.TEST,
            "normalizes by the batch",
        ),
        (
            "layer { name: 'd' type: 'MemoryData' top: 'd' top: 'l' memory_data_param { batch_size: 1"
            " channels: 1 height: 1 width: 1 } } layer { name: 'r' type: 'ReLU' bottom: 'd' top: 'r' }",
            caffe.TEST,
            r"'d' \(MemoryData\) would read data.*set_input_arrays.*net.blobs\['d'\]",
        ),
        (
            "layer { name: 'voc' type: 'Python' top: 'data' }"
            "layer { name: 'r' type: 'ReLU' bottom: 'data' top: 'r' }",
            caffe.TEST,
            r"'voc' \(Python\) would read data.*net.blobs\['data'\]",
        ),
        (
            IN_PLACE + "layer { name: 'mine' type: 'Python' bottom: 'ip' top: 'mine' }",
            caffe.TEST,
            r"forward\(start.*layer 'mine' \(Python\)",
        ),
        (
            IN_PLACE + "layer { name: 'l1' type: 'SmoothL1Loss' bottom: 'ip' bottom: 'ip' top: 'l1' }",
            caffe.TEST,
            r"'l1' \(SmoothL1Loss\): stop before it",
        ),
    ],
)
def test_what_cannot_be_computed_is_refused_by_name(text: str, phase: int, said: str, tmp_path: Path) -> None:
    net = built(text, tmp_path, phase)
    with pytest.raises(cf.CaffeFillersError, match=said):
        net.forward()
    assert not net.blobs[net._blob_names[-1]].data.any()


MEMORY = """
layer { name: 'd' type: 'MemoryData' top: 'data' top: 'label'
  memory_data_param { batch_size: 2 channels: 1 height: 1 width: 3 } }
layer { name: 'ip' type: 'InnerProduct' bottom: 'data' top: 'ip'
  inner_product_param { num_output: 2 weight_filler { type: 'xavier' } } }
layer { name: 'accuracy' type: 'Accuracy' bottom: 'ip' bottom: 'label' top: 'accuracy' }
"""


def test_memory_data_takes_its_arrays_in_turn(tmp_path: Path) -> None:
    net, data = built(MEMORY, tmp_path), random((6, 1, 1, 3))
    scores = data.reshape(6, 3) @ net.params["ip"][0].data.T
    labels = scores.argmax(1).astype(np.float32)
    labels[4] = 1 - labels[4]
    net.set_input_arrays(data, labels)
    for start, accuracy in ((0, 1.0), (2, 1.0), (4, 0.5), (0, 1.0)):
        assert net.forward()["accuracy"] == accuracy
        assert_alike(net, {"ip": scores[start : start + 2], "label": labels[start : start + 2]})


@pytest.mark.parametrize(
    ("text", "data", "labels", "said"),
    [
        (IN_PLACE, np.zeros((2, 1, 1, 3), "f4"), np.zeros(2, "f4"), "MemoryData layer first, and 'data' is"),
        (MEMORY, np.zeros((2, 1, 1, 3)), np.zeros(2, "f4"), "not float64"),
        (MEMORY, np.zeros((2, 1, 3, 1), "f4"), np.zeros(2, "f4"), r"\(items, 1, 1, 3\)"),
        (MEMORY, np.zeros((2, 1, 1, 3), "f4"), np.zeros((2, 2), "f4"), r"labels as float32"),
        (MEMORY, np.zeros((3, 1, 1, 3), "f4"), np.zeros(3, "f4"), "multiple of the batch size 2"),
        (MEMORY, np.zeros((4, 1, 1, 3), "f4"), np.zeros(2, "f4"), "4 items and 2 labels"),
    ],
)
def test_arrays_that_do_not_fit_are_named(
    text: str, data: np.ndarray, labels: np.ndarray, said: str, tmp_path: Path
) -> None:
    with pytest.raises(cf.CaffeFillersError, match=said):
        built(text, tmp_path).set_input_arrays(data, labels)


def test_a_net_without_its_data_begins_after_it(tmp_path: Path) -> None:
    text = (
        "layer { name: 'data' type: 'Data' top: 'data' data_param { source: 'nowhere' batch_size: 2 }\n"
        + ("  transform_param { crop_size: 4 } }\n" + IN_PLACE.split("\n", 2)[2])
    )
    net, data = built(text, tmp_path), random(SHAPE)
    net.blobs["data"].reshape(*SHAPE)
    net.blobs["data"].data[...] = data
    net.forward(start="first")
    assert_alike(net, expected(net, data))


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda net: net.forward(end="conv3"), "unknown layer 'conv3'.*did you mean 'conv'"),
        (lambda net: net.forward(["scales"]), "unknown blob 'scales'.*did you mean 'scale'"),
        (lambda net: net.forward(images=random(SHAPE)), "all inputs of the net, 'data', not 'images'"),
        (lambda net: net.forward(data=random((1, 3, 4, 4))), "forward_all"),
        (lambda net: net.forward_all(), "inputs by name"),
    ],
)
def test_mistakes_are_named(call: object, said: str, tmp_path: Path) -> None:
    with pytest.raises(cf.CaffeFillersError, match=said):
        call(built(IN_PLACE, tmp_path))  # type: ignore[operator]


def test_lenet_is_numpys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(LENET.parent)
    caffe.set_random_seed(1701)
    net = caffe.Net(LENET.name, caffe.TEST)
    net.blobs["data"].reshape(2, 1, 28, 28)
    data = random((2, 1, 28, 28))
    net.forward(data=data)
    windows = np.lib.stride_tricks.sliding_window_view(data[:, 0], (5, 5), (1, 2))
    conv1 = np.einsum("nhwij,oij->nohw", windows, net.params["conv1"][0].data[:, 0])
    pool1 = conv1.reshape(2, 20, 12, 2, 12, 2).max((3, 5))
    assert_alike(net, {"conv1": conv1, "pool1": pool1})
    ip1 = np.maximum(net.blobs["pool2"].data.reshape(2, -1) @ net.params["ip1"][0].data.T, 0)
    ip2 = ip1 @ net.params["ip2"][0].data.T
    chances = np.exp(ip2) / np.exp(ip2).sum(1, keepdims=True)
    assert_alike(net, {"ip1": ip1, "ip2": ip2, "prob": chances})


def test_a_backward_pass_is_not_done(tmp_path: Path) -> None:
    net = built(IN_PLACE, tmp_path)
    net.params["ip"][0].diff[...] = 1
    net.clear_param_diffs()
    assert not net.params["ip"][0].diff.any()
    for call in (net.backward, net.forward_backward_all):
        with pytest.raises(NotCaffeError, match="port"):
            call()
