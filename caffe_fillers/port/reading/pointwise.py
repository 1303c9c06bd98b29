"""Layers that work on each value by itself."""

from __future__ import annotations

from collections.abc import Callable

from caffe_fillers.errors import UsageError
from caffe_fillers.layers.forks.common import fork_param
from caffe_fillers.port.ops import Align, Dropout, PReLU
from caffe_fillers.port.reading import Node, fork_flag, reads
from caffe_fillers.port.values import Value, function, maximum
from caffe_fillers.schema import EltwiseParameter

_FUNCTIONS: dict[str, Callable[[Value], Value]] = {
    "AbsVal": lambda x: function("abs", x),
    "BNLL": lambda x: function("softplus", x),
    # eric612/MobileNet-YOLO math_functions.hpp
    "HardSigmoid": lambda x: function("clip", 0.2 * x + 0.5, 0.0, 1.0),
    # Howard et al. 2019, equation 1
    "HardSwish": lambda x: x * function("clip", x + 3.0, 0.0, 6.0) / 6.0,
    # Misra 2019
    "Mish": lambda x: x * function("tanh", function("softplus", x)),
    "Sigmoid": lambda x: function("sigmoid", x),
    "TanH": lambda x: function("tanh", x),
}
"""Layers without numbers."""


@reads(*_FUNCTIONS)
def plain(node: Node) -> Value:
    """Read a function of the table."""
    return _FUNCTIONS[node.layer.type](node.x)


def rectified(x: Value, slope: float = 0.0) -> Value:
    """Return the larger of x and 0, or slope times x for negative values."""
    return function("leaky_relu", x, slope) if slope else function("relu", x)


def _scaled(x: Value, scale: float, shift: float) -> Value:
    scaled = x if scale == 1 else scale * x
    return scaled if shift == 0 else shift + scaled


@reads("ReLU")
def relu(node: Node) -> Value:
    """Read a rectifier, which is leaky with a slope."""
    return rectified(node.x, node.layer.relu_param.negative_slope)


@reads("SeLu", "SeLU")
def selu(node: Node) -> Value:
    """Read lambda times x, or alpha (exp(x) - 1) below zero: Klambauer et al. 2017, equation 2."""
    parameter = fork_param(node.layer, "selu_param")
    scale: float = getattr(parameter, "lambda")
    return scale * function("elu", node.x, parameter.alpha)


@reads("ReLU6")
def relu6(node: Node) -> Value:
    """Read a rectifier up to 6: chuanqi305/ssd and eric612/MobileNet-YOLO."""
    if getattr(getattr(node.layer, "relu6_param", None), "negative_slope", 0.0):
        raise UsageError("a negative slope is not ported")
    return function("clip", node.x, 0.0, 6.0)


@reads("ELU")
def elu(node: Node) -> Value:
    """Read x, and alpha (exp(x) - 1) below zero."""
    return function("elu", node.x, node.layer.elu_param.alpha)


@reads("Swish")
def swish(node: Node) -> Value:
    """Read x sigmoid(beta x)."""
    beta = node.layer.swish_param.beta
    return node.x * function("sigmoid", node.x if beta == 1 else beta * node.x)


@reads("Clip")
def clip(node: Node) -> Value:
    """Read values clipped to two bounds."""
    return function("clip", node.x, node.layer.clip_param.min, node.layer.clip_param.max)


@reads("Threshold")
def threshold(node: Node) -> Value:
    """Read 1 above the threshold, 0 elsewhere."""
    return function("threshold", node.x, node.layer.threshold_param.threshold)


@reads("Power")
def power(node: Node) -> Value:
    """Read (shift + scale x) ** power."""
    parameter = node.layer.power_param
    inner = _scaled(node.x, parameter.scale, parameter.shift)
    return inner if parameter.power == 1 else inner**parameter.power


@reads("Exp")
def exp(node: Node) -> Value:
    """Read base ** (shift + scale x); -1 stands for the base e."""
    parameter = node.layer.exp_param
    inner = _scaled(node.x, parameter.scale, parameter.shift)
    return function("exp", inner) if parameter.base == -1 else parameter.base**inner


@reads("Log")
def log(node: Node) -> Value:
    """Read the logarithm of shift + scale x; -1 stands for the base e."""
    parameter = node.layer.log_param
    inner = _scaled(node.x, parameter.scale, parameter.shift)
    return function("log", inner) if parameter.base == -1 else function("log_to", inner, parameter.base)


@reads("PReLU", makes=(PReLU,))
def prelu(node: Node) -> Value:
    """Read a rectifier with a slope for each channel, or one for all."""
    return node.top(PReLU(node.blobs[0][0] if node.blobs[0] else 1))


@reads(
    "Dropout",
    makes=(Dropout,),
    fields=("DropoutParameter.scale_train", "DropoutParameter.sample_weights_test"),
)
def dropout(node: Node) -> Value:
    """Read dropout: scaled in training, by caffe-fast-rcnn in inference; always on in Bayesian SegNets."""
    parameter = node.layer.dropout_param
    later = not fork_flag(parameter, "scale_train", default=True)
    always = fork_flag(parameter, "sample_weights_test")
    if always and later:
        raise UsageError("sample_weights_test together with scale_train: false is not ported")
    return node.top(Dropout(parameter.dropout_ratio, later, always))


@reads("Eltwise", fields=("EltwiseParameter.relu",))
def eltwise(node: Node) -> Value:
    """Read sums with coefficients, products, or maxima."""
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


@reads("Axpy", makes=(Align,))
def axpy(node: Node) -> Value:
    """Read a factor for each channel times x plus y: hujie-frank/SENet axpy_layer.cpp."""
    factors, x, y = node.all_bottoms
    return aligned(factors, 0, x.rank) * x + y


def aligned(operand: Value, axis: int, rank: int) -> Value:
    """Align the first axis of an operand with `axis` of `rank`."""
    if operand.rank == rank:
        return operand
    lengths = (*[1] * axis, *(operand.shape or ()), *[1] * (rank - axis - operand.rank))
    return Value(Align(axis, rank), (operand,), lengths)
