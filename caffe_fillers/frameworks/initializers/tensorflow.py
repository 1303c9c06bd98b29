"""Initializers of Keras 3, of tf.keras before it, and of TensorFlow 1, which TensorFlow 2 has as compat.v1.

They have the same rules by other names. VarianceScaling has the variance
scale / fan, uniform bounds being sqrt(3) standard deviations; HeNormal and its
like are truncated at two (keras/src/initializers/random_initializers.py;
tensorflow/python/ops/init_ops.py, v1.15.5). A depthwise filter is height x
width x inputs x multiplier, the filter of a transposed convolution height x
width x outputs x inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from caffe_fillers import distributions, fillers
from caffe_fillers.fans import VarianceNorm
from caffe_fillers.frameworks import tensorflow
from caffe_fillers.frameworks.initializers.contract import (
    Framework,
    Initializer,
    Scaling,
    Tensor,
    bilinear_numbers,
    frameworks,
    number,
)
from caffe_fillers.frameworks.initializers.layouts import depthwise_apart, fans_last
from caffe_fillers.plan import Fill

MODES = {VarianceNorm.FAN_IN: "fan_in", VarianceNorm.FAN_OUT: "fan_out", VarianceNorm.AVERAGE: "fan_avg"}
"""The names of VarianceScaling's modes."""

_KERAS_SPARSE = '''\
def sparse_normal(mean, std, keep):
    """Normal values, each kept with probability `keep` and zero otherwise."""

    def initializer(shape, dtype=None):
        values = keras.random.normal(shape, mean, std, dtype)
        kept = keras.random.uniform(shape) < keep
        return keras.ops.where(kept, values, keras.ops.zeros_like(values))

    return initializer
'''
_KERAS_UNITBALL = '''\
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
_KERAS_BILINEAR = '''\
def bilinear(factor, center):
    """Bilinear interpolation in every kernel, by a factor, about a center in units of it."""

    def initializer(shape, dtype=None):
        weight = 1 - abs(np.arange(shape[0]) / factor - center)
        kernel = np.outer(weight, weight)[:, :, np.newaxis, np.newaxis]
        kernel = np.broadcast_to(kernel, shape).astype(dtype or "float32")
        return keras.ops.convert_to_tensor(kernel)

    return initializer
'''
_TF1_SPARSE = '''\
def sparse_normal(mean, std, keep):
    """Normal values, each kept with probability `keep` and zero otherwise."""

    def initializer(shape, dtype=tf.float32, partition_info=None):
        values = tf.random_normal(shape, mean, std, dtype)
        return tf.where(tf.random_uniform(shape) < keep, values, tf.zeros_like(values))

    return initializer
'''
_TF1_UNITBALL = '''\
def positive_unitball(*outputs):
    """Uniform values, divided by their sum over all axes but the outputs'."""

    def initializer(shape, dtype=tf.float32, partition_info=None):
        values = tf.random_uniform(shape, dtype=dtype)
        others = [axis for axis in range(len(shape)) if axis not in outputs]
        return values / tf.reduce_sum(values, others, keepdims=True)

    return initializer
'''
_TF1_BILINEAR = '''\
def bilinear(factor, center):
    """Bilinear interpolation in every kernel, by a factor, about a center in units of it."""

    def initializer(shape, dtype=tf.float32, partition_info=None):
        weight = 1 - abs(np.arange(int(shape[0])) / factor - center)
        kernel = np.outer(weight, weight)[:, :, np.newaxis, np.newaxis]
        return tf.constant(np.broadcast_to(kernel, [int(dim) for dim in shape]), dtype)

    return initializer
'''


@dataclass(frozen=True)
class _Dialect:
    """Names of the rules in Keras or TensorFlow 1; `calls` are the classes' names, `named` whole calls."""

    name: str
    module: str
    imports: tuple[str, ...]
    he_normal: str
    calls: Mapping[type, str]
    named: Mapping[tensorflow.Initializer, str]
    sparse: str
    unit_ball: str
    bilinear: str

    def of(self, rule: tensorflow.Initializer, comment: str = "") -> Initializer:
        """A rule of TensorFlow's, as code."""
        numbers = (number(each) if isinstance(each, float) else f'"{each}"' for each in vars(rule).values())
        call = self.named.get(rule) or f"{self.calls[type(rule)]}({', '.join(numbers)})"
        return Initializer(f"{self.module}.{call}", True, comment, self.imports, rule=rule)

    def scaled(self, scaling: Scaling) -> Initializer:
        """A rule on a fan."""
        kind = "uniform" if scaling.uniform else "untruncated_normal"
        truncated = scaling.mode is VarianceNorm.FAN_IN and scaling.gain == 2 and not scaling.uniform
        return self.of(
            tensorflow.VarianceScaling(scaling.gain, MODES[scaling.mode], kind),
            f"{self.he_normal} is truncated, msra is not" if truncated else "",
        )

    def framework(self) -> Framework:
        """The table of this dialect."""

        def sparse(distribution: distributions.SparseNormal, fill: Fill, tensor: Tensor) -> Initializer:
            normal = distribution.normal
            numbers = ", ".join(map(number, (normal.mean, normal.std, distribution.keep)))
            comment = f"{self.name} has no sparse initializer"
            return Initializer(f"sparse_normal({numbers})", False, comment, self.imports, self.sparse)

        def unit_sum(distribution: distributions.UnitSum, fill: Fill, tensor: Tensor) -> Initializer:
            outputs = ", ".join(map(str, tensor.outputs))
            comment = f"{self.name} has no initializer whose rows sum to 1"
            return Initializer(f"positive_unitball({outputs})", False, comment, self.imports, self.unit_ball)

        def bilinear(distribution: distributions.Exact, fill: Fill, tensor: Tensor) -> Initializer:
            imports = ("import numpy as np", *self.imports)
            comment = f"{self.name} has no bilinear initializer"
            code = f"bilinear({bilinear_numbers(fill)})"
            return Initializer(code, False, comment, imports, self.bilinear)

        return Framework(
            depthwise_apart,
            fans_last,
            self.scaled,
            {
                distributions.Constant: lambda each, *_: self.of(tensorflow.Constant(each.value)),
                distributions.Uniform: lambda each, *_: self.of(
                    tensorflow.RandomUniform(each.low, each.high)
                ),
                distributions.Normal: lambda each, *_: self.of(tensorflow.RandomNormal(each.mean, each.std)),
                distributions.SparseNormal: sparse,
                distributions.UnitSum: unit_sum,
                fillers.Bilinear: bilinear,
            },
        )


frameworks.add(
    "keras",
    _Dialect(
        name="Keras",
        module="keras.initializers",
        imports=("import keras",),
        he_normal="HeNormal",
        calls={
            tensorflow.Constant: "Constant",
            tensorflow.RandomUniform: "RandomUniform",
            tensorflow.RandomNormal: "RandomNormal",
            tensorflow.VarianceScaling: "VarianceScaling",
        },
        named={
            tensorflow.Constant(0.0): "Zeros()",
            tensorflow.Constant(1.0): "Ones()",
            tensorflow.LECUN_UNIFORM: "LecunUniform()",
            tensorflow.GLOROT_UNIFORM: "GlorotUniform()",
            tensorflow.HE_UNIFORM: "HeUniform()",
        },
        sparse=_KERAS_SPARSE,
        unit_ball=_KERAS_UNITBALL,
        bilinear=_KERAS_BILINEAR,
    ).framework(),
)
frameworks.add(
    "tf1",
    _Dialect(
        name="TensorFlow",
        module="tf",
        imports=("import tensorflow.compat.v1 as tf",),
        he_normal="he_normal",
        calls={
            tensorflow.Constant: "constant_initializer",
            tensorflow.RandomUniform: "random_uniform_initializer",
            tensorflow.RandomNormal: "random_normal_initializer",
            tensorflow.VarianceScaling: "variance_scaling_initializer",
        },
        named={
            tensorflow.Constant(0.0): "zeros_initializer()",
            tensorflow.Constant(1.0): "ones_initializer()",
            tensorflow.GLOROT_UNIFORM: "glorot_uniform_initializer()",
        },
        sparse=_TF1_SPARSE,
        unit_ball=_TF1_UNITBALL,
        bilinear=_TF1_BILINEAR,
    ).framework(),
)
