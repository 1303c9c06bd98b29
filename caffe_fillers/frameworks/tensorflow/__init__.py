"""TensorFlow's and Keras's initial weights, bit for bit as on the CPU, without either.

>>> from caffe_fillers.frameworks import tensorflow as tf
>>> tf.glorot_uniform((3, 3, 64, 128), seed=1, dtype="float32", semantics="keras").dtype
dtype('float32')

`draw` takes any initializer, and glorot_uniform, glorot_normal, he_uniform,
he_normal, lecun_uniform and lecun_normal are `draw` with theirs; `draw_all`
draws a whole net. Behind them, with the state that each framework keeps
between draws: `Graph`, `Session` (TensorFlow 1), `Eager` (TensorFlow 2),
`Keras` and `SeedGenerator` (Keras 3).

Uniform values are the same on every machine. Normal ones go through the C
library's logarithm and sine, here glibc's since 2.28.
"""

from caffe_fillers.frameworks.tensorflow.initializers import (
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
from caffe_fillers.frameworks.tensorflow.keras import Keras, SeedGenerator
from caffe_fillers.frameworks.tensorflow.nets import (
    SEMANTICS,
    draw,
    draw_all,
    glorot_normal,
    glorot_uniform,
    he_normal,
    he_uniform,
    lecun_normal,
    lecun_uniform,
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
    "draw",
    "draw_all",
    "fans",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
]
