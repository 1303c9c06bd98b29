"""Fully connected layers and look-up tables: inner_product_layer.cpp, embed_layer.cpp."""

from __future__ import annotations

from typing import cast

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import from_parameter
from caffe_fillers.layers.contract import Param, Setup, Weights, layer, require_outputs
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, canonical_axis, count


@layer("InnerProduct", weights_need_shape=True, weights=Weights.DENSE)
def inner_product(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Weights are outputs x inputs, or inputs x outputs with `transpose`, which exchanges the fans."""
    inner_product_param = parameter.inner_product_param
    axis = canonical_axis(inner_product_param.axis, len(bottoms[0]))
    outputs, inputs = inner_product_param.num_output, count(bottoms[0], axis)
    require_outputs(outputs)
    transpose = inner_product_param.transpose
    shape = (inputs, outputs) if transpose else (outputs, inputs)
    weight_filler = from_parameter(inner_product_param.weight_filler)
    params = [Param(shape, weight_filler, legacy_shape=(1, 1, *shape), inputs_first=transpose)]
    if inner_product_param.bias_term:
        bias_filler = from_parameter(inner_product_param.bias_filler)
        params.append(Param((outputs,), bias_filler, legacy_shape=(1, 1, 1, outputs)))
    return Setup(((*bottoms[0][:axis], outputs),), tuple(params))


@layer("Embed", weights=Weights.ROWS, accepts_unranked=True)
def embed(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A row per input value; nothing of it depends on the bottom."""
    embed_param = parameter.embed_param
    inputs, outputs = embed_param.input_dim, embed_param.num_output
    if inputs < 1 or outputs < 1:
        raise NetError("num_output and input_dim must be given and at least 1")
    params = [Param((inputs, outputs), from_parameter(embed_param.weight_filler), inputs_first=True)]
    if embed_param.bias_term:
        params.append(Param((outputs,), from_parameter(embed_param.bias_filler)))
    bottom = cast("Shape | None", bottoms[0])
    return Setup((None if bottom is None else (*bottom, outputs),), tuple(params))
