"""Layers with weights: convolutions, inner products, look-up tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from caffe_fillers.layers.windows import Windows, windows
from caffe_fillers.shapes import Shape, canonical_axis, count, is_known
from caffe_fillers.signal import linear
from caffe_fillers.signal.contract import Flow, Node, Signals, signal_rule
from caffe_fillers.signal.distribution import Reals, normal
from caffe_fillers.signal.parts import Gradient, flat, flattened, layout, mean_power
from caffe_fillers.signal.windows import ONE, Connections, connections


@signal_rule("Convolution")
def convolution(node: Node, bottoms: Signals) -> Flow | None:
    """Each output sees a window, less where that reaches into padding."""
    return _convolve(node, bottoms, transposed=False)


@signal_rule("Deconvolution")
def deconvolution(node: Node, bottoms: Signals) -> Flow | None:
    """Each output is reached by the windows of kernel/stride inputs along an axis."""
    return _convolve(node, bottoms, transposed=True)


def _convolve(node: Node, bottoms: Signals, *, transposed: bool) -> Flow | None:
    parameter, shape, top = node.parameter.convolution_param, node.bottoms[0], node.tops[0]
    if shape is None or top is None or len(shape) < 3 or canonical_axis(parameter.axis, len(shape)) != 1:
        return None
    images = (top[2:], shape[2:]) if transposed else (shape[2:], top[2:])
    window = windows(parameter, len(shape) - 2)
    if 0 in window.stride:  # Caffe's stride_w where only stride_h is set: all windows see one place
        return None
    connect = partial(_connect, window, *images, transposed)
    kernel = linear.weights(node.distributions[0], connect, len(window.kernel))
    bias = node.distributions[1] if len(node.distributions) > 1 else None
    tops = [linear.forward(each, kernel, parameter.num_output, parameter.group, bias) for each in bottoms]
    return linear.flow(bottoms, tops, kernel, parameter.num_output, parameter.group)


def _connect(
    window: Windows, inputs: Shape, outputs: Shape, transposed: bool, taps: Sequence[Reals] | None
) -> Connections:
    made = connections(window, inputs, outputs, taps)
    return made.reversed() if transposed else made


@signal_rule("InnerProduct")
def inner_product(node: Node, bottoms: Signals) -> Flow | None:
    """Each output sees all axes after the given one: a convolution of one position and many channels."""
    parameter, shape, top = node.parameter.inner_product_param, node.bottoms[0], layout(node.tops[0])
    if shape is None or top is None or not is_known(shape[1:]):
        return None
    axis = canonical_axis(parameter.axis, len(shape))
    if axis != 1 and len(bottoms[0]) > 1:
        return None
    inputs = (
        flattened(bottoms[0])
        if axis == 1
        else (replace(flattened(bottoms[0])[0], channels=count(shape, axis)),)
    )
    kernel = linear.weights(node.distributions[0], lambda _: ONE, 1)
    if (
        not kernel.centered
        and axis == 1
        and any(
            part.channels != each.channels and part.spread > 0
            for part, each in zip(inputs, bottoms[0], strict=True)
        )
    ):
        return None  # what positions share does not average out
    bias = node.distributions[1] if len(node.distributions) > 1 else None
    made = linear.forward(inputs, kernel, parameter.num_output, 1, bias)
    shaped = made and (replace(made[0], channels=top[0], scale=np.full(top[1], made[0].level)),)
    flow = linear.flow([inputs], [shaped], kernel, parameter.num_output, 1)
    gain = flow.backward_gain or 0.0

    def pull(gradients: tuple[Gradient, ...]) -> tuple[Gradient | None, ...]:
        return (flat(shape, mean_power(gradients[0]) * gain),)

    return replace(flow, pull=pull)


@signal_rule("Embed")
def embed(node: Node, bottoms: Signals) -> Flow | None:
    """Rows of the weights, whatever is looked up; no gradient comes back to the indices."""
    top = layout(node.tops[0])
    if top is None:
        return None
    distribution, *bias = node.distributions
    mean, shared = (distribution.mean + bias[0].mean, bias[0].std ** 2) if bias else (distribution.mean, 0.0)
    maps = (np.full(top[1], value) for value in (mean, shared, distribution.std**2))
    return Flow(((normal(top[0], *maps),),), lambda _: (flat(node.bottoms[0], 0.0),))


@signal_rule("Parameter")
def parameter_blob(node: Node, bottoms: Signals) -> Flow | None:
    """The blob itself."""
    top = layout(node.tops[0])
    if top is None:
        return None
    distribution = node.distributions[0]
    maps = (np.full(top[1], value) for value in (distribution.mean, 0.0, distribution.std**2))
    return Flow(((normal(top[0], *maps),),), lambda _: ())
