"""MXNet's printed blocks beside Caffe's formulas, where other targets write a layer otherwise or refuse it.

Blocks run in MXNet's own Python (tests/port/port_workers.py); what is refused is told without it.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from port_clients import printed, run_mxnet
from port_layers import pooled
from port_workers import WorkerError, worker

import caffe_fillers as cf
from caffe_fillers.errors import UsageError
from caffe_fillers.port.contract import targets
from caffe_fillers.port.layout import lay_out

FILLED = "weight_filler { type: 'gaussian' } bias_filler { type: 'gaussian' }"
INPUT = "layer {{ name: '{0}' type: 'Input' top: '{0}' input_param {{ shape {{ {1} }} }} }}"
Shape = tuple[int, ...]


def random(shape: Shape, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def stretched(kernel: np.ndarray, step: int) -> np.ndarray:
    """A kernel with zeros between its values."""
    lengths = [step * (length - 1) + 1 for length in kernel.shape[2:]]
    made = np.zeros((*kernel.shape[:2], *lengths))
    made[(..., *[slice(None, None, step)] * len(lengths))] = kernel
    return made


def convolved(x: np.ndarray, kernel: np.ndarray, stride: int = 1, pad: int = 0) -> np.ndarray:
    """base_conv_layer.cpp without groups: windows of all spatial axes, every `stride`-th."""
    axes = tuple(range(2, x.ndim))
    padded = np.pad(x, [(0, 0), (0, 0), *[(pad, pad)] * len(axes)])
    seen = sliding_window_view(padded, kernel.shape[2:], axis=axes)
    seen = seen[(slice(None), slice(None), *[slice(None, None, stride)] * len(axes))]
    behind = tuple(range(seen.ndim - len(axes), seen.ndim))
    made = np.tensordot(seen, kernel, ((1, *behind), (1, *(axis for axis in axes))))
    return np.moveaxis(made, -1, 1)


def deconvolved(x: np.ndarray, kernel: np.ndarray, stride: int = 1, pad: int = 0) -> np.ndarray:
    """Every value spreads its kernel over the output, from which the padding is cut off."""
    lengths = [stride * (n - 1) + k for n, k in zip(x.shape[2:], kernel.shape[2:], strict=True)]
    made = np.zeros((len(x), kernel.shape[1], *lengths))
    for place in np.ndindex(x.shape[2:]):
        window = tuple(
            slice(stride * p, stride * p + k) for p, k in zip(place, kernel.shape[2:], strict=True)
        )
        made[(..., *window)] += np.tensordot(x[(..., *place)], kernel, (1, 0))
    return made[(..., *[slice(pad, length - pad) for length in lengths])]


def spread(bias: np.ndarray, axes: int) -> np.ndarray:
    return bias.reshape(-1, *[1] * axes)


def window(kind: str, numbers: str) -> str:
    return f"type: '{kind}' convolution_param {{ {numbers} {FILLED} }}"


ROWS: dict[str, tuple[str, list[Shape], Callable[..., np.ndarray]]] = {
    "convolution of a line": (
        window("Convolution", "num_output: 5 kernel_size: 3 stride: 2 pad: 1"),
        [(2, 4, 9)],
        lambda x, w, b: convolved(x, w, 2, 1) + spread(b, 1),
    ),
    "convolution of a volume": (
        window("Convolution", "num_output: 3 kernel_size: 2 stride: 2 pad: 1"),
        [(2, 2, 5, 4, 6)],
        lambda x, w, b: convolved(x, w, 2, 1) + spread(b, 3),
    ),
    "dilated": (
        window("Convolution", "num_output: 3 kernel_size: 3 dilation: 2 pad: 3"),
        [(2, 4, 8, 7)],
        lambda x, w, b: convolved(x, stretched(w, 2), 1, 3) + spread(b, 2),
    ),
    "groups": (
        window("Convolution", "num_output: 6 kernel_size: 3 group: 2"),
        [(2, 4, 8, 7)],
        lambda x, w, b: (
            np.concatenate([convolved(x[:, :2], w[:3]), convolved(x[:, 2:], w[3:])], 1) + spread(b, 2)
        ),
    ),
    "deconvolution of a line": (
        window("Deconvolution", "num_output: 3 kernel_size: 4 stride: 2 pad: 1"),
        [(2, 4, 6)],
        lambda x, w, b: deconvolved(x, w, 2, 1) + spread(b, 1),
    ),
    "deconvolution of a volume": (
        window("Deconvolution", "num_output: 2 kernel_size: 3 stride: 2 pad: 1"),
        [(2, 3, 3, 2, 4)],
        lambda x, w, b: deconvolved(x, w, 2, 1) + spread(b, 3),
    ),
    "deconvolution dilated": (
        window("Deconvolution", "num_output: 3 kernel_size: 3 dilation: 2 stride: 2 pad: 1"),
        [(2, 4, 5, 4)],
        lambda x, w, b: deconvolved(x, stretched(w, 2), 2, 1) + spread(b, 2),
    ),
    "deconvolution of groups": (
        window("Deconvolution", "num_output: 6 kernel_size: 3 stride: 2 group: 2"),
        [(2, 4, 5, 4)],
        lambda x, w, b: (
            np.concatenate([deconvolved(x[:, :2], w[:2], 2), deconvolved(x[:, 2:], w[2:], 2)], 1)
            + spread(b, 2)
        ),
    ),
    "product from axis 2 on": (
        f"type: 'InnerProduct' inner_product_param {{ num_output: 3 axis: 2 {FILLED} }}",
        [(2, 4, 5, 3)],
        lambda x, w, b: x.reshape(2, 4, -1) @ w.T + b,
    ),
    "product of the last axis": (
        f"type: 'InnerProduct' inner_product_param {{ num_output: 3 axis: -1 {FILLED} }}",
        [(2, 4, 5, 3)],
        lambda x, w, b: x @ w.T + b,
    ),
    "scale by a bottom": (
        "type: 'Scale' scale_param { axis: 0 }",
        [(2, 4, 3, 3), (2, 4)],
        lambda x, y: x * y[..., None, None],
    ),
    "scale by channels": ("type: 'Scale'", [(2, 4, 3, 3), (4,)], lambda x, y: x * spread(y, 2)),
    "scale by an image": (
        "type: 'Scale' scale_param { axis: 1 }",
        [(2, 4, 3, 5), (4, 3, 5)],
        lambda x, y: x * y,
    ),
    "bias from a bottom": ("type: 'Bias' bias_param { axis: 2 }", [(2, 4, 3, 5), (3, 5)], lambda x, y: x + y),
    "slopes of rows": (
        "type: 'PReLU' prelu_param { filler { type: 'uniform' } }",
        [(3, 4)],
        lambda x, a: np.where(x > 0, x, a * x),
    ),
    "statistics of rows": (
        "type: 'BatchNorm'",
        [(3, 4)],
        lambda x, mean, variance, factor: (x - mean / factor) / np.sqrt(variance / factor + 1e-5),
    ),
    "statistics of a volume": (
        "type: 'BatchNorm' batch_norm_param { eps: 1e-7 }",
        [(2, 3, 2, 2, 4)],
        lambda x, mean, variance, factor: (
            (x - spread(mean / factor, 3)) / np.sqrt(spread(variance / factor, 3) + 1e-7)
        ),
    ),
    "flatten in front": (
        "type: 'Flatten' flatten_param { axis: 0 end_axis: 2 }",
        [(2, 3, 4, 5)],
        lambda x: x.reshape(24, 5),
    ),
    "flatten between": (
        "type: 'Flatten' flatten_param { axis: 1 end_axis: -2 }",
        [(2, 3, 4, 5, 6)],
        lambda x: x.reshape(2, 60, 6),
    ),
    "flatten behind": (
        "type: 'Flatten' flatten_param { axis: 2 }",
        [(2, 3, 4, 5)],
        lambda x: x.reshape(2, 3, 20),
    ),
    "reshape within": (
        "type: 'Reshape' reshape_param { shape { dim: 2 dim: 2 } axis: 1 num_axes: 1 }",
        [(2, 4, 5, 6)],
        lambda x: x.reshape(2, 2, 2, 5, 6),
    ),
    "reshape of as many": (
        "type: 'Reshape' reshape_param { shape { dim: 10 dim: -1 } axis: 1 num_axes: 2 }",
        [(2, 4, 5, 6)],
        lambda x: x.reshape(2, 10, 2, 6),
    ),
    "reshape of all": (
        "type: 'Reshape' reshape_param { shape { dim: 3 dim: -1 } }",
        [(2, 3, 4)],
        lambda x: x.reshape(3, 8),
    ),
    "reshape behind": (
        "type: 'Reshape' reshape_param { shape { dim: 1 } axis: -1 num_axes: 0 }",
        [(2, 3)],
        lambda x: x.reshape(2, 3, 1),
    ),
    "crop from the first axis": (
        "type: 'Crop' crop_param { axis: 0 offset: 1 }",
        [(4, 5, 6), (2, 3, 5)],
        lambda x, y: x[1:3, 1:4, 1:6],
    ),
    "crop with an offset each": (
        "type: 'Crop' crop_param { axis: 1 offset: 0 offset: 2 }",
        [(2, 5, 6), (9, 3, 3)],
        lambda x, y: x[:, :3, 2:5],
    ),
    "sum of three": (
        "type: 'Eltwise' eltwise_param { coeff: 2 coeff: 1 coeff: -1 }",
        [(2, 3), (2, 3), (2, 3)],
        lambda x, y, z: 2 * x + y - z,
    ),
    "largest of three": (
        "type: 'Eltwise' eltwise_param { operation: MAX }",
        [(2, 3), (2, 3), (2, 3)],
        lambda x, y, z: np.maximum(np.maximum(x, y), z),
    ),
    "mean by row": (
        "type: 'MVN' mvn_param { across_channels: true normalize_variance: false }",
        [(3, 7)],
        lambda x: x - x.mean(1, keepdims=True),
    ),
}


def net_of(layer: str, shapes: list[Shape]) -> str:
    """A net of that layer with a bottom of each shape."""
    dims = [" ".join(f"dim: {length}" for length in shape) for shape in shapes]
    inputs = [INPUT.format(f"x{number}", each) for number, each in enumerate(dims)]
    bottoms = " ".join(f"bottom: 'x{number}'" for number in range(len(shapes)))
    return "\n".join([*inputs, f"layer {{ name: 'layer' {bottoms} top: 'top' {layer} }}\n"])


def made_of(
    text: str, shapes: list[Shape], folder: Path
) -> tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]:
    """What the printed block makes, of which inputs, and Caffe's blobs."""
    net = folder / "net.prototxt"
    net.write_text(text)
    inputs = [random(shape, number) for number, shape in enumerate(shapes)]
    made = run_mxnet(net, folder, inputs)
    return made, inputs, list(cf.load_weights(folder / "trained.caffemodel").get("layer", ()))


@pytest.mark.parametrize("name", ROWS)
def test_a_layer_is_caffes(name: str, tmp_path: Path) -> None:
    layer, shapes, reference = ROWS[name]
    made, inputs, blobs = made_of(net_of(layer, shapes), shapes, tmp_path)
    expected = reference(*inputs, *blobs)
    assert made.shape == expected.shape
    assert np.abs(made - expected).max() <= 1e-5 * max(1.0, np.abs(expected).max())


def test_windows_are_caffes(tmp_path: Path) -> None:
    """Every kernel up to 4, stride up to the kernel and padding below it, on two images, in one net."""
    shapes: list[Shape] = [(2, 2, 7, 6), (2, 2, 8, 5)]
    settings = [
        (image, kernel, stride, pad, average)
        for image in range(2)
        for kernel in range(1, 5)
        for stride in range(1, kernel + 1)  # a longer stride may have windows without any value
        for pad in range(kernel)
        for average in (False, True)
    ]
    text = "".join(line + "\n" for line in net_of("", shapes).splitlines()[:2])
    for number, (image, kernel, stride, pad, average) in enumerate(settings):
        text += (
            f"layer {{ name: 'p{number}' type: 'Pooling' bottom: 'x{image}' top: 'p{number}' pooling_param {{"
            f" kernel_size: {kernel} stride: {stride} pad: {pad} pool: {'AVE' if average else 'MAX'} }} }}\n"
        )
    _, inputs, _ = made_of(text, shapes, tmp_path)
    with np.load(tmp_path / "outputs.npz") as outputs:
        for number, (image, *numbers, average) in enumerate(settings):
            expected = pooled(inputs[image], *numbers, average=average)
            for each in (outputs[f"plain{number}"], outputs[f"hybrid{number}"]):
                assert each.shape == expected.shape
                assert np.abs(each - expected).max() < 1e-5, settings[number]
    assert 0 < (tmp_path / "carried.py").read_text().count("F.slice(") < len(settings) / 2


def test_a_softplus_is_caffes_far_from_zero(tmp_path: Path) -> None:
    soft = "layer { name: 'soft' type: 'BNLL' bottom: 'top' top: 'soft'"
    layers = f"type: 'Power' power_param {{ scale: 20 }} }} {soft}"
    made, (x,), _ = made_of(net_of(layers, [(5, 100)]), [(5, 100)], tmp_path)
    expected = np.logaddexp(0, 20 * x.astype(np.float64))
    assert expected.min() < 1e-15
    assert np.abs(made / expected - 1).max() < 1e-4


def test_parts_of_a_slice(tmp_path: Path) -> None:
    layer = "type: 'Slice' top: 'two' top: 'three' slice_param { axis: 2 slice_point: 1 slice_point: 4 }"
    made, (x,), _ = made_of(net_of(layer, [(2, 3, 6)]), [(2, 3, 6)], tmp_path)
    with np.load(tmp_path / "outputs.npz") as outputs:
        assert np.array_equal(outputs["hybrid2"], x[:, :, 4:])
    assert np.array_equal(made, x[:, :, :1])


@pytest.mark.parametrize(
    ("change", "message"),
    [("missing", "layer.bias' is missing"), ("extra", r"other.bias' .* is not present"), ("shape", "shape")],
)
def test_loading_is_strict(change: str, message: str, tmp_path: Path) -> None:
    mxnet = worker("mxnet")
    net = tmp_path / "net.prototxt"
    net.write_text(net_of(f"type: 'InnerProduct' inner_product_param {{ num_output: 3 {FILLED} }}", [(2, 4)]))
    _, path = printed(net, tmp_path, "mxnet")
    np.savez(tmp_path / "inputs.npz", random((2, 4)))
    with np.load(path) as file:
        arrays = dict(file)
    if change == "missing":
        del arrays["layer.bias"]
    else:
        arrays["other.bias" if change == "extra" else "layer.bias"] = np.zeros(5, np.float32)
    np.savez(path, **arrays)
    with pytest.raises(WorkerError, match=message):
        mxnet.ask("run", tmp_path)


SHARED = """
layer { name: 'x' type: 'Input' top: 'x' input_param { shape { dim: 2 dim: 2 dim: 5 dim: 5 } } }
layer { name: 'a' type: 'Convolution' bottom: 'x' top: 'a' param { name: 'w' } param { name: 'b' }
        convolution_param { num_output: 2 kernel_size: 3 pad: 1 weight_filler { type: 'xavier' }
                            bias_filler { type: 'uniform' } } }
layer { name: 'again' type: 'Convolution' bottom: 'a' top: 'again' param { name: 'w' } param { name: 'b' }
        convolution_param { num_output: 2 kernel_size: 3 pad: 1 } }
layer { name: 'layer' type: 'Convolution' bottom: 'again' top: 'wide' param { name: 'w' } param { name: 'b' }
        convolution_param { num_output: 2 kernel_size: 3 pad: 2 dilation: 2 } }
"""


def test_shared_parameters_are_one(tmp_path: Path) -> None:
    """A layer like its owner is that layer; one with other windows has its parameters."""
    made, (x,), _ = made_of(SHARED, [(2, 2, 5, 5)], tmp_path)
    code = (tmp_path / "carried.py").read_text()
    assert "self.again = self.a\n" in code
    assert "params=self.a.params" in code
    weight, bias = cf.load_weights(tmp_path / "trained.caffemodel")["a"]
    for step in (1, 1, 2):
        x = convolved(x, stretched(weight, step), 1, step) + spread(bias, 2)
    assert np.abs(made - x).max() < 1e-5
    drawn = worker("mxnet").ask("draw", tmp_path)
    assert {name.split(".")[1] for name in drawn} == {"weight", "bias"}


DRAWN = """
layer { name: 'x' type: 'Input' top: 'x' input_param { shape { dim: 3 dim: 2 dim: 6 dim: 7 } } }
layer { name: 'cont' type: 'Input' top: 'cont' input_param { shape { dim: 3 dim: 2 } } }
layer { name: 'norm' type: 'BatchNorm' bottom: 'x' top: 'norm' }
layer { name: 'scale' type: 'Scale' bottom: 'norm' top: 'scale'
        scale_param { bias_term: true filler { value: 2 } bias_filler { value: 3 } } }
layer { name: 'whole' type: 'Scale' bottom: 'scale' top: 'whole'
        scale_param { num_axes: -1 filler { type: 'uniform' min: 1 max: 2 } } }
layer { name: 'add' type: 'Bias' bottom: 'whole' top: 'add'
        bias_param { num_axes: -1 filler { type: 'gaussian' mean: 2 std: 0.5 } } }
layer { name: 'slope' type: 'PReLU' bottom: 'add' top: 'slope' prelu_param { filler { value: 0.5 } } }
layer { name: 'lstm' type: 'LSTM' bottom: 'slope' bottom: 'cont' top: 'lstm'
        recurrent_param { num_output: 20 weight_filler { type: 'xavier' }
                          bias_filler { type: 'uniform' min: 1 max: 3 } } }
layer { name: 'rows' type: 'Embed' bottom: 'cont' top: 'rows'
        embed_param { input_dim: 9 num_output: 20 weight_filler { type: 'gaussian' }
                      bias_filler { value: 4 } } }
"""


def test_all_that_is_drawn_is_as_declared(tmp_path: Path) -> None:
    """Mean and deviation by name, within five standard errors; what is constant is so exactly."""
    mxnet = worker("mxnet")
    net = tmp_path / "net.prototxt"
    net.write_text(DRAWN)
    printed(net, tmp_path, "mxnet")
    made = mxnet.ask("draw", tmp_path)
    expected = {
        "norm.gamma": (2, 0),
        "norm.beta": (3, 0),
        "norm.running_mean": (0, 0),
        "norm.running_var": (1, 0),
        "whole.gamma": (1.5, 1 / 12**0.5),
        "add.beta": (2, 0.5),
        "slope.alpha": (0.5, 0),
        "lstm.cell.i2h_weight": (0, 42**-0.5),
        "lstm.cell.h2h_weight": (0, 20**-0.5),
        "lstm.cell.i2h_bias": (2, 2 / 12**0.5),
        "lstm.cell.h2h_bias": (0, 0),
        "rows.weight": (0, 1),
        "rows.bias": (4, 0),
    }
    assert made.keys() == expected.keys()
    for name, (mean, deviation) in expected.items():
        values = made[name]
        assert values.mean() == pytest.approx(mean, abs=5 * deviation / values.size**0.5 + 1e-6), name
        assert values.std() == pytest.approx(deviation, rel=5 / values.size**0.5, abs=1e-6), name


def test_no_layer_hides_what_a_block_has(tmp_path: Path) -> None:
    taken = worker("mxnet").ask("taken", tmp_path)["names"].tolist()
    assert "collect_params" in taken
    assert set(taken) <= targets["mxnet"].reserved


def test_statistics_alone_have_a_factor_of_one() -> None:
    net = cf.load_net(io.BytesIO(net_of("type: 'BatchNorm'", [(2, 3, 4, 4)]).encode()))
    weights = net.fill(seed=1)
    weights["layer"][1][...], weights["layer"][2][...] = 3, 2
    laid = lay_out(targets["mxnet"], net.parameter, net.plan, weights.model())
    made = {name: blob.array().tolist() for name, blob in laid}
    assert made == {
        "layer.gamma": [1] * 3,
        "layer.beta": [0] * 3,
        "layer.running_mean": [0] * 3,
        "layer.running_var": [1.5] * 3,
    }


@pytest.mark.parametrize(
    ("layer", "shapes", "message"),
    [
        ("type: 'Reduction'", [(2, 3)], "no arrays without axes"),
        ("type: 'InnerProduct' inner_product_param { num_output: 2 axis: 0 }", [(2, 3)], "axes from 0 on"),
        ("type: 'MVN'", [(2, 3)], "single values"),
        ("type: 'Scale' scale_param { bias_term: true }", [(2, 3), (3,)], "a bias of its own"),
        ("type: 'Pooling' pooling_param { kernel_size: 1 stride: 3 }", [(1, 1, 5, 5)], "its last window"),
        (
            "type: 'Pooling' pooling_param { pool: STOCHASTIC kernel_size: 2 }",
            [(1, 1, 4, 4)],
            "no stochastic",
        ),
        (window("Convolution", "num_output: 2 kernel_size: 1 axis: 2"), [(1, 1, 4, 4)], "on axis 2"),
        (
            window("Convolution", "num_output: 2 kernel_size: 4 stride: 3"),
            [(1, 1, 3, 4)],
            "larger than the padded",
        ),
        (
            "type: 'Pooling' pooling_param { kernel_size: 4 stride: 3 }",
            [(1, 1, 3, 4)],
            "larger than the padded",
        ),
        ("type: 'ArgMax'", [(2, 3)], "ArgMax is not carried over to mxnet"),
    ],
)
def test_what_mxnet_cannot_do_is_refused(layer: str, shapes: list[Shape], message: str) -> None:
    net = cf.load_net(io.BytesIO(net_of(layer, shapes).encode()))
    with pytest.raises(UsageError, match=message) as caught:
        targets["mxnet"].print_module(net.parameter, net.plan)
    assert "layer 'layer'" in str(caught.value)


@pytest.mark.parametrize("given", ["", "use_global_stats: true", "use_global_stats: false"])
def test_statistics_that_training_does_not_change_stay_so(given: str) -> None:
    net = cf.load_net(
        io.BytesIO(net_of(f"type: 'BatchNorm' batch_norm_param {{ {given} }}", [(2, 3)]).encode())
    )
    code = targets["mxnet"].print_module(net.parameter, net.plan)
    assert ("use_global_stats=True" in code) == given.endswith("true")


@pytest.mark.parametrize(("numbers", "asks"), [("pad: 1", True), ("", False)])
def test_a_shape_is_asked_for_where_a_window_hangs_on_it(numbers: str, asks: bool) -> None:
    text = (
        "layer { name: 'x' type: 'Python' top: 'x' python_param { module: 'm' layer: 'l' } }"
        "layer { name: 'layer' type: 'Pooling' bottom: 'x' top: 'top'"
        f" pooling_param {{ kernel_size: 2 stride: 2 {numbers} }} }}"
    )
    net = cf.load_net(io.BytesIO(text.encode()))
    if not asks:
        assert "F.slice" not in targets["mxnet"].print_module(net.parameter, net.plan)
        return
    with pytest.raises(UsageError, match="give it with --shape"):
        targets["mxnet"].print_module(net.parameter, net.plan)


def test_an_unused_import_is_not_printed() -> None:
    net = cf.load_net(io.BytesIO(net_of("type: 'ReLU'", [(2, 3)]).encode()))
    code = targets["mxnet"].print_module(net.parameter, net.plan)
    assert "math" not in code
    assert "rnn" not in code
