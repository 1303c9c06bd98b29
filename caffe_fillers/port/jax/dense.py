"""InnerProduct, Embed and LSTM."""

from __future__ import annotations

from caffe_fillers.port import channels_last, readings
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.jax.target import BIASED, jax_layer

_DENSE = f'''\
{BIASED}

def dense(x, layer):
    """A product with the layer's kernel."""
    return biased(x @ layer["kernel"], layer)
'''
_EMBED = f'''\
{BIASED}

def embed(x, layer):
    """A row for each index, which may be a float as in Caffe."""
    return biased(layer["embeddings"][x.astype(int)], layer)
'''
_LSTM = '''\
def lstm(layer, x, cont):
    """An LSTM over time x stream x input whose state is cleared where `cont` is 0."""

    def step(state, each):
        values, goes_on = each
        hidden, cell = (part * goes_on[:, None] for part in state)
        gates = values @ layer["kernel"] + hidden @ layer["recurrent_kernel"]
        i, f, g, o = jnp.split(gates + layer["bias"], 4, axis=1)
        cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
        hidden = jax.nn.sigmoid(o) * jnp.tanh(cell)
        return (hidden, cell), hidden

    zeros = jnp.zeros((x.shape[1], layer["recurrent_kernel"].shape[0]))
    return lax.scan(step, (zeros, zeros), (x, cont))[1]
'''


@jax_layer("InnerProduct", lay_out=channels_last.dense, limits=readings.PRODUCT_LIMITS)
def inner_product(node: Node) -> Code:
    """An image is flattened with its channels last, and the weight's rows are in that order."""
    given = "{0}.reshape(len({0}), -1)" if readings.flattens(node) else "{0}"
    return Code(f"dense({given}, {{self}})", helper=_DENSE)


@jax_layer("Embed", lay_out=channels_last.named("embeddings", "bias"), limits=readings.EMBED_LIMITS)
def embed(node: Node) -> Code:
    """Indices come as floats in Caffe."""
    readings.check_embed(node)
    return Code("embed({0}, {self})", helper=_EMBED)


@jax_layer("LSTM", lay_out=channels_last.recurrent, limits=readings.LSTM_LIMITS)
def lstm(node: Node) -> Code:
    """Without a static input, and with its states inside."""
    readings.check_lstm(node)
    return Code("lstm({self}, {0}, {1})", helper=_LSTM)
