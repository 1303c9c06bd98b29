"""Blobs that stand in a net's own text: taken instead of being filled; nothing is drawn for them."""

from __future__ import annotations

import io

import numpy as np
import pytest

import caffe_fillers as cf

INPUT = "layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: [2, 3] } } } "
OTHER = (
    "layer { name: 'other' type: 'InnerProduct' bottom: 'data' top: 'other' "
    "inner_product_param { num_output: 5 weight_filler { type: 'xavier' } } }"
)


def load(
    blobs: str, kind: str = "InnerProduct", rest: str = "inner_product_param { num_output: 2 }"
) -> cf.Net:
    layer = f"layer {{ name: 'x' type: '{kind}' bottom: 'data' top: 'x' {blobs} {rest} }}"
    return cf.load_net(io.BytesIO((INPUT + layer + OTHER).encode()))


SIX = "data: [1, 2, 3, 4, 5, 6]"


@pytest.mark.parametrize(
    ("blobs", "shape"),
    [
        (f"blobs {{ shape {{ dim: [2, 3] }} {SIX} }} blobs {{ shape {{ dim: 2 }} data: [7, 8] }}", (2, 3)),
        (
            f"blobs {{ num: 1 channels: 1 height: 2 width: 3 {SIX} }} "
            "blobs { num: 1 channels: 1 height: 1 width: 2 data: [7, 8] }",
            (1, 1, 2, 3),
        ),
        (
            "blobs { shape { dim: [2, 3] } double_data: [1, 2, 3, 4, 5, 6] } "
            "blobs { shape { dim: 2 } data: [7, 8] }",
            (2, 3),
        ),
    ],
)
def test_given_blobs_are_kept_and_draw_nothing(blobs: str, shape: tuple[int, ...]) -> None:
    weights = load(blobs).fill(seed=1)
    assert weights["x"][0].shape == shape
    assert weights["x"][0].ravel().tolist() == [1, 2, 3, 4, 5, 6]
    assert weights["x"][1].ravel().tolist() == [7, 8]
    assert weights["other"][0].tobytes() == cf.fill((5, 3), "xavier", seed=1).tobytes()


@pytest.mark.parametrize(
    ("blobs", "said"),
    [
        (f"blobs {{ shape {{ dim: [2, 3] }} {SIX} }}", "carries 1 blobs, but has 2 parameter blobs"),
        (
            f"blobs {{ shape {{ dim: [1, 6] }} {SIX} }} blobs {{ shape {{ dim: 3 }} data: [7, 8, 9] }}",
            "blob 1 in the prototxt has shape 3; the layer needs 2",
        ),
        (
            f"blobs {{ shape {{ dim: [2, 3] }} {SIX} }} blobs {{ shape {{ dim: 2 }} data: 7 }}",
            "blob 1 holds 1 values for shape 2",
        ),
    ],
)
def test_blobs_that_do_not_fit_are_refused(blobs: str, said: str) -> None:
    with pytest.raises(cf.CaffeFillersError, match=f"layer 'x'.*{said}"):
        load(blobs)


def test_a_recurrent_layer_throws_them_away() -> None:
    head = (
        "layer { name: 'd' type: 'Input' top: 'd' top: 'c' "
        "input_param { shape { dim: [2, 1, 3] } shape { dim: [2, 1] } } } "
    )
    lstm = (
        "layer { name: 'x' type: 'LSTM' bottom: 'd' bottom: 'c' top: 'x' %s "
        "recurrent_param { num_output: 2 weight_filler { type: 'uniform' } } }"
    )
    plain, given = (
        cf.load_net(io.BytesIO((head + lstm % blobs).encode())).fill(seed=1)["x"]
        for blobs in ("", f"blobs {{ shape {{ dim: [2, 3] }} {SIX} }}")
    )
    assert len(plain) == len(given) == 3
    for one, other in zip(plain, given, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_layer_that_has_no_parameters_may_carry_some() -> None:
    net = load(f"blobs {{ shape {{ dim: [2, 3] }} {SIX} }}", kind="ReLU", rest="")
    assert net.blob_shapes["x"] == (2, 3)
