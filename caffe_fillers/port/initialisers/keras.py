"""keras.initializers of Keras 3, and of tf.keras before it.

VarianceScaling has the variance scale / fan, uniform bounds being sqrt(3)
deviations; HeNormal and its like are truncated at two deviations
(keras/src/initializers/random_initializers.py).
"""

from __future__ import annotations

from caffe_fillers import distributions, fillers
from caffe_fillers.fans import VarianceNorm
from caffe_fillers.plan import Fill
from caffe_fillers.port.code import number
from caffe_fillers.port.initialisers import channels_last
from caffe_fillers.port.initialisers.contract import (
    Framework,
    Initialiser,
    Scaling,
    Tensor,
    frameworks,
)

_IMPORTS = ("import keras",)

_SPARSE = '''\
def sparse_normal(mean, std, keep):
    """Normal values, each kept with probability `keep` and zero otherwise."""

    def initializer(shape, dtype=None):
        values = keras.random.normal(shape, mean, std, dtype)
        kept = keras.random.uniform(shape) < keep
        return keras.ops.where(kept, values, keras.ops.zeros_like(values))

    return initializer
'''
_UNITBALL = '''\
def positive_unitball(*outputs):
    """Uniform values, divided by their sum over all axes but the outputs'."""

    def initializer(shape, dtype=None):
        values = keras.random.uniform(shape, dtype=dtype)
        others = tuple(axis for axis in range(len(shape)) if axis not in outputs)
        if not others:
            return values / values
        return values / keras.ops.sum(values, axis=others, keepdims=True)

    return initializer
'''
_BILINEAR = '''\
def bilinear(shape, dtype=None):
    """Bilinear interpolation in every kernel."""
    size = shape[0]
    factor = (size + 1) // 2
    weight = 1 - abs(np.arange(size) / factor - (size - 1) / (2 * factor))
    kernel = np.outer(weight, weight)[:, :, np.newaxis, np.newaxis]
    kernel = np.broadcast_to(kernel, shape).astype(dtype or "float32")
    return keras.ops.convert_to_tensor(kernel)
'''

_NAMED = {
    (VarianceNorm.FAN_IN, True, 1.0): "LecunUniform()",
    (VarianceNorm.AVERAGE, True, 1.0): "GlorotUniform()",
    (VarianceNorm.FAN_IN, True, 2.0): "HeUniform()",
}


def _scaled(scaling: Scaling) -> Initialiser:
    named = _NAMED.get((scaling.mode, scaling.uniform, scaling.gain))
    distribution = "uniform" if scaling.uniform else "untruncated_normal"
    general = (
        f'VarianceScaling({number(scaling.gain)}, "{channels_last.MODES[scaling.mode]}", "{distribution}")'
    )
    truncated = scaling.mode is VarianceNorm.FAN_IN and scaling.gain == 2 and not scaling.uniform
    comment = "HeNormal is truncated, msra is not" if truncated else ""
    return _keras(named or general, comment)


def _keras(call: str, comment: str = "") -> Initialiser:
    return Initialiser(f"keras.initializers.{call}", True, comment, _IMPORTS)


def _constant(distribution: distributions.Constant, fill: Fill, tensor: Tensor) -> Initialiser:
    named = {0.0: "Zeros()", 1.0: "Ones()"}
    return _keras(named.get(distribution.value, f"Constant({number(distribution.value)})"))


def _uniform(distribution: distributions.Uniform, fill: Fill, tensor: Tensor) -> Initialiser:
    return _keras(f"RandomUniform({number(distribution.low)}, {number(distribution.high)})")


def _normal(distribution: distributions.Normal, fill: Fill, tensor: Tensor) -> Initialiser:
    return _keras(f"RandomNormal({number(distribution.mean)}, {number(distribution.std)})")


def _sparse(distribution: distributions.SparseNormal, fill: Fill, tensor: Tensor) -> Initialiser:
    numbers = ", ".join(map(number, (distribution.normal.mean, distribution.normal.std, distribution.keep)))
    return Initialiser(
        f"sparse_normal({numbers})", False, "Keras has no sparse initialiser", _IMPORTS, _SPARSE
    )


def _unit_sum(distribution: distributions.UnitSum, fill: Fill, tensor: Tensor) -> Initialiser:
    outputs = ", ".join(map(str, tensor.outputs))
    comment = "Keras has no initialiser whose rows sum to 1"
    return Initialiser(f"positive_unitball({outputs})", False, comment, _IMPORTS, _UNITBALL)


def _bilinear(distribution: distributions.Exact, fill: Fill, tensor: Tensor) -> Initialiser:
    imports = ("import numpy as np", *_IMPORTS)
    return Initialiser("bilinear", False, "Keras has no bilinear initialiser", imports, _BILINEAR)


frameworks.add(
    "keras",
    Framework(
        channels_last.depthwise,
        channels_last.fans,
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
