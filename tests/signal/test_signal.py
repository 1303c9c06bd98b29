"""The predicted signal: against closed forms, and against nets that numpy runs with Caffe's own weights."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

import caffe_fillers as cf
from caffe_fillers.signal import SignalReport
from caffe_fillers.signal.contract import signal_rules
from caffe_fillers.signal.distribution import elementwise, maximum, normal


def load(*layers: str, shape: tuple[int, ...] = (16, 64), phase: str = "train") -> cf.Net:
    """A net of an input `x` and layers that are written without their first brace's name and bottoms."""
    dims = " ".join(f"dim: {dim}" for dim in shape)
    text = f'layer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ {dims} }} }} }}\n'
    return cf.load_net(io.BytesIO((text + "\n".join(layers)).encode()), phase=phase)


def layer(name: str, kind: str, body: str = "", bottom: str = "x", top: str = "") -> str:
    bottoms = " ".join(f'bottom: "{each}"' for each in bottom.split())
    tops = " ".join(f'top: "{each}"' for each in (top or name).split())
    return f'layer {{ name: "{name}" type: "{kind}" {bottoms} {tops} {body} }}'


def inner(outputs: int, filler: str, more: str = "") -> str:
    return f"inner_product_param {{ num_output: {outputs} weight_filler {{ {filler} }} {more} }}"


def conv(outputs: int, filler: str, more: str = "kernel_size: 3 pad: 1") -> str:
    return f"convolution_param {{ num_output: {outputs} {more} weight_filler {{ {filler} }} }}"


def chain(depth: int, kind: str, body: str, activation: str | None) -> list[str]:
    """`depth` layers with weights, each followed by an activation in place."""
    made = []
    for index in range(depth):
        bottom = "x" if index == 0 else f"w{index - 1}"
        made.append(layer(f"w{index}", kind, body, bottom))
        if activation is not None:
            made.append(layer(f"a{index}", activation, "", f"w{index}", f"w{index}"))
    return made


def std_of(report: SignalReport, name: str) -> float:
    value = report[name].tops[0].std
    assert value is not None
    return value


def run(net: cf.Net, seed: int, values: np.ndarray) -> dict[str, np.ndarray]:
    """What each layer puts out: convolutions of stride 1, inner products, rectifiers."""
    weights = net.fill(seed=seed)
    blobs, outputs = {"x": values}, {}
    for each in net.parameter.layer:
        if each.type == "Input":
            continue
        bottom = blobs[each.bottom[0]]
        if each.type == "InnerProduct":
            top = bottom.reshape(len(bottom), -1) @ weights[each.name][0].T
        elif each.type == "Convolution":
            pad = each.convolution_param.pad[0]
            padded = np.pad(bottom, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
            windows = sliding_window_view(padded, weights[each.name][0].shape[2:], axis=(2, 3))
            top = np.einsum("nchwij,ocij->nohw", windows, weights[each.name][0], optimize=True)
        else:
            top = np.maximum(bottom, 0)
        blobs[each.top[0]] = outputs[each.name] = top
    return outputs


def measured(net: cf.Net, shape: tuple[int, ...], fills: int) -> dict[str, float]:
    """Standard deviations over several fills."""
    generator = np.random.default_rng(0)
    figures: dict[str, list[tuple[float, float]]] = {}
    for seed in range(fills):
        for name, top in run(net, seed, generator.normal(size=shape).astype(np.float32)).items():
            figures.setdefault(name, []).append((top.mean(), np.square(top).mean()))
    moments = {name: np.mean(pairs, axis=0) for name, pairs in figures.items()}
    return {name: math.sqrt(second - mean**2) for name, (mean, second) in moments.items()}


@pytest.mark.parametrize(
    ("kind", "body", "activation", "shape", "depth", "fills"),
    [
        ("InnerProduct", inner(256, 'type: "xavier"'), None, (256, 256), 20, 6),
        ("InnerProduct", inner(512, 'type: "msra"'), "ReLU", (32, 512), 20, 16),
        ("Convolution", conv(32, 'type: "xavier"'), None, (4, 32, 9, 9), 20, 8),
        ("Convolution", conv(64, 'type: "msra"'), "ReLU", (4, 64, 9, 9), 6, 20),
    ],
)
def test_deep_nets_are_predicted_within_a_tenth(
    kind: str, body: str, activation: str | None, shape: tuple[int, ...], depth: int, fills: int
) -> None:
    net = load(*chain(depth, kind, body, activation), shape=shape)
    report = net.signal()
    found = measured(net, shape, fills)
    assert len(found) == depth * (1 if activation is None else 2)
    for name, std in found.items():
        assert std_of(report, name) == pytest.approx(std, rel=0.1), name


def test_gains_are_true_connections_times_variance() -> None:
    net = load(
        layer("c", "Convolution", conv(32, 'type: "gaussian" std: 0.1', "kernel_size: 3 stride: 2 group: 4")),
        shape=(1, 16, 9, 9),
    )
    row = net.signal()["c"]
    assert row.fan_in == pytest.approx(9 * 4)
    assert row.forward_gain == pytest.approx(36 * 0.01, rel=1e-6)
    windows = 4 * 3 / 9  # along an axis four windows of three values over nine
    assert row.fan_out == pytest.approx(windows**2 * 8)
    assert row.backward_gain == pytest.approx(windows**2 * 8 * 0.01, rel=1e-6)


def test_padding_is_not_connected() -> None:
    row = load(layer("c", "Convolution", conv(8, 'type: "msra"')), shape=(1, 4, 4, 4)).signal()["c"]
    assert row.fan_in == pytest.approx(4 * (10 / 4) ** 2)  # 2, 3, 3, 2 along each axis
    assert row.tops[0].std == pytest.approx(math.sqrt(2 / 36 * 4 * 6.25), rel=1e-6)


@pytest.mark.parametrize(
    ("kind", "body", "second"),
    [
        ("ReLU", "", 0.5),
        ("ReLU", "relu_param { negative_slope: 0.1 }", 0.505),
        ("PReLU", "", (1 + 0.25**2) / 2),
        ("AbsVal", "", 1.0),
        ("TanH", "", 0.394294),  # E[tanh(z)^2], z standard normal
        ("Sigmoid", "", 0.293379),  # E[1/(1 + e^-z)^2]
        ("ELU", "", 0.644942),  # 1/2 + E[(e^z - 1)^2; z < 0]
        ("Power", "power_param { power: 2 scale: 3 }", 81 * 3.0),
        ("Threshold", "", 0.5),
    ],
)
def test_factors_of_activations(kind: str, body: str, second: float) -> None:
    row = load(layer("a", kind, body)).signal()["a"]
    assert row.forward_gain == pytest.approx(second, rel=2e-3)


def test_factors_agree_with_a_million_draws() -> None:
    values = np.random.default_rng(3).normal(size=1_000_000)
    assert np.mean(np.tanh(values) ** 2) == pytest.approx(0.394294, rel=5e-3)
    assert np.mean(1 / (1 + np.exp(-values)) ** 2) == pytest.approx(0.293379, rel=5e-3)
    elu = np.where(values > 0, values, np.expm1(values))
    assert np.mean(elu**2) == pytest.approx(0.644942, rel=5e-3)


@pytest.mark.parametrize("count", [2, 9, 49])
def test_maximum_of_independent_normals(count: int) -> None:
    zero = np.zeros(())
    values, weights = maximum(normal(1, zero, zero, np.ones(())), count)
    draws = np.random.default_rng(0).normal(size=(100_000, count)).max(axis=1)
    assert np.sum(weights * values) == pytest.approx(draws.mean(), rel=0.01)
    assert np.sum(weights * values**2) == pytest.approx(np.square(draws).mean(), rel=0.01)
    assert np.sum(weights) == pytest.approx(1)


def test_a_rectifier_leaves_what_positions_share() -> None:
    """The correlation of rectified normals: Cho and Saul 2009, the arc-cosine kernel of order 1."""
    for shared in (0.0, 0.3, 0.8):
        part = normal(1, np.zeros(()), np.array(shared), np.array(1 - shared))
        rectified = elementwise(part, lambda x: np.maximum(x, 0))
        angle = math.acos(shared)
        kernel = (math.sin(angle) + (math.pi - angle) * shared) / (2 * math.pi)
        assert rectified.grid_shared == pytest.approx(kernel, rel=5e-3)


def test_average_pooling_keeps_what_is_shared() -> None:
    report = load(
        layer("r", "ReLU"), layer("p", "Pooling", "pooling_param { pool: AVE global_pooling: true }", "r"),
        shape=(2, 3, 8, 8),
    ).signal()  # fmt: skip
    top = report["p"].tops[0]
    assert top.mean == pytest.approx(1 / math.sqrt(2 * math.pi), rel=1e-3)
    assert top.std == pytest.approx(math.sqrt((0.5 - 0.5 / math.pi) / 64), rel=1e-2)


STDS = [("a", 0.5), ("b", 1), ("c", 2), ("d", 3)]
ELTWISE = "eltwise_param {{ operation: {} {} }}"


@pytest.mark.parametrize(
    ("operation", "more", "mean", "second", "back"),
    [
        ("SUM", "", 0.0, 2.0, 1.0),
        ("SUM", "coeff: 1 coeff: -3", 0.0, 10.0, 1.0),
        ("PROD", "", 0.0, 1.0, 1.0),
        ("MAX", "", 1 / math.sqrt(math.pi), 1.0, math.sqrt(0.5)),
    ],
)
def test_eltwise_of_independent_branches(
    operation: str, more: str, mean: float, second: float, back: float
) -> None:
    report = load(
        layer("a", "InnerProduct", inner(64, 'type: "xavier"')),
        layer("b", "InnerProduct", inner(64, 'type: "xavier"')),
        layer("e", "Eltwise", ELTWISE.format(operation, more), "a b"),
    ).signal()
    top = report["e"].tops[0]
    assert top.mean == pytest.approx(mean, abs=0.01)  # the grid of a maximum is coarse
    assert std_of(report, "e") ** 2 + mean**2 == pytest.approx(second, rel=0.01)
    assert report["a"].tops[0].gradient_std == pytest.approx(back, rel=1e-2)


def test_the_gradient_of_a_factor_is_that_of_the_product_times_the_other_factors() -> None:
    factors = [layer(name, "InnerProduct", inner(64, f'type: "gaussian" std: {std}')) for name, std in STDS]
    product = layer("e", "Eltwise", ELTWISE.format("PROD", ""), " ".join(name for name, _ in STDS))
    report = load(*factors, product).signal()
    for name, _ in STDS:
        others = math.prod(std_of(report, other) for other, _ in STDS if other != name)
        assert report[name].tops[0].gradient_std == pytest.approx(others, rel=1e-3)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        *(("Dropout", f"dropout_param {{ dropout_ratio: {ratio} }}") for ratio in ("1", "nan", "-7")),
        ("BatchNorm", "batch_norm_param { use_global_stats: true eps: 0 }"),
        ("BatchNorm", "batch_norm_param { use_global_stats: true eps: -1 }"),
    ],
)
def test_nothing_is_predicted_where_caffe_would_divide_by_zero(kind: str, body: str) -> None:
    report = load(layer("d", kind, body), shape=(16, 64, 2, 2)).signal()
    assert report["d"].tops[0].std is None


def test_a_blob_summed_with_itself_is_doubled() -> None:
    report = load(layer("e", "Eltwise", "", "x x")).signal()
    assert std_of(report, "e") == pytest.approx(2)


def test_a_blob_that_is_summed_twice_is_no_independent_one() -> None:
    a, b = (layer(name, "InnerProduct", inner(64, 'type: "xavier"')) for name in "ab")
    report = load(a, b, layer("e", "Eltwise", "", "a b a")).signal()
    assert std_of(report, "e") == pytest.approx(math.sqrt(5), rel=1e-3)


def test_split_sums_gradients_and_concat_and_slice_keep_channels_apart() -> None:
    report = load(
        layer("a", "InnerProduct", inner(8, 'type: "gaussian" std: 0.5')),
        layer("b", "InnerProduct", inner(24, 'type: "gaussian" std: 0.125')),
        layer("c", "Concat", "", "a b"),
        layer("s", "Slice", "slice_param { slice_point: 16 }", "c", "s0 s1"),
    ).signal()
    assert [top.std for top in report["s"].tops] == [
        pytest.approx(math.sqrt((8 * 16 + 8) / 16), rel=1e-6),
        pytest.approx(1.0, rel=1e-6),
    ]
    split = report["x_x_0_split"].tops
    back = [8 * 0.25, 24 * 0.125**2]
    assert [top.gradient_std for top in split] == [pytest.approx(math.sqrt(each)) for each in back]
    assert report["x"].tops[0].gradient_std == pytest.approx(math.sqrt(sum(back)))


def test_batch_norm_levels_in_training_and_magnifies_a_new_net_in_testing() -> None:
    layers = (
        layer("i", "InnerProduct", inner(32, 'type: "gaussian" std: 3')),
        layer("n", "BatchNorm", "", "i"),
    )
    net = load(*layers)
    assert std_of(net.signal(), "n") == pytest.approx(1, rel=1e-3)
    assert std_of(net.signal(phase="test"), "n") == pytest.approx(24 / math.sqrt(1e-5), rel=1e-3)
    assert std_of(load(*layers, phase="test").signal(), "n") > 1000


def test_dropout_by_phase() -> None:
    net = load(layer("d", "Dropout", "dropout_param { dropout_ratio: 0.75 }"))
    assert std_of(net.signal(), "d") == pytest.approx(2)
    assert net.signal()["x"].tops[0].gradient_std == pytest.approx(2)
    assert std_of(net.signal(phase="test"), "d") == pytest.approx(1)


def test_what_has_no_rule_is_not_predicted_and_flows_on() -> None:
    report = load(
        layer("a", "InnerProduct", inner(8, 'type: "msra"')),
        layer("q", "Reduction", "", "a"),
        layer("r", "ReLU", "", "q"),
    ).signal()
    assert std_of(report, "a") == pytest.approx(math.sqrt(2))
    assert report["q"].tops[0].std is None
    assert report["r"].tops[0].std is None
    assert report["a"].tops[0].gradient_std is None
    assert not report["q"].predicted


def test_what_no_double_holds_is_not_predicted() -> None:
    """The second moment after the fourth layer is 1e312."""
    wide = inner(8, "type: 'gaussian' std: 3e38")
    report = load(*chain(5, "InnerProduct", wide, None), shape=(4, 8)).signal()
    stds = [row.tops[0].std for row in list(report)[1:]]
    assert stds[2] == pytest.approx(8**1.5 * 3e38**3)
    assert stds[3:] == [None, None]
    assert report["x"].tops[0].gradient_std is None


def test_flags_and_the_filler_that_levels() -> None:
    small = chain(6, "InnerProduct", inner(64, 'type: "gaussian" std: 0.01'), "ReLU")
    report = load(*small).signal()
    assert report["w0"].flags == ("gradient vanishes",)
    assert "signal vanishes" in report["w5"].flags
    assert {report[f"w{index}"].level_filler for index in range(5)} == {"msra FAN_IN"}
    assert report["w5"].level_filler == "msra FAN_IN"
    assert report["w5"] in report.flagged
    tanh = load(*chain(2, "InnerProduct", inner(64, 'type: "xavier"'), "TanH")).signal()
    assert tanh["w0"].level_filler.startswith("gaussian std 0.2")
    level = load(*chain(9, "InnerProduct", inner(64, 'type: "msra"'), "ReLU")).signal()
    assert all(row.level_filler == "" and row.flags == () for row in level)


def test_gradients_begin_at_losses_with_their_weight() -> None:
    text = layer("l", "EuclideanLoss", "loss_weight: 0.25", "i y")
    net = load(
        layer("y", "Input", "input_param { shape { dim: 16 dim: 5 } }", "").replace('bottom: ""', ""),
        layer("i", "InnerProduct", inner(5, 'type: "gaussian" std: 2')),
        text,
    )
    report = net.signal()
    assert report["i"].tops[0].gradient_std == pytest.approx(0.25)
    assert report["x"].tops[0].gradient_std == pytest.approx(0.25 * 2 * math.sqrt(5))


def test_nothing_is_drawn_and_input_scales_through() -> None:
    net = load(*chain(3, "InnerProduct", inner(16, 'type: "msra"'), "ReLU"))
    one, ten = net.signal(), net.signal(input_std=10)
    for single, tenfold in zip(one, ten, strict=True):
        assert tenfold.tops[0].std == pytest.approx(10 * (single.tops[0].std or 0), rel=1e-9)
    assert ten.input_std == 10


def test_every_rule_belongs_to_a_layer_type() -> None:
    from caffe_fillers.layers import layer_types

    assert set(signal_rules.names()) <= set(layer_types.names())
