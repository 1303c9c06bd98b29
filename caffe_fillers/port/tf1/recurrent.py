"""LSTM: a scan over time, restarted where Caffe's second bottom says that a sequence begins."""

from __future__ import annotations

from caffe_fillers.port import channels_last, readings
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.tf1.target import tf1_layer

_LSTM = '''\
def lstm(x, cont, kernel, recurrent_kernel, bias):
    """An LSTM over time x stream x input whose state is cleared where `cont` is 0."""

    def step(state, each):
        values, goes_on = each
        hidden, cell = (part * goes_on[:, None] for part in state)
        gates = tf.matmul(values, kernel) + tf.matmul(hidden, recurrent_kernel)
        i, f, g, o = tf.split(tf.nn.bias_add(gates, bias), 4, axis=1)
        cell = tf.sigmoid(f) * cell + tf.sigmoid(i) * tf.tanh(g)
        return tf.sigmoid(o) * tf.tanh(cell), cell

    zeros = tf.zeros([tf.shape(x)[1], recurrent_kernel.shape[0]])
    return tf.scan(step, (x, cont), (zeros, zeros))[0]
'''


@tf1_layer("LSTM", lay_out=channels_last.recurrent, limits=readings.LSTM_LIMITS)
def lstm(node: Node) -> Code:
    """Without a static input, and with its states inside."""
    readings.check_lstm(node)
    return Code("lstm({0}, {1}, kernel, recurrent_kernel, bias)", helper=_LSTM)
