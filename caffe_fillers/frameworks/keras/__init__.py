"""Keras 3's initial weights under Keras's names, bit for bit as on the CPU, without Keras.

>>> from caffe_fillers.frameworks import keras
>>> keras.initializers.glorot_uniform(seed=5)((2,)).tolist()
[-1.0732358694076538, 0.8124200105667114]

What each function of a framework means by a seed stands in docs/frameworks.md.
"""

from caffe_fillers.frameworks.keras import initializers, random, utils

__all__ = [
    "initializers",
    "random",
    "utils",
]
