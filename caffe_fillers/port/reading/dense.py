"""Products with a matrix: InnerProduct, Embed and LSTM."""

from __future__ import annotations

from caffe_fillers.errors import UsageError
from caffe_fillers.port.ops import LSTM, Dense, Embed
from caffe_fillers.port.reading.contract import Node, reads
from caffe_fillers.port.values import Value
from caffe_fillers.shapes import canonical_axis, count


@reads("InnerProduct", makes=(Dense,))
def inner_product(node: Node) -> Value:
    """All axes from `axis` on are one."""
    parameter, (rows, columns) = node.layer.inner_product_param, node.blobs[0]
    axis = canonical_axis(parameter.axis, node.rank)
    op = Dense(
        inputs=rows if parameter.transpose else columns,
        outputs=columns if parameter.transpose else rows,
        bias=parameter.bias_term,
        transpose=parameter.transpose,
        flatten=None if node.rank == axis + 1 else axis,
    )
    return node.top(op)


@reads("Embed", makes=(Embed,))
def embed(node: Node) -> Value:
    """Indices come as floats in Caffe."""
    rows, width = node.blobs[0]
    return node.top(Embed(rows, width, bias=node.layer.embed_param.bias_term))


@reads("LSTM", makes=(LSTM,), limits="no static input, no exposed states")
def lstm(node: Node) -> Value:
    """Without a static input, and with its states inside."""
    parameter = node.layer.recurrent_param
    if len(node.inputs) != 2 or len(node.outputs) != 1 or parameter.expose_hidden:
        raise UsageError("a static input and exposed states are not ported")
    inputs = count(node.bottoms[0] or (), 2)
    return node.top(LSTM(inputs=inputs, outputs=parameter.num_output), *node.all_bottoms)
