"""Layers that work on each value by itself."""

from __future__ import annotations

from caffe_fillers.port import channels_last, readings
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.jax.target import jax_layer
from caffe_fillers.port.pointwise import Functions, pointwise

_PRELU = '''\
def prelu(x, layer):
    """A rectifier that multiplies negative values by the layer's slopes."""
    return jnp.where(x > 0, x, layer["alpha"] * x)
'''

pointwise(
    Functions(
        abs="jnp.abs({0})",
        exp="jnp.exp({0})",
        log="jnp.log({0})",
        relu="jax.nn.relu({0})",
        leaky="jax.nn.leaky_relu({0}, {1})",
        elu="jax.nn.elu({0}, {1})",
        sigmoid="jax.nn.sigmoid({0})",
        tanh="jnp.tanh({0})",
        softplus="jax.nn.softplus({0})",
        maximum="jnp.maximum({0}, {1})",
        threshold="({0} > {1}).astype(jnp.float32)",
        clip="jnp.clip({0}, {1}, {2})",
    ),
    jax_layer,
)


@jax_layer("PReLU", lay_out=channels_last.slopes)
def prelu(node: Node) -> Code:
    """A slope for each channel, or one for all."""
    return Code("prelu({0}, {self})", helper=_PRELU)


@jax_layer("Dropout", limits=readings.DROPOUT_LIMITS)
def dropout(node: Node) -> Code:
    """What Caffe does in the phase TEST."""
    return Code("{0}")
