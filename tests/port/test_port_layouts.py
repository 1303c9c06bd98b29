"""Layouts by themselves, without the frameworks: what a layer computes must be the same in either layout."""

from __future__ import annotations

import io

import numpy as np
import pytest
from paths import CORPUS

import caffe_fillers as cf
from caffe_fillers.port.targets import lay_out, targets

LAST = ["keras", "jax"]


def laid_out(
    target: str, data: str, layer: str, change: dict[int, np.ndarray] | None = None
) -> tuple[dict, tuple]:
    """A layer's tensors by name, and the blobs that they come from."""
    text = (
        f"layer {{ name: 'data' type: 'Input' top: 'data' input_param {{ shape {{ {data} }} }} }}"
        f"layer {{ name: 'a' bottom: 'data' top: 'a' {layer} }}"
    )
    net = cf.load_net(io.BytesIO(text.encode()))
    weights = net.fill(seed=3)
    for index, values in (change or {}).items():
        weights["a"][index][...] = values
    tensors = lay_out(targets[target], net.plan, weights.model())
    return {name[2:]: blob.array() for name, blob in tensors}, weights["a"]


@pytest.mark.parametrize("target", LAST)
def test_kernels_are_height_width_inputs_outputs(target: str) -> None:
    made, (weight,) = laid_out(
        target,
        "dim: 1 dim: 4 dim: 9 dim: 9",
        "type: 'Convolution' convolution_param { num_output: 6 kernel_h: 3 kernel_w: 2 group: 2"
        " bias_term: false weight_filler { type: 'gaussian' } }",
    )
    assert made["kernel"].shape == (3, 2, 2, 6)
    assert made["kernel"][2, 0, 1, 5] == weight[5, 1, 2, 0]


@pytest.mark.parametrize("target", ["keras"])
def test_a_depthwise_kernel_is_kept_by_its_inputs(target: str) -> None:
    layer = (
        "type: 'Convolution' convolution_param { num_output: 8 kernel_size: 3 group: 4 bias_term: false"
        " weight_filler { type: 'gaussian' } }"
    )
    made, (weight,) = laid_out(target, "dim: 1 dim: 4 dim: 9 dim: 9", layer)
    assert made["kernel"].shape == (3, 3, 4, 2)
    assert made["kernel"][1, 2, 3, 0] == weight[6, 0, 1, 2]


@pytest.mark.parametrize("target", LAST)
@pytest.mark.parametrize("transpose", ["false", "true"])
def test_a_product_with_an_image_is_the_same(target: str, transpose: str) -> None:
    made, (weight, bias) = laid_out(
        target,
        "dim: 2 dim: 3 dim: 4 dim: 5",
        f"type: 'InnerProduct' inner_product_param {{ num_output: 7 transpose: {transpose}"
        " weight_filler { type: 'gaussian' } }",
    )
    image = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    rows = weight if transpose == "true" else weight.T
    flat = image.transpose(0, 2, 3, 1).reshape(2, -1)
    assert flat @ made["kernel"] == pytest.approx(image.reshape(2, -1) @ rows, abs=1e-9)
    assert made["bias"].tobytes() == bias.tobytes()


@pytest.mark.parametrize(("target", "mean"), [("torch", "running_mean"), ("keras", "moving_mean")])
@pytest.mark.parametrize(("factor", "expected"), [(0, 0), (4, 0.5)])
def test_statistics_are_divided_by_their_factor(
    target: str, mean: str, factor: float, expected: float
) -> None:
    two, scale = np.full(3, 2, np.float32), np.float32(factor)
    made, _ = laid_out(target, "dim: 1 dim: 3 dim: 2 dim: 2", "type: 'BatchNorm'", {0: two, 2: scale})
    assert made[mean].tolist() == [expected] * 3


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("torch", "bias_ih_l0"),
        ("keras", "cell/bias"),
        ("jax", "bias"),
    ],
)
def test_gates_are_in_the_frameworks_order(target: str, name: str) -> None:
    """Input, forget, output, candidate in Caffe; the candidate comes third elsewhere."""
    text = (
        "layer { name: 'x' type: 'Input' top: 'x' input_param { shape { dim: 5 dim: 2 dim: 3 } } }"
        "layer { name: 'c' type: 'Input' top: 'c' input_param { shape { dim: 5 dim: 2 } } }"
        "layer { name: 'a' type: 'LSTM' bottom: 'x' bottom: 'c' top: 'a' recurrent_param { num_output: 1 } }"
    )
    net = cf.load_net(io.BytesIO(text.encode()))
    weights = net.fill(seed=1)
    weights["a"][1][...] = [1, 2, 3, 4]
    made = dict(lay_out(targets[target], net.plan, weights.model()))
    separator = targets[target].separator
    assert made[f"a{separator}{name}"].array().tolist() == [1, 2, 4, 3]


@pytest.mark.parametrize(("target", "layers"), [("torch", 2), ("keras", 1), ("jax", 1)])
def test_shared_parameters_are_under_their_owners_name(target: str, layers: int) -> None:
    """In torch under every name, as a state_dict has them."""
    net = cf.load_net(CORPUS / "siamese.prototxt")
    laid = lay_out(targets[target], net.plan, net.fill(seed=1).model())
    names = {name.replace("/", ".").split(".")[0] for name, _ in laid if name.startswith("conv")}
    assert names == {"conv_a", "conv_b"} if layers == 2 else names == {"conv_a"}
