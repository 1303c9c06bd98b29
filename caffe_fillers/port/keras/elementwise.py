"""Layers that work on each value by itself."""

from __future__ import annotations

from caffe_fillers.port import channels_last
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.initialisers.contract import number
from caffe_fillers.port.keras.target import OPTIONS, keras_layer
from caffe_fillers.port.pointwise import Functions, pointwise

pointwise(
    Functions(
        abs="ops.abs({0})",
        exp="ops.exp({0})",
        log="ops.log({0})",
        relu="ops.relu({0})",
        leaky="ops.leaky_relu({0}, {1})",
        elu="ops.elu({0}, {1})",
        sigmoid="ops.sigmoid({0})",
        tanh="ops.tanh({0})",
        softplus="ops.softplus({0})",
        maximum="ops.maximum({0}, {1})",
        threshold='ops.cast({0} > {1}, "float32")',
        clip="ops.clip({0}, {1}, {2})",
    ),
    keras_layer,
)


@keras_layer("PReLU", lay_out=channels_last.slopes)
def prelu(node: Node) -> Code:
    """A slope for each channel, or one for all."""
    axes = range(1, node.rank)
    channels = axes[-1] if node.rank == 4 else 1
    shared = [axis for axis in axes if axis != channels or not node.blobs[0]]
    given = f"shared_axes={shared}, " if shared else ""
    return Code("{self}({0})", f"layers.PReLU({given}{OPTIONS})")


@keras_layer("Dropout")
def dropout(node: Node) -> Code:
    """Caffe, too, scales what is left while training."""
    return Code("{self}({0})", f"layers.Dropout({number(node.layer.dropout_param.dropout_ratio)}, {OPTIONS})")
