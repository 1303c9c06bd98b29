"""Layers that work on each value by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from caffe_fillers.distributions import Values
from caffe_fillers.port.calls import call, unless
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.initialisers.contract import number
from caffe_fillers.port.mxnet.target import mxnet_layer
from caffe_fillers.port.pointwise import Functions, pointwise

# MXNet's own softplus ("softrelu") goes below 0 for what is far below, and is 2e-6 off.
pointwise(
    Functions(
        abs="F.abs({0})",
        exp="F.exp({0})",
        log="F.log({0})",
        relu="F.relu({0})",
        leaky="F.LeakyReLU({0}, slope={1})",
        elu='F.LeakyReLU({0}, act_type="elu", slope={1})',
        sigmoid="F.sigmoid({0})",
        tanh="F.tanh({0})",
        softplus="F.relu({0}) + F.log1p(F.exp(-F.abs({0})))",
        maximum="F.maximum({0}, {1})",
        threshold="{0} > {1}",
        clip="F.clip({0}, {1}, {2})",
    ),
    mxnet_layer,
)


def _slopes(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """A slope for all channels is a vector of one, in Caffe a scalar."""
    return {"alpha": arrays[0].reshape(-1)}


@mxnet_layer("PReLU", lay_out=_slopes)
def prelu(node: Node) -> Code:
    """A slope for each channel, or one for all."""
    channels = node.blobs[0][0] if node.blobs[0] else 1
    return Code("{self}({0})", call("nn.PReLU", in_channels=unless(1, channels)))


@mxnet_layer("Dropout")
def dropout(node: Node) -> Code:
    """Caffe, too, scales what is left while training."""
    return Code("{self}({0})", f"nn.Dropout({number(node.layer.dropout_param.dropout_ratio)})")
