"""Rules for the ends of a net: data, losses, and layers that only measure."""

from __future__ import annotations

import math

import numpy as np

from caffe_fillers.fillers import from_parameter
from caffe_fillers.layers import Role
from caffe_fillers.shapes import Shape, is_known
from caffe_fillers.signal.contract import Flow, Gradients, Node, Signals, no_pull, signal_rule
from caffe_fillers.signal.distribution import normal
from caffe_fillers.signal.parts import Gradient, Signal, flat, layout, moments, num_channels

_SMALL = 1.0
"""Softmax is predicted for scores whose std is at most this: beyond it a few scores decide."""


@signal_rule("Input", "HDF5Data")
def inputs(node: Node, bottoms: Signals) -> Flow | None:
    """Independent values of the assumed mean and std; a blob of one axis holds labels."""
    return Flow(tuple(_given(shape, node) for shape in node.tops), no_pull)


@signal_rule(role=Role.DATA)
def data(node: Node, bottoms: Signals) -> Flow | None:
    """Only the first top is data, the next are labels."""
    return Flow((_given(node.tops[0], node), *(None for _ in node.tops[1:])), no_pull)


@signal_rule("DummyData")
def dummy_data(node: Node, bottoms: Signals) -> Flow | None:
    """Predict what the layer's own fillers make: anew each time, or once, which is no difference here."""
    fillers = node.parameter.dummy_data_param.data_filler
    tops = []
    for index, shape in enumerate(node.tops):
        filler = fillers[index if len(fillers) > 1 else 0] if fillers else None
        if shape is None or not is_known(shape) or filler is None:
            tops.append(_noise(shape, 0.0, 0.0) if filler is None else None)
            continue
        distribution = from_parameter(filler).distribution(shape)
        tops.append(_noise(shape, distribution.mean, distribution.std))
    return Flow(tuple(tops), no_pull)


def _given(shape: Shape | None, node: Node) -> Signal | None:
    return None if shape is None or len(shape) < 2 else _noise(shape, node.input_mean, node.input_std)


def _noise(shape: Shape | None, mean: float, std: float) -> Signal | None:
    known = layout(shape)
    if known is None:
        return None
    maps = (np.full(known[1], value) for value in (mean, 0.0, std**2))
    return (normal(known[0], *maps),)


@signal_rule(role=Role.LOSS)
@signal_rule("EuclideanLoss", "ContrastiveLoss", predictions=2)
def loss(node: Node, bottoms: Signals) -> Flow | None:
    """The loss itself is not predicted; `analysis` lets gradients begin here."""
    return Flow((None,) * len(node.tops), no_pull)


@signal_rule("Softmax", softmax=True)
def softmax(node: Node, bottoms: Signals) -> Flow | None:
    """Predict n scores of small std s: mean 1/n, variance (e^(s^2) - 1) * (1 - 1/n) / n^2.

    A score's exponential is log-normal and the sum of all is taken as its
    mean, which makes mean and derivative exact to first order in 1/n.
    """
    number, shape = num_channels(bottoms[0]), layout(node.tops[0])
    _, std = moments(bottoms[0])
    if shape is None or node.parameter.softmax_param.axis != 1 or std > _SMALL or number < 2:
        return None
    variance = math.expm1(std**2) * (1 - 1 / number) / number**2
    maps = (np.full(shape[1], value) for value in (1 / number, 0.0, variance))
    second = (math.exp(std**2) / number**2) * (1 - 1 / number)

    def pull(gradients: tuple[Gradient, ...]) -> Gradients:
        return (tuple(type(each)(each.channels, each.power * second) for each in gradients[0]),)

    return Flow(((normal(shape[0], *maps),),), pull)


@signal_rule("ArgMax", role=Role.MEASURE)
def looks(node: Node, bottoms: Signals) -> Flow | None:
    """Nothing comes back."""
    return Flow(
        (None,) * len(node.tops),
        lambda _: tuple(flat(shape, 0.0) for shape in node.bottoms),
    )
