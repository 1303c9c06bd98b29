"""Layers that keep the shape: functions of each value, sums, factors, norms without statistics."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import add, mul

from caffe_fillers.errors import UsageError
from caffe_fillers.layers.forks.common import fork_param
from caffe_fillers.port import Op, Value, function, maximum
from caffe_fillers.port.ops import (
    LRN,
    MVN,
    Affine,
    Align,
    Dims,
    Dropout,
    Pool,
    PReLU,
    Reduce,
    Reshape,
    Softmax,
)
from caffe_fillers.port.reading import Node, Reader, fork_flag, reads, shortest
from caffe_fillers.schema import EltwiseParameter, LRNParameter
from caffe_fillers.shapes import Shape, canonical_axis

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


def reduced(kind: str, axes: Shape, x: Value) -> Value:
    """Return the sum or mean over some axes, which stay with length 1."""
    lengths = tuple(1 if axis in axes else length for axis, length in enumerate(x.shape or ()))
    return Value(Reduce(kind, axes, keep=True), (x,), lengths)


@reads("Scale", makes=(Affine, Align), limits="no factor from a bottom with a bias of its own")
def scale(node: Node) -> Value:
    """Read a factor: a parameter of its own or a second bottom."""
    parameter = node.layer.scale_param
    axis = canonical_axis(parameter.axis, node.rank)
    if len(node.inputs) == 1:
        return node.top(Affine(node.blobs[0], axis, bias=parameter.bias_term))
    if parameter.bias_term:
        raise UsageError("a factor from a bottom with a bias of its own is not ported")
    return node.x * aligned(node.bottom(1), axis, node.rank)


@reads("Bias", makes=(Affine, Align))
def bias(node: Node) -> Value:
    """Read a summand: a parameter of its own or a second bottom."""
    axis = canonical_axis(node.layer.bias_param.axis, node.rank)
    if len(node.inputs) == 1:
        return node.top(Affine(node.blobs[0], axis, weight=False, bias=True))
    return node.x + aligned(node.bottom(1), axis, node.rank)


@reads("Normalize", makes=(Reduce, Affine))
def normalize(node: Node) -> Value:
    """Read values over the norm of a place or an item, times a scale: weiliu89/caffe."""
    parameter = fork_param(node.layer, "norm_param")
    axes = tuple(range(1, node.rank)) if parameter.across_spatial else (1,)
    return node.top(Affine(node.blobs[0], axis=1), _normalized(node.x, axes, parameter.eps))


@reads("GRN", makes=(Reduce,))
def grn(node: Node) -> Value:
    """Read values over the norm of their place: training_toolbox_caffe grn_layer.cpp."""
    return _normalized(node.x, (1,), fork_param(node.layer, "grn_param").bias)


def _normalized(x: Value, axes: Shape, eps: float) -> Value:
    return x / function("sqrt", reduced("sum", axes, function("square", x)) + eps)


def _lrn(node: Node) -> Value:
    """Within a channel it is an average pooling of squares, with a shift of 1 whatever k says."""
    parameter = node.layer.lrn_param
    size, alpha, beta = parameter.local_size, parameter.alpha, parameter.beta
    if parameter.norm_region == LRNParameter.ACROSS_CHANNELS:
        return node.top(LRN(size, alpha, beta, parameter.k))
    pool = Pool(average=True, kernel=(size, size), stride=(1, 1), pad=((size - 1) // 2,) * 2)
    return node.x * (1.0 + alpha * node.top(pool, function("square", node.x))) ** -beta


def _mvn(node: Node) -> Value:
    """Eps is added to the standard deviation, not to the variance."""
    parameter = node.layer.mvn_param
    eps = shortest(parameter.eps)
    op = MVN(across=parameter.across_channels, variance=parameter.normalize_variance, eps=eps)
    if node.rank >= 4:
        return node.top(op)
    dims: Dims = (*map(str, range(node.rank)), *[1] * (4 - node.rank))
    return node.top(op, node.top(Reshape(dims)))


def _softmax(node: Node) -> Value:
    return node.top(Softmax(canonical_axis(node.layer.softmax_param.axis, node.rank)))


_SINGLE: tuple[tuple[str, tuple[type[Op], ...], Reader], ...] = (
    ("LRN", (LRN,), _lrn),
    ("MVN", (MVN, Reshape), _mvn),
    ("Softmax", (Softmax,), _softmax),
)

for _type, _makes, _read in _SINGLE:
    reads(_type, makes=_makes)(_read)
