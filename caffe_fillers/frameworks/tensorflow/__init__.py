"""TensorFlow's and Keras's initial weights, bit for bit as on the CPU, without either.

>>> from caffe_fillers.frameworks import tensorflow as tf
>>> tf.glorot_uniform_initializer(seed=1)((3, 3, 64, 128)).dtype
dtype('float32')

The initializers of TensorFlow 1 have their documented names; Keras's are in
`frameworks.keras`. `draw` takes any initializer and semantics, `draw_all`
draws a whole net. Behind them, with the state that each framework keeps
between draws: `Graph`, `Session` (TensorFlow 1), `Eager` (TensorFlow 2),
`Keras` and `SeedGenerator` (Keras 3).

Uniform values are the same on every machine. Normal ones go through the C
library's logarithm and sine, here glibc's since 2.28.
"""

from caffe_fillers.frameworks.tensorflow import initializers
from caffe_fillers.frameworks.tensorflow.keras import Keras, SeedGenerator
from caffe_fillers.frameworks.tensorflow.named import (
    GraphInitializer,
    constant_initializer,
    glorot_normal,
    glorot_normal_initializer,
    glorot_uniform,
    glorot_uniform_initializer,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
    ones_initializer,
    random_normal_initializer,
    random_uniform_initializer,
    set_random_seed,
    truncated_normal_initializer,
    variance_scaling_initializer,
    zeros_initializer,
)
from caffe_fillers.frameworks.tensorflow.nets import SEMANTICS, draw, draw_all
from caffe_fillers.frameworks.tensorflow.plain import (
    GLOROT_NORMAL,
    GLOROT_UNIFORM,
    HE_NORMAL,
    HE_UNIFORM,
    LECUN_NORMAL,
    LECUN_UNIFORM,
    Constant,
    Fans,
    Initializer,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    VarianceScaling,
    fans,
)
from caffe_fillers.frameworks.tensorflow.stateful import Eager, Graph, GraphMode, Operation, Session

__all__ = [
    "GLOROT_NORMAL",
    "GLOROT_UNIFORM",
    "HE_NORMAL",
    "HE_UNIFORM",
    "LECUN_NORMAL",
    "LECUN_UNIFORM",
    "SEMANTICS",
    "Constant",
    "Eager",
    "Fans",
    "Graph",
    "GraphInitializer",
    "GraphMode",
    "Initializer",
    "Keras",
    "Operation",
    "RandomNormal",
    "RandomUniform",
    "SeedGenerator",
    "Session",
    "TruncatedNormal",
    "VarianceScaling",
    "constant_initializer",
    "draw",
    "draw_all",
    "fans",
    "glorot_normal",
    "glorot_normal_initializer",
    "glorot_uniform",
    "glorot_uniform_initializer",
    "he_normal",
    "he_uniform",
    "initializers",
    "lecun_normal",
    "lecun_uniform",
    "ones_initializer",
    "random_normal_initializer",
    "random_uniform_initializer",
    "set_random_seed",
    "truncated_normal_initializer",
    "variance_scaling_initializer",
    "zeros_initializer",
]
