"""Layers that work on each value by itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import add, mul

from caffe_fillers.errors import UsageError
from caffe_fillers.layers.forks.common import fork_param
from caffe_fillers.port.ops import Align, Dropout, PReLU
from caffe_fillers.port.reading import Node, fork_flag, reads
from caffe_fillers.port.values import Value, function, maximum
from caffe_fillers.schema import EltwiseParameter

_MOST_TERMS = 100
"""Terms of a sum, a product or a maximum: Python itself nests 200 parentheses and no more."""


def rectified(x: Value, slope: float = 0.0) -> Value:
    """Return the larger of x and 0, or slope times x for negative values."""
    return function("leaky_relu", x, slope) if slope else function("relu", x)


def _selu(node: Node) -> Value:
    """Klambauer et al. 2017, equation 2."""
    parameter = fork_param(node.layer, "selu_param")
    scale: float = getattr(parameter, "lambda")
    return scale * function("elu", node.x, parameter.alpha)


def _relu6(node: Node) -> Value:
    """chuanqi305/ssd and eric612/MobileNet-YOLO."""
    if getattr(getattr(node.layer, "relu6_param", None), "negative_slope", 0.0):
        raise UsageError("a negative slope is not ported")
    return function("clip", node.x, 0.0, 6.0)


def _swish(x: Value, beta: float) -> Value:
    return x * function("sigmoid", x if beta == 1 else beta * x)


def _scaled(x: Value, scale: float, shift: float) -> Value:
    scaled = x if scale == 1 else scale * x
    return scaled if shift == 0 else shift + scaled


def _power(node: Node) -> Value:
    parameter = node.layer.power_param
    inner = _scaled(node.x, parameter.scale, parameter.shift)
    return inner if parameter.power == 1 else inner**parameter.power


def _exp(node: Node) -> Value:
    """A base of -1 stands for e."""
    parameter = node.layer.exp_param
    inner = _scaled(node.x, parameter.scale, parameter.shift)
    return function("exp", inner) if parameter.base == -1 else parameter.base**inner


def _log(node: Node) -> Value:
    """A base of -1 stands for e."""
    parameter = node.layer.log_param
    inner = _scaled(node.x, parameter.scale, parameter.shift)
    return function("log", inner) if parameter.base == -1 else function("log_to", inner, parameter.base)


_FUNCTIONS: dict[str, Callable[[Node], Value]] = {
    "AbsVal": lambda node: function("abs", node.x),
    "BNLL": lambda node: function("softplus", node.x),
    "Clip": lambda node: function("clip", node.x, node.layer.clip_param.min, node.layer.clip_param.max),
    "ELU": lambda node: function("elu", node.x, node.layer.elu_param.alpha),
    "Exp": _exp,
    # eric612/MobileNet-YOLO math_functions.hpp
    "HardSigmoid": lambda node: function("clip", 0.2 * node.x + 0.5, 0.0, 1.0),
    # Howard et al. 2019, equation 1
    "HardSwish": lambda node: node.x * function("clip", node.x + 3.0, 0.0, 6.0) / 6.0,
    "Log": _log,
    # Misra 2019
    "Mish": lambda node: node.x * function("tanh", function("softplus", node.x)),
    "Power": _power,
    "ReLU": lambda node: rectified(node.x, node.layer.relu_param.negative_slope),
    "ReLU6": _relu6,
    "SeLU": _selu,
    "SeLu": _selu,
    "Sigmoid": lambda node: function("sigmoid", node.x),
    "Swish": lambda node: _swish(node.x, node.layer.swish_param.beta),
    "TanH": lambda node: function("tanh", node.x),
    "Threshold": lambda node: function("threshold", node.x, node.layer.threshold_param.threshold),
}


@reads(*_FUNCTIONS)
def of_each_value(node: Node) -> Value:
    """Read a function of the table."""
    return _FUNCTIONS[node.layer.type](node)


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
    parameter, values = node.layer.eltwise_param, node.all_bottoms
    if len(values) > _MOST_TERMS:
        raise UsageError(f"Eltwise of more than {_MOST_TERMS} bottoms is not ported: add them up in several")
    if parameter.operation == EltwiseParameter.PROD:
        made = reduce(mul, values)
    elif parameter.operation == EltwiseParameter.MAX:
        made = reduce(maximum, values)
    else:
        coefficients = list(parameter.coeff) or [1.0] * len(values)
        terms = zip(values, coefficients, strict=True)
        made = reduce(add, (each if factor == 1 else factor * each for each, factor in terms))
    return rectified(made) if fork_flag(parameter, "relu") else made


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
