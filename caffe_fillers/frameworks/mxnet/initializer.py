"""`mx.initializer`, also `mx.init`: initializers that fill an array by the rules of its name.

>>> import numpy as np
>>> from caffe_fillers.frameworks import mxnet
>>> mxnet.random.seed(1)
>>> weight = np.empty((2, 2), np.float32)
>>> mxnet.initializer.Xavier(rnd_type="uniform", factor_type="avg", magnitude=3)("fc1_weight", weight)
>>> weight.tolist()
[[0.058379530906677246, -1.089989423751831], [-1.1268560886383057, 0.23155581951141357]]
"""

from caffe_fillers.frameworks.mxnet.initializers import (
    Constant,
    Initializer,
    MSRAPrelu,
    Normal,
    Uniform,
    Xavier,
    create,
    one,
    zero,
)
from caffe_fillers.frameworks.mxnet.names import InitDesc

Zero, One = zero, one

__all__ = [
    "Constant",
    "InitDesc",
    "Initializer",
    "MSRAPrelu",
    "Normal",
    "One",
    "Uniform",
    "Xavier",
    "Zero",
    "create",
]
