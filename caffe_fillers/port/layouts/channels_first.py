"""What torch and Gluon share: weights as in Caffe, and dense ones always outputs x inputs."""

from __future__ import annotations

from collections.abc import Iterator

from caffe_fillers.port.graph import Node
from caffe_fillers.port.layouts.arrange import constant, same, transposed
from caffe_fillers.port.layouts.contract import Tensor


def weight_and_bias(node: Node) -> Iterator[Tensor]:
    """Blobs as they are."""
    for index, name in zip(range(len(node.blobs)), ("weight", "bias"), strict=False):
        yield same(f"{node.name}.{name}", node, index)


def dense(node: Node) -> Iterator[Tensor]:
    """Outputs x inputs, whatever `transpose` says."""
    if not node.parameter.inner_product_param.transpose:
        yield from weight_and_bias(node)
        return
    yield transposed(f"{node.name}.weight", node, 0, (1, 0))
    if len(node.blobs) > 1:
        yield same(f"{node.name}.bias", node, 1)


def affine(node: Node, factor: str, summand: str) -> Iterator[Tensor]:
    """What a Scale adds to its BatchNorm; a missing bias is zero."""
    scale = node.scale
    if scale is None:
        return
    yield same(f"{node.name}.{factor}", scale, 0)
    if len(scale.blobs) > 1:
        yield same(f"{node.name}.{summand}", scale, 1)
    else:
        yield constant(f"{node.name}.{summand}", scale.blobs[0], 0.0)
