"""mx.init of MXNet 1, which keeps weights in Caffe's order of axes and counts fans as Caffe does.

Xavier has the scale sqrt(magnitude / factor), a bound or a std: its
magnitude 3 is Caffe's xavier, 2 its msra. MSRAPrelu is that with magnitude
2 / (1 + slope^2) and a slope of 0.25 where none is given. Uniform and Normal
are even about zero. Bilinear is Caffe's of before 2017-10, which is off center
for widths of 2 and 3 modulo 4 (python/mxnet/initializer.py, 1.9.1).
"""

from __future__ import annotations

from dataclasses import replace

from caffe_fillers import distributions, fillers
from caffe_fillers.fans import Convention, VarianceNorm
from caffe_fillers.frameworks import mxnet
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

_IMPORTS = ("import mxnet as mx",)

_UNIFORM = '''\
@mx.init.register
class UniformBetween(mx.init.Initializer):
    """Uniform values from low to high."""

    def __init__(self, low, high):
        super().__init__(low=low, high=high)
        self.low, self.high = low, high

    def _init_weight(self, name, array):
        mx.random.uniform(self.low, self.high, out=array)
'''
_NORMAL = '''\
@mx.init.register
class NormalAbout(mx.init.Initializer):
    """Normal values about a mean."""

    def __init__(self, mean, std):
        super().__init__(mean=mean, std=std)
        self.mean, self.std = mean, std

    def _init_weight(self, name, array):
        mx.random.normal(self.mean, self.std, out=array)
'''
_SPARSE = '''\
@mx.init.register
class SparseNormal(mx.init.Initializer):
    """Normal values, each kept with probability `keep` and zero otherwise."""

    def __init__(self, mean, std, keep):
        super().__init__(mean=mean, std=std, keep=keep)
        self.mean, self.std, self.keep = mean, std, keep

    def _init_weight(self, name, array):
        mx.random.normal(self.mean, self.std, out=array)
        array *= mx.random.uniform(shape=array.shape) < self.keep
'''
_UNITBALL = '''\
@mx.init.register
class PositiveUnitball(mx.init.Initializer):
    """Uniform values, divided by their sum over all axes but one."""

    def __init__(self, axis=0):
        super().__init__(axis=axis)
        self.axis = axis

    def _init_weight(self, name, array):
        mx.random.uniform(0, 1, out=array)
        array /= array.sum(axis=self.axis, exclude=True, keepdims=True)
'''
_BILINEAR = '''\
@mx.init.register
class BilinearKernel(mx.init.Initializer):
    """Bilinear interpolation in every kernel, by a factor, about a center in units of it."""

    def __init__(self, factor, center):
        super().__init__(factor=factor, center=center)
        self.factor, self.center = factor, center

    def _init_weight(self, name, array):
        weight = 1 - abs(np.arange(array.shape[-1]) / self.factor - self.center)
        array[:] = np.broadcast_to(np.outer(weight, weight), array.shape)
'''

_FACTORS = {VarianceNorm.FAN_IN: "in", VarianceNorm.FAN_OUT: "out", VarianceNorm.AVERAGE: "avg"}


def _scaled(scaling: Scaling) -> Initializer:
    factor = _FACTORS[scaling.mode]
    if scaling.uniform and scaling.gain == 1:
        code = "Xavier()" if factor == "avg" else f'Xavier(factor_type="{factor}")'
        return _init(code, mxnet.Xavier(factor_type=factor))
    if not scaling.uniform and scaling.scale == 2:
        code = f'MSRAPrelu("{factor}", slope={scaling.slope:g})'
        return _init(code, mxnet.MSRAPrelu(factor, scaling.slope))
    kind, magnitude = ("uniform", 3 * scaling.gain) if scaling.uniform else ("gaussian", scaling.gain)
    code = f'Xavier("{kind}", "{factor}", {number(magnitude)})'
    return _init(code, mxnet.Xavier(kind, factor, magnitude))


def _init(call: str, rule: mxnet.Initializer | None = None) -> Initializer:
    return Initializer(f"mx.init.{call}", exact=True, imports=_IMPORTS, rule=rule)


def _constant(distribution: distributions.Constant, fill: Fill, tensor: Tensor) -> Initializer:
    named = {0.0: "Zero()", 1.0: "One()"}
    code = named.get(distribution.value, f"Constant({number(distribution.value)})")
    return _init(code, mxnet.Constant(distribution.value))


def _uniform(distribution: distributions.Uniform, fill: Fill, tensor: Tensor) -> Initializer:
    low, high = distribution.support
    if low == -high:
        return _init(f"Uniform({number(high)})", mxnet.Uniform(high))
    code = f"UniformBetween({number(low)}, {number(high)})"
    return Initializer(code, False, "mx.init.Uniform is even about zero", _IMPORTS, _UNIFORM)


def _normal(distribution: distributions.Normal, fill: Fill, tensor: Tensor) -> Initializer:
    if distribution.mean == 0:
        return _init(f"Normal({number(distribution.std)})", mxnet.Normal(distribution.std))
    code = f"NormalAbout({number(distribution.mean)}, {number(distribution.std)})"
    return Initializer(code, False, "mx.init.Normal has mean zero", _IMPORTS, _NORMAL)


def _sparse(distribution: distributions.SparseNormal, fill: Fill, tensor: Tensor) -> Initializer:
    numbers = ", ".join(map(number, (distribution.normal.mean, distribution.normal.std, distribution.keep)))
    comment = "MXNet has no sparse initializer"
    return Initializer(f"SparseNormal({numbers})", False, comment, _IMPORTS, _SPARSE)


def _unit_sum(distribution: distributions.UnitSum, fill: Fill, tensor: Tensor) -> Initializer:
    axis = f"axis={tensor.outputs[0]}" if tensor.outputs[0] else ""
    comment = "MXNet has no initializer whose rows sum to 1"
    return Initializer(f"PositiveUnitball({axis})", False, comment, _IMPORTS, _UNITBALL)


def _bilinear(distribution: distributions.Exact, fill: Fill, tensor: Tensor) -> Initializer:
    off_center = replace(fill, filler=fillers.Bilinear(), convention=Convention(bilinear="float"))
    if bilinear_numbers(fill) == bilinear_numbers(off_center):
        return _init("Bilinear()")
    imports = ("import mxnet as mx", "import numpy as np")
    comment = "mx.init.Bilinear has another kernel for this width: that of Caffe before 2017-10"
    return Initializer(f"BilinearKernel({bilinear_numbers(fill)})", False, comment, imports, _BILINEAR)


frameworks.add(
    "mxnet",
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
