"""InnerProduct, Embed and LSTM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from caffe_fillers.distributions import Values
from caffe_fillers.port import channels_last, readings
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.keras.target import OPTIONS, keras_layer

_EMBEDDING = '''\
class BiasedEmbedding(layers.Embedding):
    """A row for each index, and a bias on all of them, as Caffe's Embed has it."""

    def __init__(self, rows, width, bias_initializer="zeros", **options):
        super().__init__(rows, width, **options)
        self.bias_initializer = keras.initializers.get(bias_initializer)

    def build(self, shape=None):
        super().build(shape)
        self.bias = self.add_weight(
            (self.output_dim,), self.bias_initializer, name="bias"
        )

    def call(self, index):
        return super().call(index) + self.bias
'''
_LSTM = '''\
class ContinuedLSTM(layers.Layer):
    """An LSTM over time x stream x input whose state is cleared where `cont` is 0."""

    def __init__(self, units, name=None, **initializers):
        super().__init__(name=name)
        self.cell = layers.LSTMCell(
            units, unit_forget_bias=False, name="cell", **initializers
        )

    def build(self, x_shape, cont_shape):
        self.cell.build((x_shape[1], x_shape[2]))

    def call(self, x, cont):
        hidden = cell = ops.zeros((x.shape[1], self.cell.units))
        outputs = []
        for step in range(x.shape[0]):
            goes_on = cont[step][:, None]
            state = [hidden * goes_on, cell * goes_on]
            _, (hidden, cell) = self.cell(x[step], state)
            outputs.append(hidden)
        return ops.stack(outputs)
'''


@keras_layer("InnerProduct", lay_out=channels_last.dense, limits=readings.PRODUCT_LIMITS)
def inner_product(node: Node) -> Code:
    """An image is flattened with its channels last, and the weight's rows are in that order."""
    parameter = node.layer.inner_product_param
    bias = "" if parameter.bias_term else "use_bias=False, "
    module = f"layers.Dense({parameter.num_output}, {bias}{OPTIONS})"
    given = "layers.Flatten()({0})" if readings.flattens(node) else "{0}"
    return Code(f"{{self}}({given})", module)


@keras_layer("Embed", lay_out=channels_last.named("embeddings", "bias"), limits=readings.EMBED_LIMITS)
def embed(node: Node) -> Code:
    """Indices come as floats in Caffe."""
    readings.check_embed(node)
    rows, width = node.blobs[0]
    if not node.layer.embed_param.bias_term:
        return Code("{self}({0})", f"layers.Embedding({rows}, {width}, {OPTIONS})")
    return Code("{self}({0})", f"BiasedEmbedding({rows}, {width}, {OPTIONS})", _EMBEDDING)


def _cell(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    return {f"cell/{name}": array for name, array in channels_last.recurrent(node, arrays).items()}


@keras_layer("LSTM", lay_out=_cell, limits=f"time steps and streams are fixed; {readings.LSTM_LIMITS}")
def lstm(node: Node) -> Code:
    """Without a static input, and with its states inside."""
    readings.check_lstm(node)
    units = node.layer.recurrent_param.num_output
    return Code("{self}({0}, {1})", f"ContinuedLSTM({units}, {OPTIONS})", _LSTM)
