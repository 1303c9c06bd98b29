"""Layers that work on each value by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from caffe_fillers.distributions import Values
from caffe_fillers.port.calls import call, unless
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.initialisers.contract import number
from caffe_fillers.port.torch.target import torch_layer


@torch_layer("ReLU")
def relu(node: Node) -> Code:
    """With a slope it is leaky."""
    slope = node.layer.relu_param.negative_slope
    return Code(f"F.leaky_relu({{0}}, {number(slope)})" if slope else "F.relu({0})")


def _slopes(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """A slope for all channels is a vector of one, in Caffe a scalar."""
    return {"weight": arrays[0].reshape(-1)}


@torch_layer("PReLU", lay_out=_slopes)
def prelu(node: Node) -> Code:
    """A slope for each channel, or one for all."""
    return Code("{self}({0})", call("nn.PReLU", unless(1, node.blobs[0][0] if node.blobs[0] else 1) or 1))


@torch_layer("ELU")
def elu(node: Node) -> Code:
    """Alpha (exp(x) - 1) below zero."""
    return Code(call("F.elu", "{0}", alpha=unless(1.0, node.layer.elu_param.alpha)))


_FUNCTIONS = {
    "AbsVal": "torch.abs({0})",
    "BNLL": "F.softplus({0})",
    "Sigmoid": "torch.sigmoid({0})",
    "TanH": "torch.tanh({0})",
}


@torch_layer(*_FUNCTIONS)
def function(node: Node) -> Code:
    """Layers without parameters."""
    return Code(_FUNCTIONS[node.layer.type])


@torch_layer("Swish")
def swish(node: Node) -> Code:
    """X sigmoid(beta x)."""
    beta = node.layer.swish_param.beta
    return Code("F.silu({0})" if beta == 1 else f"{{0}} * torch.sigmoid({number(beta)} * {{0}})")


@torch_layer("Dropout")
def dropout(node: Node) -> Code:
    """Caffe, too, scales what is left while training."""
    return Code("{self}({0})", call("nn.Dropout", node.layer.dropout_param.dropout_ratio))


@torch_layer("Power")
def power(node: Node) -> Code:
    """(shift + scale x) ** power."""
    parameter = node.layer.power_param
    inner = _affine(parameter.scale, parameter.shift)
    if parameter.power == 1:
        return Code(inner)
    return Code(f"({inner}) ** {number(parameter.power)}")


@torch_layer("Exp")
def exp(node: Node) -> Code:
    """Base ** (shift + scale x), the base e where it is -1."""
    parameter = node.layer.exp_param
    inner = _affine(parameter.scale, parameter.shift)
    return Code(f"torch.exp({inner})" if parameter.base == -1 else f"{number(parameter.base)} ** ({inner})")


@torch_layer("Log")
def log(node: Node) -> Code:
    """The logarithm of shift + scale x, to the base e where it is -1."""
    parameter = node.layer.log_param
    logarithm = f"torch.log({_affine(parameter.scale, parameter.shift)})"
    return Code(logarithm if parameter.base == -1 else f"{logarithm} / math.log({number(parameter.base)})")


@torch_layer("Clip")
def clip(node: Node) -> Code:
    """No less than one bound, no more than the other."""
    parameter = node.layer.clip_param
    return Code(f"torch.clamp({{0}}, {number(parameter.min)}, {number(parameter.max)})")


@torch_layer("Threshold")
def threshold(node: Node) -> Code:
    """1 above the threshold, 0 elsewhere."""
    return Code(f"({{0}} > {number(node.layer.threshold_param.threshold)}).to({{0}}.dtype)")


def _affine(scale: float, shift: float) -> str:
    scaled = "{0}" if scale == 1 else f"{number(scale)} * {{0}}"
    return scaled if shift == 0 else f"{number(shift)} + {scaled}"
