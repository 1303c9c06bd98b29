"""Blobs that were taken out of a net on its way through the upgrade, back in their places.

In a net that is read each blob leaves a ticket, an empty blob whose `num` is
its number; the upgrade carries tickets to where blobs belong.
"""

from __future__ import annotations

from collections.abc import Sequence

from caffe_fillers import passes
from caffe_fillers.model import Model, ModelBlob, ModelLayer
from caffe_fillers.schema import LayerParameter, NetParameter
from caffe_fillers.schema.dialects import BVLC


def redeem(net: NetParameter, blobs: Sequence[ModelBlob]) -> Model:
    """The model of a net that holds tickets, upgraded; layers that this adds are of its dialect too.

    Names of inputs without a shape stay, which Caffe drops when it builds such a net: old Caffes save these.
    """
    upgraded = passes.upgrade(net).net
    marked = passes.mark(upgraded, net.text_extra.dialect or BVLC)
    head = NetParameter()
    head.CopyFrom(marked)
    head.ClearField("layer")
    if not (net.input_shape or net.input_dim):
        head.input[:] = net.input
    return Model(head, tuple(_layer(layer, blobs) for layer in marked.layer))


def _layer(layer: LayerParameter, blobs: Sequence[ModelBlob]) -> ModelLayer:
    own = tuple(blobs[ticket.num] for ticket in layer.blobs)
    parameter = LayerParameter()
    parameter.CopyFrom(layer)
    parameter.ClearField("blobs")
    return ModelLayer(parameter, own)
