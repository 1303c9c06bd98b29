"""The initialisers of TensorFlow 1, which TensorFlow 2 has as tensorflow.compat.v1.

VarianceScaling is Keras's (tensorflow/python/ops/init_ops.py, v1.15.5); so are
the fans. A depthwise filter is height x width x inputs x multiplier, the filter
of conv2d_transpose height x width x outputs x inputs.
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

_IMPORTS = ("import tensorflow.compat.v1 as tf",)

_SPARSE = '''\
def sparse_normal(mean, std, keep):
    """Normal values, each kept with probability `keep` and zero otherwise."""

    def initializer(shape, dtype=tf.float32, partition_info=None):
        values = tf.random_normal(shape, mean, std, dtype)
        return tf.where(tf.random_uniform(shape) < keep, values, tf.zeros_like(values))

    return initializer
'''
_UNITBALL = '''\
def positive_unitball(*outputs):
    """Uniform values, divided by their sum over all axes but the outputs'."""

    def initializer(shape, dtype=tf.float32, partition_info=None):
        values = tf.random_uniform(shape, dtype=dtype)
        others = [axis for axis in range(len(shape)) if axis not in outputs]
        return values / tf.reduce_sum(values, others, keepdims=True)

    return initializer
'''
_BILINEAR = '''\
def bilinear(shape, dtype=tf.float32, partition_info=None):
    """Bilinear interpolation in every kernel."""
    size = int(shape[0])
    factor = (size + 1) // 2
    weight = 1 - abs(np.arange(size) / factor - (size - 1) / (2 * factor))
    kernel = np.outer(weight, weight)[:, :, np.newaxis, np.newaxis]
    return tf.constant(np.broadcast_to(kernel, [int(dim) for dim in shape]), dtype)
'''


def _scaled(scaling: Scaling) -> Initialiser:
    if scaling.mode is VarianceNorm.AVERAGE and scaling.uniform and scaling.gain == 1:
        return _tf("glorot_uniform_initializer()")
    truncated = scaling.mode is VarianceNorm.FAN_IN and scaling.gain == 2 and not scaling.uniform
    mode = channels_last.MODES[scaling.mode]
    distribution = "uniform" if scaling.uniform else "untruncated_normal"
    return _tf(
        f'variance_scaling_initializer({number(scaling.gain)}, "{mode}", "{distribution}")',
        "he_normal is truncated, msra is not" if truncated else "",
    )


def _tf(call: str, comment: str = "") -> Initialiser:
    return Initialiser(f"tf.{call}", True, comment, _IMPORTS)


def _constant(distribution: distributions.Constant, fill: Fill, tensor: Tensor) -> Initialiser:
    named = {0.0: "zeros_initializer()", 1.0: "ones_initializer()"}
    return _tf(named.get(distribution.value, f"constant_initializer({number(distribution.value)})"))


def _uniform(distribution: distributions.Uniform, fill: Fill, tensor: Tensor) -> Initialiser:
    return _tf(f"random_uniform_initializer({number(distribution.low)}, {number(distribution.high)})")


def _normal(distribution: distributions.Normal, fill: Fill, tensor: Tensor) -> Initialiser:
    return _tf(f"random_normal_initializer({number(distribution.mean)}, {number(distribution.std)})")


def _sparse(distribution: distributions.SparseNormal, fill: Fill, tensor: Tensor) -> Initialiser:
    numbers = ", ".join(map(number, (distribution.normal.mean, distribution.normal.std, distribution.keep)))
    comment = "TensorFlow has no sparse initialiser"
    return Initialiser(f"sparse_normal({numbers})", False, comment, _IMPORTS, _SPARSE)


def _unit_sum(distribution: distributions.UnitSum, fill: Fill, tensor: Tensor) -> Initialiser:
    outputs = ", ".join(map(str, tensor.outputs))
    comment = "TensorFlow has no initialiser whose rows sum to 1"
    return Initialiser(f"positive_unitball({outputs})", False, comment, _IMPORTS, _UNITBALL)


def _bilinear(distribution: distributions.Exact, fill: Fill, tensor: Tensor) -> Initialiser:
    imports = ("import numpy as np", *_IMPORTS)
    return Initialiser("bilinear", False, "TensorFlow has no bilinear initialiser", imports, _BILINEAR)


frameworks.add(
    "tf1",
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
