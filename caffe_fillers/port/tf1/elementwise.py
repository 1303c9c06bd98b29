"""Layers that work on each value by itself."""

from __future__ import annotations

from caffe_fillers.port import channels_last, readings
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.pointwise import Functions, pointwise
from caffe_fillers.port.tf1.target import tf1_layer

pointwise(
    Functions(
        abs="tf.abs({0})",
        exp="tf.exp({0})",
        log="tf.log({0})",
        relu="tf.nn.relu({0})",
        leaky="tf.nn.leaky_relu({0}, {1})",
        elu="tf.nn.relu({0}) + {1} * tf.nn.elu(tf.minimum({0}, 0.0))",  # TensorFlow's has no alpha
        sigmoid="tf.sigmoid({0})",
        tanh="tf.tanh({0})",
        softplus="tf.nn.softplus({0})",
        maximum="tf.maximum({0}, {1})",
        threshold="tf.cast({0} > {1}, tf.float32)",
        clip="tf.clip_by_value({0}, {1}, {2})",
    ),
    tf1_layer,
)


@tf1_layer("PReLU", lay_out=channels_last.slopes)
def prelu(node: Node) -> Code:
    """A slope for each channel, or one for all."""
    return Code("tf.nn.relu({0}) + alpha * tf.minimum({0}, 0.0)")


@tf1_layer("Dropout", limits=readings.DROPOUT_LIMITS)
def dropout(node: Node) -> Code:
    """What Caffe does in the phase TEST."""
    return Code("{0}")
