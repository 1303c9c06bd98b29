"""Layers that work on each value by itself, as any framework with numpy's operators writes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from caffe_fillers.port.contract import Code, Translate
from caffe_fillers.port.graph import Node
from caffe_fillers.port.initialisers.contract import number
from caffe_fillers.schema import EltwiseParameter


@dataclass(frozen=True)
class Functions:
    """A framework's functions of one array, which is {0}; {1} and {2} are numbers, in `maximum` an array."""

    abs: str
    exp: str
    log: str
    relu: str
    leaky: str
    elu: str
    sigmoid: str
    tanh: str
    softplus: str
    maximum: str
    threshold: str
    clip: str


def pointwise(functions: Functions, register: Callable[..., Callable[[Translate], Translate]]) -> None:
    """Register all of these layers for a framework."""

    def plain(text: str) -> Translate:
        return lambda node: Code(text)

    for name in ("AbsVal:abs", "BNLL:softplus", "Sigmoid:sigmoid", "TanH:tanh"):
        layer, function = name.split(":")
        register(layer)(plain(getattr(functions, function)))
    for layer, translate in _TRANSLATIONS.items():
        register(layer)(_bound(translate, functions))


def _bound(translate: Callable[[Functions, Node], Code], functions: Functions) -> Translate:
    return lambda node: translate(functions, node)


def _relu(functions: Functions, node: Node) -> Code:
    slope = node.layer.relu_param.negative_slope
    return Code(functions.leaky.format("{0}", number(slope)) if slope else functions.relu)


def _elu(functions: Functions, node: Node) -> Code:
    return Code(functions.elu.format("{0}", number(node.layer.elu_param.alpha)))


def _swish(functions: Functions, node: Node) -> Code:
    beta = node.layer.swish_param.beta
    inner = "{0}" if beta == 1 else f"{number(beta)} * {{0}}"
    return Code(f"{{0}} * {functions.sigmoid.format(inner)}")


def _power(functions: Functions, node: Node) -> Code:
    parameter = node.layer.power_param
    inner = _affine(parameter.scale, parameter.shift)
    if parameter.power == 1:
        return Code(inner)
    return Code(f"{inner if inner == '{0}' else f'({inner})'} ** {number(parameter.power)}")


def _exp(functions: Functions, node: Node) -> Code:
    parameter = node.layer.exp_param
    inner = _affine(parameter.scale, parameter.shift)
    if parameter.base == -1:
        return Code(functions.exp.format(inner))
    return Code(f"{number(parameter.base)} ** ({inner})")


def _log(functions: Functions, node: Node) -> Code:
    parameter = node.layer.log_param
    logarithm = functions.log.format(_affine(parameter.scale, parameter.shift))
    return Code(logarithm if parameter.base == -1 else f"{logarithm} / math.log({number(parameter.base)})")


def _clip(functions: Functions, node: Node) -> Code:
    parameter = node.layer.clip_param
    return Code(functions.clip.format("{0}", number(parameter.min), number(parameter.max)))


def _threshold(functions: Functions, node: Node) -> Code:
    return Code(functions.threshold.format("{0}", number(node.layer.threshold_param.threshold)))


def _eltwise(functions: Functions, node: Node) -> Code:
    parameter, inputs = node.layer.eltwise_param, [f"{{{index}}}" for index in range(len(node.inputs))]
    if parameter.operation == EltwiseParameter.PROD:
        return Code(" * ".join(inputs))
    if parameter.operation == EltwiseParameter.MAX:
        first, *rest = inputs
        for each in rest:
            first = functions.maximum.format(first, each)
        return Code(first)
    coefficients = list(parameter.coeff) or [1.0] * len(inputs)
    terms = [
        each if coefficient == 1 else f"{number(coefficient)} * {each}"
        for each, coefficient in zip(inputs, coefficients, strict=True)
    ]
    return Code(" + ".join(terms))


def _affine(scale: float, shift: float) -> str:
    scaled = "{0}" if scale == 1 else f"{number(scale)} * {{0}}"
    return scaled if shift == 0 else f"{number(shift)} + {scaled}"


_TRANSLATIONS: dict[str, Callable[[Functions, Node], Code]] = {
    "Clip": _clip,
    "ELU": _elu,
    "Eltwise": _eltwise,
    "Exp": _exp,
    "Log": _log,
    "Power": _power,
    "ReLU": _relu,
    "Swish": _swish,
    "Threshold": _threshold,
}
