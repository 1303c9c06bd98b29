"""Functions of single values: `neuron_layer.hpp` and what derives from it.

The factor of an activation is E[f(x)^2] / E[x^2] going forward and E[f'(x)^2]
going back (Glorot and Bengio, AISTATS 2010, equations 5 and 6, which take f'
as 1; He et al., ICCV 2015, section 2.2 for rectifiers), here by quadrature for
whatever distribution comes in.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from caffe_fillers.signal.contract import Flow, Gradients, Node, Signals, signal_rule
from caffe_fillers.signal.distribution import Function, Reals, elementwise, second_moments
from caffe_fillers.signal.parts import Gradient, Power, times

Pair: TypeAlias = "tuple[Function, Function]"


def neuron(
    *names: str, activation: bool = True
) -> Callable[[Callable[[Node], Pair | None]], Callable[[Node], Pair | None]]:
    """Register what makes a function and its derivative from a layer; None is not predicted."""

    def decorate(make: Callable[[Node], Pair | None]) -> Callable[[Node], Pair | None]:
        @signal_rule(*names, activation=activation)
        def rule(node: Node, bottoms: Signals) -> Flow | None:
            pair = make(node)
            return None if pair is None else through(bottoms, *pair)

        return make

    return decorate


def through(bottoms: Signals, function: Function, derivative: Function) -> Flow | None:
    """The flow through a function of single values; None where it has none, such as the log of negatives."""
    top = tuple(elementwise(part, function) for part in bottoms[0])
    factors = [Power(part.channels, second_moments(part, derivative)) for part in bottoms[0]]
    if not all(np.isfinite(part.values).all() for part in top):
        return None

    def pull(gradients: tuple[Gradient, ...]) -> Gradients:
        return (times(gradients[0], factors),)

    return Flow((top,), pull)


def _sigmoid(x: Reals) -> Reals:
    return 0.5 * (1 + np.tanh(x / 2))


@neuron("ReLU")
def relu(node: Node) -> Pair:
    """Rectifier, leaky where it has a `negative_slope`."""
    return _rectifier(node.parameter.relu_param.negative_slope)


@neuron("PReLU")
def prelu(node: Node) -> Pair | None:
    """A rectifier whose slope is a blob, a constant as a rule."""
    slope = node.distributions[0]
    return _rectifier(slope.mean) if slope.std == 0 else None


def _rectifier(slope: float) -> Pair:
    return lambda x: np.where(x > 0, x, slope * x), lambda x: np.where(x > 0, 1.0, slope)


@neuron("ELU")
def elu(node: Node) -> Pair:
    """Below zero alpha * (e^x - 1)."""
    alpha = node.parameter.elu_param.alpha
    return (
        lambda x: np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0))),
        lambda x: np.where(x > 0, 1.0, alpha * np.exp(np.minimum(x, 0))),
    )


@neuron("Sigmoid")
def sigmoid(node: Node) -> Pair:
    """1 / (1 + e^-x)."""
    return _sigmoid, lambda x: _sigmoid(x) * _sigmoid(-x)


@neuron("TanH")
def tanh(node: Node) -> Pair:
    """The hyperbolic tangent."""
    return np.tanh, lambda x: 1 - np.tanh(x) ** 2


@neuron("Swish")
def swish(node: Node) -> Pair:
    """X times the sigmoid of beta x."""
    beta = node.parameter.swish_param.beta
    return (
        lambda x: x * _sigmoid(beta * x),
        lambda x: _sigmoid(beta * x) * (1 + beta * x * _sigmoid(-beta * x)),
    )


@neuron("BNLL")
def bnll(node: Node) -> Pair:
    """Log(1 + e^x)."""
    return lambda x: np.logaddexp(0, x), _sigmoid


@neuron("AbsVal")
def absval(node: Node) -> Pair:
    """The absolute value."""
    return np.abs, np.sign


@neuron("Clip")
def clip(node: Node) -> Pair:
    """Cut off at `min` and `max`."""
    low, high = node.parameter.clip_param.min, node.parameter.clip_param.max
    return lambda x: np.clip(x, low, high), lambda x: ((x >= low) & (x <= high)).astype(float)


@neuron("Power", activation=False)
def power(node: Node) -> Pair:
    """(shift + scale * x) ^ power."""
    given = node.parameter.power_param
    exponent, scale, shift = given.power, given.scale, given.shift
    if exponent == 0:
        return np.ones_like, np.zeros_like
    if exponent == 1:
        return lambda x: shift + scale * x, lambda x: np.full_like(x, scale)
    return (
        lambda x: (shift + scale * x) ** exponent,
        lambda x: exponent * scale * (shift + scale * x) ** (exponent - 1),
    )


@neuron("Exp", activation=False)
def exponential(node: Node) -> Pair:
    """Base ^ (shift + scale * x)."""
    given = node.parameter.exp_param
    rate = given.scale * _log_base(given.base)
    start = given.shift * _log_base(given.base)
    return lambda x: np.exp(start + rate * x), lambda x: rate * np.exp(start + rate * x)


@neuron("Log", activation=False)
def logarithm(node: Node) -> Pair:
    """Log to a base of shift + scale * x; not predicted where that may be negative."""
    given = node.parameter.log_param
    base = _log_base(given.base)
    return (
        lambda x: np.log(given.shift + given.scale * x) / base,
        lambda x: given.scale / (given.shift + given.scale * x) / base,
    )


@neuron("Threshold")
def threshold(node: Node) -> Pair:
    """0 or 1; nothing comes back."""
    limit = node.parameter.threshold_param.threshold
    return lambda x: (x > limit).astype(float), np.zeros_like


def _log_base(base: float) -> float:
    return 1.0 if base == -1 else math.log(base)
