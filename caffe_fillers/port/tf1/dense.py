"""InnerProduct and Embed."""

from __future__ import annotations

from caffe_fillers.port import channels_last, readings
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.tf1.target import biased, tf1_layer


@tf1_layer("InnerProduct", lay_out=channels_last.dense, limits=readings.PRODUCT_LIMITS)
def inner_product(node: Node) -> Code:
    """An image is flattened with its channels last, and the weight's rows are in that order."""
    parameter = node.layer.inner_product_param
    if not readings.flattens(node) and node.rank != 2:
        made = "tf.tensordot({0}, kernel, 1)"
        return Code(f"{made} + bias" if parameter.bias_term else made)
    rows = node.blobs[0][0 if parameter.transpose else 1]
    given = "{0}" if node.rank == 2 else f"tf.reshape({{0}}, [-1, {rows}])"
    return Code(biased(f"tf.matmul({given}, kernel)", bias=parameter.bias_term))


@tf1_layer("Embed", lay_out=channels_last.named("embeddings", "bias"), limits=readings.EMBED_LIMITS)
def embed(node: Node) -> Code:
    """Indices come as floats in Caffe."""
    readings.check_embed(node)
    rows = "tf.nn.embedding_lookup(embeddings, tf.cast({0}, tf.int32))"
    return Code(biased(rows, bias=node.layer.embed_param.bias_term))
