"""MXNet's initial weights, bit for bit as on the CPU, without MXNet.

>>> from caffe_fillers.frameworks import mxnet
>>> state = mxnet.RandomState(1)                 # mx.random.seed(1)
>>> mxnet.Xavier(rnd_type="uniform", factor_type="avg", magnitude=3).fill((2, 2), state).tolist()
[[0.058379530906677246, -1.089989423751831], [-1.1268560886383057, 0.23155581951141357]]

The state goes on from draw to draw. `initialize` follows the rules of
MXNet's names, `draw_all` draws a whole net.
"""

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
    "initialize",
    "initializer_for",
]
