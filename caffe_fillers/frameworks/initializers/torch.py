"""torch.nn.init, which counts fans as Caffe does and keeps weights in the same order of axes.

kaiming has the std gain / sqrt(fan), xavier gain * sqrt(2 / (fan_in +
fan_out)); uniform bounds are sqrt(3) times the std (torch/nn/init.py, v2.5.1).
"""

from __future__ import annotations

import math

from caffe_fillers import distributions, fillers
from caffe_fillers.fans import VarianceNorm
from caffe_fillers.frameworks.initializers.contract import (
    Framework,
    Initializer,
    Scaling,
    Tensor,
    bilinear_numbers,
    frameworks,
    number,
)
from caffe_fillers.frameworks.initializers.layouts import channels_first, fans_first
from caffe_fillers.plan import Fill

_NN = ("from torch import nn",)
_TORCH = ("import torch",)

_SPARSE = '''\
@torch.no_grad()
def sparse_normal_(tensor, mean, std, keep):
    """Normal values, each kept with probability `keep` and zero otherwise."""
    return tensor.normal_(mean, std).mul_(torch.full_like(tensor, keep).bernoulli())
'''
_UNITBALL = '''\
@torch.no_grad()
def positive_unitball_(tensor, axis=0):
    """Uniform values, divided by their sum over all axes but one."""
    others = [other for other in range(tensor.dim()) if other != axis]
    tensor.uniform_(0.0, 1.0)
    return tensor.div_(tensor.sum(others, keepdim=True) if others else tensor.clone())
'''
_BILINEAR = '''\
@torch.no_grad()
def bilinear_(tensor, factor, center):
    """Bilinear interpolation in every kernel, by a factor, about a center in units of it."""
    weight = 1 - (torch.arange(tensor.shape[-1]) / factor - center).abs()
    return tensor.copy_(torch.outer(weight, weight).expand_as(tensor))
'''


def _scaled(scaling: Scaling) -> Initializer | None:
    kind = "uniform" if scaling.uniform else "normal"
    if scaling.mode is VarianceNorm.AVERAGE:
        gain = "" if scaling.gain == 1 else f", gain={_root(scaling.gain)}"
        return _init(f"xavier_{kind}_({{tensor}}{gain})")
    if scaling.scale not in _NONLINEARITIES:
        return None
    mode = "" if scaling.mode is VarianceNorm.FAN_IN else ', mode="fan_out"'
    gain = f", a={number(scaling.slope)}" if scaling.slope else _NONLINEARITIES[scaling.scale]
    return _init(f"kaiming_{kind}_({{tensor}}{mode}{gain})")


# calculate_gain: 1, sqrt(2), and for the slope that is the default sqrt(2 / (1 + a^2)).
_NONLINEARITIES = {1.0: ', nonlinearity="linear"', 2.0: ', nonlinearity="relu"'}


def _root(value: float) -> str:
    return f"{value:g}**0.5" if value.is_integer() else number(math.sqrt(value))


def _init(call: str) -> Initializer:
    return Initializer(f"nn.init.{call}", exact=True, imports=_NN)


def _constant(distribution: distributions.Constant, fill: Fill, tensor: Tensor) -> Initializer:
    named = {0.0: "zeros_({tensor})", 1.0: "ones_({tensor})"}
    return _init(named.get(distribution.value, f"constant_({{tensor}}, {number(distribution.value)})"))


def _uniform(distribution: distributions.Uniform, fill: Fill, tensor: Tensor) -> Initializer:
    return _init(f"uniform_({{tensor}}, {number(distribution.low)}, {number(distribution.high)})")


def _normal(distribution: distributions.Normal, fill: Fill, tensor: Tensor) -> Initializer:
    mean = f"mean={number(distribution.mean)}, " if distribution.mean else ""
    return _init(f"normal_({{tensor}}, {mean}std={number(distribution.std)})")


def _sparse(distribution: distributions.SparseNormal, fill: Fill, tensor: Tensor) -> Initializer:
    numbers = ", ".join(map(number, (distribution.normal.mean, distribution.normal.std, distribution.keep)))
    comment = "nn.init.sparse_ zeroes a fixed number in every column, Caffe each value by itself"
    return Initializer(f"sparse_normal_({{tensor}}, {numbers})", False, comment, _TORCH, _SPARSE)


def _unit_sum(distribution: distributions.UnitSum, fill: Fill, tensor: Tensor) -> Initializer:
    axis = f", axis={tensor.outputs[0]}" if tensor.outputs[0] else ""
    comment = "torch has no initializer whose rows sum to 1"
    return Initializer(f"positive_unitball_({{tensor}}{axis})", False, comment, _TORCH, _UNITBALL)


def _bilinear(distribution: distributions.Exact, fill: Fill, tensor: Tensor) -> Initializer:
    code = f"bilinear_({{tensor}}, {bilinear_numbers(fill)})"
    return Initializer(code, False, "torch has no bilinear initializer", _TORCH, _BILINEAR)


frameworks.add(
    "torch",
    Framework(
        channels_first,
        fans_first,
        _scaled,
        {
            distributions.Constant: _constant,
            distributions.Uniform: _uniform,
            distributions.Normal: _normal,
            distributions.SparseNormal: _sparse,
            distributions.UnitSum: _unit_sum,
            fillers.Bilinear: _bilinear,
        },
    ),
)
