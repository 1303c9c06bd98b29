"""TensorFlow 1: windows that its CPU has no operation for, axes that are not an image's, names, strictness.

What needs TensorFlow runs in a Python of its own (port_workers.py); test_port_clients.py has the rest.
"""

from __future__ import annotations

import ast
import io
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import port_clients
import pytest
from paths import CORPUS
from port_layers import DATA, one_layer, softmax
from port_workers import WorkerError, worker

import caffe_fillers as cf
from caffe_fillers.errors import UsageError
from caffe_fillers.port.contract import targets
from caffe_fillers.port.layout import lay_out

RANDOM = "weight_filler { type: 'gaussian' } bias_filler { type: 'gaussian' }"
Pair = tuple[int, int]


def taps(kernel: tuple[int, ...], stride: Pair, dilation: Pair, lengths: Pair) -> list[tuple]:
    """For each value of a kernel, where it is, and what of an image it meets at the windows' places."""
    places = []
    for at in np.ndindex(*kernel):
        starts = [index * step for index, step in zip(at, dilation, strict=True)]
        cuts = zip(starts, lengths, stride, strict=True)
        places.append((at, tuple(slice(start, start + (n - 1) * s + 1, s) for start, n, s in cuts)))
    return places


def convolved(
    x: np.ndarray, weight: np.ndarray, stride: Pair, pad: Pair, dilation: Pair, group: int
) -> np.ndarray:
    """base_conv_layer.cpp, by the values of the kernel."""
    x = np.pad(x.astype(np.float64), ((0, 0), (0, 0), *((each, each) for each in pad)))
    extents = [d * (k - 1) + 1 for d, k in zip(dilation, weight.shape[2:], strict=True)]
    rows, columns = ((n - e) // s + 1 for n, e, s in zip(x.shape[2:], extents, stride, strict=True))
    made = np.zeros((len(x), len(weight), rows, columns))
    for (i, j), (down, right) in taps(weight.shape[2:], stride, dilation, (rows, columns)):
        parts = zip(
            np.split(x[:, :, down, right], group, 1), np.split(weight[:, :, i, j], group), strict=True
        )
        made += np.concatenate([np.einsum("nchw,oc->nohw", each, part) for each, part in parts], 1)
    return made


def deconvolved(
    x: np.ndarray, weight: np.ndarray, stride: Pair, pad: Pair, dilation: Pair, group: int
) -> np.ndarray:
    """The transposed: each value is put down under every value of the kernel."""
    rows, columns = (
        (n - 1) * s + d * (k - 1) + 1
        for n, s, d, k in zip(x.shape[2:], stride, dilation, weight.shape[2:], strict=True)
    )
    made = np.zeros((len(x), weight.shape[1] * group, rows, columns))
    for (i, j), (down, right) in taps(weight.shape[2:], stride, dilation, x.shape[2:]):
        parts = zip(np.split(x, group, 1), np.split(weight[:, :, i, j], group), strict=True)
        made[:, :, down, right] += np.concatenate(
            [np.einsum("nchw,co->nohw", each, part) for each, part in parts], 1
        )
    return made[:, :, pad[0] : rows - pad[0], pad[1] : columns - pad[1]]


@pytest.mark.parametrize(
    ("kind", "outputs", "group", "stride", "pad", "dilation"),
    [
        ("Convolution", 6, 1, (1, 1), (1, 1), (1, 1)),
        ("Convolution", 6, 1, (2, 1), (0, 2), (1, 1)),
        ("Convolution", 6, 1, (2, 2), (2, 2), (2, 1)),
        ("Convolution", 6, 2, (2, 1), (3, 2), (1, 2)),
        ("Convolution", 8, 4, (1, 1), (2, 2), (2, 2)),
        ("Convolution", 8, 4, (1, 1), (0, 3), (2, 1)),
        ("Convolution", 8, 4, (2, 2), (1, 1), (1, 1)),
        ("Convolution", 4, 4, (2, 1), (1, 1), (1, 1)),
        ("Convolution", 8, 4, (2, 2), (2, 2), (2, 2)),
        ("Convolution", 8, 4, (1, 3), (2, 0), (2, 1)),
        ("Deconvolution", 6, 1, (1, 1), (0, 0), (1, 1)),
        ("Deconvolution", 6, 1, (2, 3), (1, 1), (1, 1)),
        ("Deconvolution", 6, 1, (4, 4), (1, 2), (1, 1)),
        ("Deconvolution", 6, 2, (2, 1), (3, 0), (2, 1)),
        ("Deconvolution", 4, 4, (2, 2), (1, 1), (1, 1)),
        ("Deconvolution", 8, 4, (3, 2), (1, 1), (2, 3)),
    ],
)
def test_windows_are_caffes(
    kind: str, outputs: int, group: int, stride: Pair, pad: Pair, dilation: Pair, tmp_path: Path
) -> None:
    words = "".join(
        f" {name}_h: {down} {name}_w: {right}" for name, (down, right) in (("stride", stride), ("pad", pad))
    )
    net = tmp_path / "net.prototxt"
    layer = (
        f"type: '{kind}' convolution_param {{ num_output: {outputs} group: {group} kernel_h: 3 kernel_w: 2"
        f"{words} dilation: {dilation[0]} dilation: {dilation[1]} {RANDOM} }}"
    )
    net.write_text(one_layer(layer))
    x = np.random.default_rng(0).normal(size=DATA).astype(np.float32)
    ours = port_clients.run_tf1(net, tmp_path, [x])
    weight, bias = cf.load_weights(tmp_path / "trained.caffemodel")["layer"]
    reference = {"Convolution": convolved, "Deconvolution": deconvolved}[kind]
    theirs = reference(x, weight, stride, pad, dilation, group) + bias[:, np.newaxis, np.newaxis]
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() < 1e-5 * max(1.0, np.abs(theirs).max())


SHAPES: dict[str, tuple[tuple[int, ...], str, Callable[..., np.ndarray]]] = {
    "statistics of rows": (
        (2, 3, 5),
        "type: 'BatchNorm'",
        lambda x, mean, variance, factor: (
            (x - (mean / factor)[:, np.newaxis]) / np.sqrt((variance / factor)[:, np.newaxis] + 1e-5)
        ),
    ),
    "statistics of vectors": (
        (6, 3),
        "type: 'BatchNorm'",
        lambda x, mean, variance, factor: (x - mean / factor) / np.sqrt(variance / factor + 1e-5),
    ),
    "product with the last axis": (
        (2, 3, 5),
        f"type: 'InnerProduct' inner_product_param {{ num_output: 4 axis: 2 {RANDOM} }}",
        lambda x, weight, bias: x @ weight.T + bias,
    ),
    "product with two axes": (
        (2, 3, 5),
        f"type: 'InnerProduct' inner_product_param {{ num_output: 4 bias_term: false {RANDOM} }}",
        lambda x, weight: x.reshape(2, -1) @ weight.T,
    ),
    "softmax of rows": ((2, 3, 5), "type: 'Softmax'", lambda x: softmax(x, 1)),
    "slopes of rows": (
        (2, 3, 5),
        "type: 'PReLU'",
        lambda x, alpha: np.where(x > 0, x, alpha[:, np.newaxis] * x),
    ),
    "scale of a volume": (
        (2, 3, 2, 3, 2),
        "type: 'Scale' scale_param { axis: 2 num_axes: 2 }",
        lambda x, gamma: x * gamma[..., np.newaxis],
    ),
    "some rows": (
        (2, 7, 5),
        "type: 'Slice' top: 'middle' top: 'rest' slice_param { slice_point: 2 slice_point: 5 }",
        lambda x: x[:, :2],
    ),
    "elu of one": ((2, 3), "type: 'ELU'", lambda x: np.where(x > 0, x, np.expm1(x))),
    "an image of rows": (
        (2, 12, 5),
        "type: 'Reshape' reshape_param { shape { dim: 0 dim: 3 dim: 4 dim: 5 } }",
        lambda x: x.reshape(2, 3, 4, 5),
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_other_axes_are_caffes(name: str, tmp_path: Path) -> None:
    shape, layer, reference = SHAPES[name]
    net = tmp_path / "net.prototxt"
    dims = "".join(f"dim: {length} " for length in DATA)
    net.write_text(one_layer(layer).replace(dims.strip(), " ".join(f"dim: {length}" for length in shape)))
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    ours = port_clients.run_tf1(net, tmp_path, [x])
    theirs = reference(x, *cf.load_weights(tmp_path / "trained.caffemodel").get("layer", ()))
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() < 1e-5 * max(1.0, np.abs(theirs).max())


@pytest.mark.parametrize("strange", ["conv1/bias", "conv1/gamma"])
def test_a_name_too_few_or_too_many_is_an_error(strange: str, tmp_path: Path) -> None:
    net = CORPUS.parent.parent / "examples" / "lenet.prototxt"
    images = np.zeros((1, 1, 28, 28), np.float32)
    assert port_clients.run_tf1(net, tmp_path, [images]).size == 10
    arrays = dict(np.load(tmp_path / "carried.npz"))
    if arrays.pop(strange, None) is None:
        arrays[strange] = np.zeros(1, np.float32)
    np.savez(tmp_path / "carried.npz", **arrays)
    with pytest.raises(WorkerError, match=strange):
        worker("tensorflow").ask("run", tmp_path)


def test_shared_layers_have_the_same_variables(tmp_path: Path) -> None:
    net = tmp_path / "net.prototxt"
    net.write_text((CORPUS / "siamese.prototxt").read_text())
    shapes = cf.load_net(net, phase="test").blob_shapes
    one, two = (np.random.default_rng(seed).normal(size=shapes["a"] or ()) for seed in (1, 2))
    made = port_clients.graph(net, tmp_path, [one, two], "run")
    exchanged = port_clients.graph(net, tmp_path, [two, one], "run")
    assert np.abs(made["output0"] - exchanged["output1"]).max() < 1e-6
    assert np.abs(made["output0"] - made["output1"]).max() > 1e-3
    drawn = port_clients.graph(net, tmp_path, [one, two], "draw")
    assert sorted(drawn) == ["conv_a/bias", "conv_a/kernel", "feat_a/bias", "feat_a/kernel"]


def test_fillers_that_tensorflow_does_not_have_are_drawn(tmp_path: Path) -> None:
    made = port_clients.graph(CORPUS / "all_fillers.prototxt", tmp_path, [np.zeros((1, 4, 20, 20))], "draw")
    laid = np.load(tmp_path / "carried.npz")
    assert sorted(made) == sorted(laid)
    for name in ("upsample/kernel", "upsample3/kernel"):
        assert np.abs(made[name] - laid[name]).max() < 1e-6 < np.ptp(laid[name])
    assert made["unitball/kernel"].sum((0, 1, 2)) == pytest.approx(np.ones(6), rel=1e-5)
    assert made["unitball/kernel"].min() > 0
    kept = made["sparse/kernel"][made["sparse/kernel"] != 0]
    share = np.count_nonzero(laid["sparse/kernel"]) / laid["sparse/kernel"].size
    assert kept.size / made["sparse/kernel"].size == pytest.approx(share, abs=0.01)
    assert kept.std() == pytest.approx(1, rel=0.01)


def variables(tree: ast.Module) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all variables that printed code makes, without TensorFlow."""
    found = {}
    for scope in (node for node in ast.walk(tree) if isinstance(node, ast.With)):
        opened = scope.items[0].context_expr
        assert isinstance(opened, ast.Call) and isinstance(opened.args[0], ast.Constant)
        for call in (node for line in scope.body for node in ast.walk(line) if isinstance(node, ast.Call)):
            if ast.unparse(call.func) == "tf.get_variable" and len(call.args) == 2:
                name, shape = map(ast.literal_eval, call.args)
                found[f"{opened.args[0].value}/{name}"] = tuple(shape)
    return found


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*.prototxt")), ids=lambda path: path.stem)
def test_the_layout_has_the_graphs_variables(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In code that Python 3.7, the last that TensorFlow 1 is built for, can read."""
    monkeypatch.chdir(CORPUS)
    net = cf.load_net(path.name)
    try:
        code = targets["tf1"].print_module(net.parameter, net.plan)
    except UsageError:
        return
    model = net.fill(seed=1, force=True).model()
    laid = dict(lay_out(targets["tf1"], net.parameter, net.plan, model))
    assert variables(ast.parse(code, feature_version=(3, 7))) == {name: laid[name].shape for name in laid}
    assert all(math.prod(laid[name].shape) == laid[name].array().size for name in laid)


def test_names_that_a_graph_does_not_tell_apart_are_refused() -> None:
    text = one_layer("type: 'PReLU'") + "layer { name: 'Layer' type: 'PReLU' bottom: 'top' top: 'last' }"
    net = cf.load_net(io.BytesIO(text.encode()))
    with pytest.raises(UsageError, match=r"layer 'Layer' .* does not tell its name from that of 'layer'"):
        targets["tf1"].print_module(net.parameter, net.plan)


def test_windows_beyond_the_image_are_refused() -> None:
    text = one_layer("type: 'Convolution' convolution_param { num_output: 1 kernel_size: 8 stride: 3 }")
    net = cf.load_net(io.BytesIO(text.encode()))
    with pytest.raises(UsageError, match="larger than the padded image"):
        targets["tf1"].print_module(net.parameter, net.plan)
