"""Layers that work on each value by itself."""

from __future__ import annotations

from caffe_fillers.errors import UsageError
from caffe_fillers.port.ops import Dropout, PReLU
from caffe_fillers.port.reading.contract import Node, fork_flag, reads
from caffe_fillers.port.values import Binary, Function, Value, function, maximum
from caffe_fillers.schema import EltwiseParameter
from caffe_fillers.shapes import UNKNOWN

_PLAIN = {
    "AbsVal": "abs",
    "BNLL": "softplus",
    "Sigmoid": "sigmoid",
    "TanH": "tanh",
}


@reads(*_PLAIN, makes=(Function,))
def plain(node: Node) -> Value:
    """Functions without numbers."""
    return function(_PLAIN[node.layer.type], node.x)


@reads("ReLU", makes=(Function,))
def relu(node: Node) -> Value:
    """With a slope it is leaky."""
    return rectified(node.x, node.layer.relu_param.negative_slope)


def rectified(x: Value, slope: float = 0.0) -> Value:
    """The larger of x and 0, or of slope times x for negative values."""
    return function("leaky_relu", x, slope) if slope else function("relu", x)


@reads("ELU", makes=(Function,))
def elu(node: Node) -> Value:
    """Alpha (exp(x) - 1) below zero."""
    return function("elu", node.x, node.layer.elu_param.alpha)


@reads("Swish", makes=(Function, Binary))
def swish(node: Node) -> Value:
    """X sigmoid(beta x)."""
    beta = node.layer.swish_param.beta
    return node.x * function("sigmoid", node.x if beta == 1 else beta * node.x)


@reads("Clip", makes=(Function,))
def clip(node: Node) -> Value:
    """No less than one bound, no more than the other."""
    return function("clip", node.x, node.layer.clip_param.min, node.layer.clip_param.max)


@reads("Threshold", makes=(Function,))
def threshold(node: Node) -> Value:
    """1 above the threshold, 0 elsewhere."""
    return function("threshold", node.x, node.layer.threshold_param.threshold)


@reads("Power", makes=(Binary,))
def power(node: Node) -> Value:
    """(shift + scale x) ** power."""
    parameter = node.layer.power_param
    inner = _affine(node.x, parameter.scale, parameter.shift)
    return inner if parameter.power == 1 else inner**parameter.power


@reads("Exp", makes=(Function, Binary))
def exp(node: Node) -> Value:
    """Base ** (shift + scale x), the base e where it is -1."""
    parameter = node.layer.exp_param
    inner = _affine(node.x, parameter.scale, parameter.shift)
    return function("exp", inner) if parameter.base == -1 else parameter.base**inner


@reads("Log", makes=(Function, Binary))
def log(node: Node) -> Value:
    """The logarithm of shift + scale x, to the base e where it is -1."""
    parameter = node.layer.log_param
    inner = _affine(node.x, parameter.scale, parameter.shift)
    return function("log", inner) if parameter.base == -1 else function("log_to", inner, parameter.base)


def _affine(x: Value, scale: float, shift: float) -> Value:
    scaled = x if scale == 1 else scale * x
    return scaled if shift == 0 else shift + scaled


@reads("PReLU", makes=(PReLU,))
def prelu(node: Node) -> Value:
    """A slope for each channel, or one for all."""
    return node.top(PReLU(node.blobs[0][0] if node.blobs[0] else 1))


@reads(
    "Dropout",
    makes=(Dropout,),
    fields=("DropoutParameter.scale_train", "DropoutParameter.sample_weights_test"),
)
def dropout(node: Node) -> Value:
    """Scaled while training, by caffe-fast-rcnn in inference instead; always at work in Bayesian SegNets."""
    parameter = node.layer.dropout_param
    later = not fork_flag(parameter, "scale_train", default=True)
    always = fork_flag(parameter, "sample_weights_test")
    if always and later:
        raise UsageError("sample_weights_test together with scale_train: false is not ported")
    return node.top(Dropout(parameter.dropout_ratio, later, always))


@reads("Eltwise", makes=(Function, Binary), fields=("EltwiseParameter.relu",))
def eltwise(node: Node) -> Value:
    """Sums with coefficients, products, maxima."""
    parameter, (first, *rest) = node.layer.eltwise_param, node.all_bottoms
    if parameter.operation == EltwiseParameter.PROD:
        for each in rest:
            first = first * each
    elif parameter.operation == EltwiseParameter.MAX:
        for each in rest:
            first = maximum(first, each)
    else:
        coefficients = list(parameter.coeff) or [1.0] * len(node.bottoms)
        terms = zip(node.all_bottoms, coefficients, strict=True)
        first, *rest = (each if coefficient == 1 else coefficient * each for each, coefficient in terms)
        for each in rest:
            first = first + each
    return rectified(first) if fork_flag(parameter, "relu") else first


def known_length(value: Value, axis: int) -> int:
    """The length of an axis, which must be known."""
    length = (value.shape or (UNKNOWN,) * (axis + 1))[axis]
    if length is UNKNOWN:
        raise UsageError("how long its bottom is, is not known: give it with --shape")
    return length
