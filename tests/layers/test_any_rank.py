"""Every layer type on bottoms of every number of axes: a plan, or an error of our own."""

from __future__ import annotations

import io

import pytest

import caffe_fillers as cf
from caffe_fillers.layers import layer_types
from caffe_fillers.shapes import Shape


@pytest.mark.parametrize(
    "shape", [(), (3,), (2, 3), (2, 3, 4), (2, 6, 8, 8), (2, 3, 4, 6, 6)], ids=lambda shape: f"{len(shape)}"
)
def test_no_rule_fails_on_a_number_of_axes(shape: Shape) -> None:
    dims = " ".join(f"dim: {length}" for length in shape)
    input_param = f"type: 'Input' input_param {{ shape {{ {dims} }} }}"
    for name in layer_types.names():
        least = layer_types[name].bottoms[0]
        for count in {least, max(least, 1)}:
            bottoms = [f"b{index}" for index in range(count)]
            inputs = "".join(
                f"layer {{ name: '{bottom}' top: '{bottom}' {input_param} }}" for bottom in bottoms
            )
            read = " ".join(f"bottom: '{bottom}'" for bottom in bottoms)
            text = f"{inputs} layer {{ name: 'l' type: '{name}' top: 't' {read} }}"
            try:
                cf.load_net(io.BytesIO(text.encode()))
            except cf.CaffeFillersError as error:
                assert str(error), name
