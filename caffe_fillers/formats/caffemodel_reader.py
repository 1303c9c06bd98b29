"""Read a caffemodel of any generation; its blobs stay in the file until they are asked for."""

from __future__ import annotations

from typing import BinaryIO, TypeAlias

from google.protobuf.message import Message

from caffe_fillers.formats.blob_proto import as_bvlc, has_five_axes, read_blob
from caffe_fillers.formats.contract import view
from caffe_fillers.formats.tickets import redeem
from caffe_fillers.formats.wire import LENGTH_DELIMITED, check_layers, fields, prefix
from caffe_fillers.model import Model
from caffe_fillers.schema import (
    BlobProto,
    LayerParameter,
    NetParameter,
    V0LayerParameter,
    V1LayerParameter,
    net_from_bytes,
)

Places: TypeAlias = "dict[int, Places | None]"

_BLOB = None


def _number(message: type[Message], field: str) -> int:
    return message.DESCRIPTOR.fields_by_name[field].number


# Where blobs are in a net: in layers of today, of the second and, within those, of the first format.
_BLOBS: Places = {
    _number(NetParameter, "layer"): {_number(LayerParameter, "blobs"): _BLOB},
    _number(NetParameter, "layers"): {
        _number(V1LayerParameter, "blobs"): _BLOB,
        _number(V1LayerParameter, "layer"): {_number(V0LayerParameter, "blobs"): _BLOB},
    },
}


def read(file: BinaryIO) -> Model:
    """Read a model as Caffe would load it, in today's layers; the file must stay open while it is used.

    Each blob is taken out of its layer and leaves a ticket, an empty blob
    with its number, which the upgrade carries to where it belongs. What is
    no caffemodel is a `FormatError`.
    """
    net, blobs = _read_net(view(file))
    return redeem(net, [read_blob(blob) for blob in blobs])


def read_net(content: memoryview) -> NetParameter:
    """Read a net as it stands in a file, with its blobs and their values."""
    net, blobs = _read_net(content)
    v2, v1 = ([layer.blobs for layer in layers] for layers in (net.layer, net.layers))
    v0 = [layer.layer.blobs for layer in net.layers if layer.HasField("layer")]
    for tickets in (*v2, *v1, *v0):
        for ticket in tickets:
            ticket.CopyFrom(as_bvlc(blobs[ticket.num]))
    return net


def _read_net(content: memoryview) -> tuple[NetParameter, list[memoryview]]:
    """Read a net with tickets for its blobs, and their contents."""
    check_layers(content)
    blobs: list[memoryview] = []
    net = _take_out(content, _BLOBS, blobs)
    return net_from_bytes(net, "c3d10" if any(map(has_five_axes, blobs)) else None), blobs


def _take_out(message: memoryview, places: Places, blobs: list[memoryview]) -> bytes:
    """Return the message with tickets for its blobs."""
    parts: list[bytes] = []
    for field in fields(message, "the caffemodel"):
        if field.number not in places or field.wire_type != LENGTH_DELIMITED:
            parts.append(bytes(field.raw))
            continue
        inner = places[field.number]
        if inner is None:
            content = BlobProto(num=len(blobs)).SerializeToString()
            blobs.append(field.content)
        else:
            content = _take_out(field.content, inner, blobs)
        parts += prefix(field.number, len(content)), content
    return b"".join(parts)
