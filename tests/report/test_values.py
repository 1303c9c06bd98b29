"""What the page tells of values: a trained model's signal, two files compared; and what a layer says."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from paths import LENET
from resnet import resnet

import caffe_fillers as cf
from caffe_fillers.model import ModelBlob
from caffe_fillers.report.facts import learning_rates, multiply_adds, settings
from caffe_fillers.report.summary import summarize
from caffe_fillers.report.values import as_distribution, compare
from caffe_fillers.signal import analyze


def blob(values: np.ndarray) -> ModelBlob:
    return ModelBlob(values.shape, lambda: iter(np.array_split(values.ravel(), 3)))


@pytest.mark.parametrize("seed", range(3))
def test_a_comparison_is_numpys(seed: int) -> None:
    generator = np.random.default_rng(seed)
    left = generator.normal(1, 2, (6, 50)).astype(np.float32)
    right = (0.5 * left + generator.normal(0, 1, left.shape)).astype(np.float32)
    bins = summarize(blob(left).chunks).histogram
    found = compare(blob(left).chunks, blob(right), bins)
    a, b = left.astype(float).ravel(), right.astype(float).ravel()
    assert found.change == pytest.approx(np.linalg.norm(b - a) / np.linalg.norm(a))
    assert found.correlation == pytest.approx(np.corrcoef(a, b)[0, 1])
    assert found.counts == tuple(np.histogram(right, bins.edges)[0])
    assert not found.equal
    assert compare(blob(left).chunks, blob(left), None).equal


def test_a_comparison_of_what_has_no_relation() -> None:
    zeros, ones, broken = np.zeros(4, "f4"), np.ones(4, "f4"), np.float32([1, np.nan, 2, 3])
    assert (compare(blob(zeros).chunks, blob(ones), None)).change is None
    assert (compare(blob(ones).chunks, blob(zeros), None)).correlation is None
    found = compare(blob(broken).chunks, blob(ones), None)
    assert (found.change, found.correlation, found.equal) == (None, None, False)


def test_the_signal_of_an_initialization_is_the_same_by_its_values() -> None:
    net = cf.load_net(LENET)
    weights = net.fill(seed=1)
    values = {
        blob.place: as_distribution(
            summarize(
                lambda blob=blob: iter([weights[net.plan.layer(blob.layer_id).name][blob.index].ravel()])
            ),
            blob.shape,
        )
        for blob in net.plan.blobs
    }
    by_values = analyze(net.plan, values=values)
    for declared, found in zip(net.signal(), by_values, strict=True):
        for top, other in zip(declared.tops, found.tops, strict=True):
            if top.std:
                assert other.std == pytest.approx(top.std, rel=0.1)
        assert found.level_filler == ""


def test_the_signal_of_trained_weights_is_that_of_their_values(tmp_path: Path) -> None:
    for module in ("jinja2", "vl_convert", "pygraphviz", "PIL"):
        pytest.importorskip(module, reason="the extra 'report' is not installed")
    net = cf.load_net(LENET)
    weights = net.fill(seed=1)
    for name in ("conv1", "conv2", "ip1", "ip2"):
        weights[name][0][...] *= 100
    weights.save(tmp_path / "w.npz")
    page = net.report(tmp_path / "w.npz", seed=1)
    assert re.search(r"Predicted from the values of \S*w\.npz", page)
    assert "signal explodes" in page
    assert "signal explodes" not in net.report(seed=1)


NETS = {
    "Convolution": (
        "convolution_param { num_output: 6 kernel_h: 3 kernel_w: 1 group: 2 pad: 1 }",
        6 * 10 * 10 * 6,
    ),
    "Deconvolution": ("convolution_param { num_output: 6 kernel_size: 3 stride: 2 }", 4 * 8 * 8 * 6 * 9),
    "InnerProduct": ("inner_product_param { num_output: 5 }", 5 * 256),
    "InnerProduct ": ("inner_product_param { num_output: 5 transpose: true }", 5 * 256),
    "InnerProduct  ": ("inner_product_param { num_output: 5 axis: 2 }", 4 * 5 * 64),
    "ReLU": ("", None),
    "PReLU": ("", None),
}


@pytest.mark.parametrize("kind", NETS)
def test_multiply_adds_are_counted_for_one_item(kind: str) -> None:
    fields, expected = NETS[kind]
    if "kernel_h" in fields:  # 10 x 8 places, 2 x 3 connections each
        expected = 6 * 8 * 10 * 2 * 3
        fields = fields.replace("pad: 1", "pad_h: 1 pad_w: 1")
    net = cf.load_net(
        io.BytesIO(
            'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: [3, 4, 8, 8] } } }'
            f'layer {{ name: "a" type: "{kind.strip()}" bottom: "x" top: "a" {fields} }}'.encode()
        )
    )
    assert multiply_adds(net.plan, net.plan.layers[1]) == expected


def test_multiply_adds_of_resnet_50() -> None:
    """3.8e9 as He et al. (2015, table 1) count them."""
    net = cf.load_net(io.BytesIO(resnet(50).encode()))
    total = sum(multiply_adds(net.plan, layer) or 0 for layer in net.plan.layers)
    assert total == pytest.approx(3.86e9, rel=0.02)


def test_settings_and_learning_rates() -> None:
    text = """layer { name: "x" type: "Input" top: "x" input_param { shape { dim: [1, 3, 9, 9] } } }
    layer { name: "c" type: "Convolution" bottom: "x" top: "c" param { lr_mult: 0 } param { decay_mult: 0.5 }
      convolution_param { num_output: 1 kernel_h: 3 kernel_w: 5 pad: 2 } }
    layer { name: "p" type: "Pooling" bottom: "c" top: "p"
      pooling_param { pool: AVE kernel_size: 3 stride: 2 } }"""
    layers = cf.load_net(io.BytesIO(text.encode())).plan.layers
    shown = [dict(settings(layer)) for layer in layers]
    assert shown[1] == {"num_output": "1", "kernel": "3\N{MULTIPLICATION SIGN}5", "stride": "1", "pad": "2"}
    assert shown[2] == {"pool": "AVE", "kernel_size": "3", "stride": "2", "pad": "0"}
    assert [learning_rates(layers[1], each) for each in layers[1].blobs] == [(0.0, 1.0), (1.0, 0.5)]
