"""Layers that work value by value, so that the shape stays: neuron_layer.cpp and what derives from it.

PReLU alone has a blob. Dropout draws its mask when data passes, not when the
net is built.
"""

from __future__ import annotations

from typing import cast

import numpy as np

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import Constant, from_parameter
from caffe_fillers.layers.contract import Param, Setup, layer, refuse_in_place
from caffe_fillers.passes import era_of
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import UNKNOWN, Shape, format_shape, legacy_dim

BASE_E = -1.0  # how ExpParameter and LogParameter write the base e


@layer("BNLL", "Clip", "Dropout", "ELU", "Power", "ReLU", "Sigmoid", "Swish", "TanH", "Threshold")
def same_shape(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Any parameters will do."""
    return Setup(bottoms)


@layer("AbsVal")
def absval(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The one neuron layer that refuses to work in place."""
    refuse_in_place(parameter)
    return Setup(bottoms)


@layer("Exp")
def exp(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Powers of a base."""
    _check_base(parameter.exp_param.base)
    return Setup(bottoms)


@layer("Log")
def log(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Logarithms to a base, which divide by its logarithm."""
    base = parameter.log_param.base
    _check_base(base)
    if base == 1:
        raise NetError("there is no logarithm to base 1")
    return Setup(bottoms)


@layer("PReLU", accepts_unranked=True)
def prelu(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A slope per channel, or a single one, which is a blob without axes; 0.25 at first."""
    prelu_param = parameter.prelu_param
    shape = cast("Shape | None", bottoms[0])
    if shape is not None and len(shape) < 2:
        raise NetError(f"its bottom has shape {format_shape(shape)}; PReLU needs channels in axis 1")
    channels: int = UNKNOWN
    if shape is not None:
        channels = shape[1] if era_of(parameter).convention.five_axes else legacy_dim(shape, 1)
    slope = from_parameter(prelu_param.filler) if prelu_param.HasField("filler") else Constant(0.25)
    return Setup(bottoms, (Param(() if prelu_param.channel_shared else (channels,), slope),))


def _check_base(base: float) -> None:
    if base != BASE_E and not (base > 0 and np.isfinite(base)):
        raise NetError(f"base {base:g} must be positive and finite; -1 stands for e")
