"""Normalizations and what follows them: batch norm, LRN, MVN, scale, bias, dropout."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from caffe_fillers import distributions
from caffe_fillers.schema import LRNParameter
from caffe_fillers.signal.contract import Flow, Gradients, Node, Signals, signal_rule
from caffe_fillers.signal.distribution import Part, Reals, combined, mixed, normal, normalized
from caffe_fillers.signal.parts import Gradient, Power, Signal, second_moment, times
from caffe_fillers.signal.rules.neuron import through


@signal_rule("BatchNorm")
def batch_norm(node: Node, bottoms: Signals) -> Flow | None:
    """Predict normalization: in training mean 0 and variance 1 a channel; in testing what the blobs say.

    They say mean 0 and variance 0 at first, so that a new net's test output
    is its input over the root of eps, 316 times as large.
    """
    parameter = node.parameter.batch_norm_param
    given = parameter.use_global_stats if parameter.HasField("use_global_stats") else not node.train
    if not given:
        return _normalize(bottoms[0], parameter.eps, variance=True)
    mean, variance, count = (_constant(distribution) for distribution in node.distributions)
    if mean is None or variance is None or count is None:
        return None
    unit = 1 / count if count else 0.0
    if not variance * unit + parameter.eps > 0:
        return None
    std = float(np.sqrt(variance * unit + parameter.eps))
    return through(bottoms, lambda x: (x - mean * unit) / std, lambda x: np.full_like(x, 1 / std))


@signal_rule("MVN")
def mvn(node: Node, bottoms: Signals) -> Flow | None:
    """Each channel of each item on its own; over all channels together it is not predicted."""
    parameter = node.parameter.mvn_param
    if parameter.across_channels or any(part.scale.size == 1 for part in bottoms[0]):
        return None
    return _normalize(bottoms[0], parameter.eps**2, variance=parameter.normalize_variance)


def _normalize(signal: Signal, epsilon: float, *, variance: bool) -> Flow:
    pairs = [normalized(part, epsilon, variance=variance) for part in signal]
    factors = [
        Power(part.channels, np.array(float(np.sum(part.weights.sum(axis=1) * squares))))
        for part, (_, squares) in zip(signal, pairs, strict=True)
    ]
    top = tuple(part for part, _ in pairs)
    return Flow((top,), lambda gradients: (times(gradients[0], factors),))


@signal_rule("LRN", transparent=True)
def lrn(node: Node, bottoms: Signals) -> Flow | None:
    """Over (k + alpha/n * sum of n squares)^beta: a value's own square, for its neighbors' their mean."""
    parameter = node.parameter.lrn_param
    size = parameter.local_size
    across = parameter.norm_region == LRNParameter.ACROSS_CHANNELS
    number, k = (size, parameter.k) if across else (size**2, 1.0)
    rate, beta = parameter.alpha / number, parameter.beta
    rest = k + rate * (number - 1) * second_moment(bottoms[0])

    def function(x: Reals) -> Reals:
        return np.asarray(x * (rest + rate * x**2) ** -beta)

    def derivative(x: Reals) -> Reals:
        base = rest + rate * x**2
        return np.asarray(base**-beta - 2 * rate * beta * x**2 * base ** (-beta - 1))

    return through(bottoms, function, derivative)


@signal_rule("Dropout", transparent=True)
def dropout(node: Node, bottoms: Signals) -> Flow | None:
    """Predict dropout: in training a value is dropped or divided by the chance that it is not."""
    ratio = node.parameter.dropout_param.dropout_ratio
    if not node.train:
        return Flow(bottoms, lambda gradients: gradients)
    if not 0 <= ratio < 1:
        return None
    keep = 1 - ratio
    top = tuple(mixed(part, (keep, ratio), (1 / keep, 0.0)) for part in bottoms[0])
    return Flow(
        (top,),
        lambda gradients: (tuple(replace(each, power=each.power / keep) for each in gradients[0]),),
    )


@signal_rule("Scale", transparent=True)
def scale(node: Node, bottoms: Signals) -> Flow | None:
    """A factor and a summand for each channel, or a factor that is a second bottom."""
    if len(bottoms) == 2:
        return _gated(node, bottoms)
    factor, *bias = node.distributions
    top = tuple(_affine(part, factor, bias[0] if bias else None) for part in bottoms[0])
    square = factor.mean**2 + factor.std**2

    def pull(gradients: tuple[Gradient, ...]) -> Gradients:
        return (tuple(replace(each, power=each.power * square) for each in gradients[0]),)

    return Flow((top,), pull)


@signal_rule("Bias", transparent=True)
def bias(node: Node, bottoms: Signals) -> Flow | None:
    """A summand for each channel."""
    if len(bottoms) == 2:
        return None
    top = tuple(_affine(part, distributions.Constant(1.0), node.distributions[0]) for part in bottoms[0])
    return Flow((top,), lambda gradients: gradients)


def _affine(
    part: Part, factor: distributions.Distribution, summand: distributions.Distribution | None
) -> Part:
    """Numbers act on each value, what is drawn makes the channels normal."""
    scaled = replace(part, values=factor.mean * part.values)
    if factor.std > 0:
        scaled = combined(np.multiply, part, _drawn(part, factor))
    if summand is None or (summand.mean == 0 and summand.std == 0):
        return scaled
    if summand.std > 0:
        return combined(np.add, scaled, _drawn(part, summand))
    level = scaled.level
    return replace(scaled, values=level * scaled.values + summand.mean, scale=np.ones_like(scaled.scale))


def _drawn(part: Part, distribution: distributions.Distribution) -> Part:
    """A distribution's value for each channel, which all positions share."""
    maps = (np.full(part.scale.shape, value) for value in (distribution.mean, distribution.std**2, 0.0))
    return normal(part.channels, *maps)


def _gated(node: Node, bottoms: Signals) -> Flow | None:
    """A product with a blob of fewer axes, of alike channels each, such as a gate per channel."""
    signal, gate = bottoms
    if len(signal) > 1 or len(gate) > 1 or len(node.distributions) > 0 or signal[0].origin is gate[0].origin:
        return None
    level = replace(gate[0], channels=signal[0].channels, scale=np.full(signal[0].scale.shape, gate[0].level))
    top = (combined(np.multiply, signal[0], level),)
    positions = signal[0].scale.size / gate[0].scale.size * signal[0].channels / gate[0].channels

    def pull(gradients: tuple[Gradient, ...]) -> Gradients:
        power = float(np.mean(gradients[0][0].power))
        back = np.full(gate[0].scale.shape, power * signal[0].second * positions)
        data = tuple(replace(each, power=each.power * gate[0].second) for each in gradients[0])
        return data, (Power(gate[0].channels, back),)

    return Flow((top,), pull)


def _constant(distribution: distributions.Distribution) -> float | None:
    return distribution.mean if distribution.std == 0 else None
