"""MXNet's initial weights, bit for bit as on the CPU, without MXNet.

>>> import numpy as np
>>> from caffe_fillers.frameworks import mxnet as mx
>>> mx.random.seed(1)
>>> weight = np.empty((2, 2), np.float32)
>>> mx.initializer.Xavier(rnd_type="uniform", factor_type="avg", magnitude=3)("fc1_weight", weight)
>>> weight.tolist()
[[0.058379530906677246, -1.089989423751831], [-1.1268560886383057, 0.23155581951141357]]

Behind them, without the state of a process: `RandomState` is the generator,
`Xavier(...).fill(shape, state)` draws from one, `initialize` follows the
rules of MXNet's names, `draw_all` draws a whole net.
"""

from caffe_fillers.frameworks.mxnet import initializer, random
from caffe_fillers.frameworks.mxnet import initializer as init
from caffe_fillers.frameworks.mxnet.initializers import (
    Constant,
    Initializer,
    MSRAPrelu,
    Normal,
    Uniform,
    Xavier,
    create,
    dumps,
)
from caffe_fillers.frameworks.mxnet.names import InitDesc, draw_all, initialize, initializer_for
from caffe_fillers.frameworks.mxnet.stream import RandomState

__all__ = [
    "Constant",
    "InitDesc",
    "Initializer",
    "MSRAPrelu",
    "Normal",
    "RandomState",
    "Uniform",
    "Xavier",
    "create",
    "draw_all",
    "dumps",
    "init",
    "initialize",
    "initializer",
    "initializer_for",
    "random",
]
