"""Weights in memory: what is shared is one array, and every layer keeps its own, whatever they are called."""

import io
from pathlib import Path

import numpy as np
import pytest

import caffe_fillers as cf
from caffe_fillers.formats import caffemodel

DATA = "layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 2 dim: 4 } } }"
SHARED_WITHIN = """
layer { name: 'x' type: 'Scale' bottom: 'data' top: 'x' param { name: 'w' } param { name: 'w' }
  scale_param { filler { type: 'uniform' } bias_term: true } }
"""
SAME_NAMES = """
layer { name: 'x' type: 'PReLU' bottom: 'data' top: 'a' prelu_param { filler { type: 'uniform' } } }
layer { name: 'x' type: 'BatchNorm' bottom: 'a' top: 'b' }
"""


@pytest.mark.parametrize("layers", [SHARED_WITHIN, SAME_NAMES], ids=["shared within", "same names"])
def test_saved_weights_are_those_of_the_streamed_model(layers: str, tmp_path: Path) -> None:
    net = cf.load_net(io.BytesIO((DATA + layers).encode()))
    streamed = io.BytesIO()
    caffemodel.write(streamed, net.model(seed=7))
    net.fill(seed=7).save(tmp_path / "net.caffemodel")
    assert (tmp_path / "net.caffemodel").read_bytes() == streamed.getvalue()


def test_a_blob_shared_within_its_layer_is_one_array() -> None:
    weights = cf.load_net(io.BytesIO((DATA + SHARED_WITHIN).encode())).fill(seed=7)
    factor, bias = weights["x"]
    assert np.shares_memory(factor, bias)
