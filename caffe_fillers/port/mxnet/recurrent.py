"""LSTM: gluon's own cell, restarted where Caffe's second bottom says that a sequence begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from caffe_fillers.distributions import Values
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.mxnet.target import mxnet_layer
from caffe_fillers.port.nodes import exchanged, plain_lstm
from caffe_fillers.shapes import count

_LSTM = '''\
class ContinuedLSTM(nn.HybridBlock):
    """An LSTM over time x stream x input whose state is cleared where `cont` is 0, as Caffe's is."""

    def __init__(self, inputs, units, prefix=None, params=None, **initializers):
        super().__init__(prefix, params)
        self.units = units
        with self.name_scope():
            self.cell = rnn.LSTMCell(units, input_size=inputs, **initializers)
        self.cell.h2h_bias.grad_req = "null"  # Caffe has one bias, not two

    def hybrid_forward(self, F, x, cont):
        def step(each, states):
            values, goes_on = each
            goes_on = F.expand_dims(goes_on, axis=1)
            return self.cell(values, [F.broadcast_mul(s, goes_on) for s in states])

        first = F.zeros_like(F.slice_axis(cont, axis=0, begin=0, end=1))
        zeros = F.tile(F.reshape(first, shape=(-1, 1)), reps=(1, self.units))
        x = F.reshape(x, shape=(0, 0, -1))
        states = [zeros, F.zeros_like(zeros)]  # foreach wants each by a name of its own
        return F.contrib.foreach(step, [x, cont], states)[0]
'''


def _gates(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """The cell's second bias is 0."""
    inputs, bias, hidden = map(exchanged, arrays)
    return {
        "cell.i2h_weight": inputs.reshape(inputs.shape[0], -1),
        "cell.h2h_weight": hidden,
        "cell.i2h_bias": bias,
        "cell.h2h_bias": np.zeros_like(bias),
    }


@mxnet_layer("LSTM", lay_out=_gates, limits="no static input, no exposed states")
def lstm(node: Node) -> Code:
    """Without a static input, and with its states inside."""
    plain_lstm(node)
    inputs, units = count(node.bottoms[0] or (), 2), node.layer.recurrent_param.num_output
    return Code("{self}({0}, {1})", f"ContinuedLSTM({inputs}, {units})", _LSTM)
