"""Layers that share all their parameters with another, where a framework says so by using the layer twice."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from caffe_fillers.errors import UsageError
from caffe_fillers.port.contract import Target
from caffe_fillers.port.graph import Graph, Node
from caffe_fillers.port.translate import translation
from caffe_fillers.shapes import Shape

_STATISTICS = 3  # the blobs of a BatchNorm


def owners(graph: Graph, target: Target, *, channels_last: bool = True) -> dict[str, str]:
    """By identifier, the layer whose parameters a layer uses instead of its own.

    A layer that shares only some, or that owns some of a layer's and not all, is a `UsageError`, and so is
    one that would keep them in another way than their owner.
    """
    found: dict[str, str] = {}
    places = {blob: (node, place) for node in graph.nodes for place, blob in enumerate(_blobs(node))}
    for node in graph.nodes:
        shared = [graph.shared.get(blob) for blob in _blobs(node)]
        if not any(shared):
            continue
        owned = [places.get(blob) if blob else None for blob in shared]
        owner = owned[0][0] if owned[0] else None
        whole = owned == [(owner, place) for place in range(len(owned))]
        if owner is None or not whole or owner.blobs != node.blobs:
            raise UsageError(f"layer {node.layer.name!r} shares only some of its parameters with others")
        if not _kept_alike(target, owner, node) or (channels_last and _mixed(owner, node)):
            raise UsageError(
                f"layer {node.layer.name!r} would keep its parameters in another way than layer "
                f"{owner.layer.name!r}, whose they are"
            )
        found[node.name] = owner.name
    return found


def transposed(node: Node) -> bool:
    """Whether a layer's weight is turned round where it is laid out as outputs x inputs."""
    return node.layer.type == "InnerProduct" and node.layer.inner_product_param.transpose


def _kept_alike(target: Target, owner: Node, node: Node) -> bool:
    if owner.layer.type != node.layer.type or transposed(owner) != transposed(node):
        return False
    return laid_shapes(target, owner) == laid_shapes(target, node)


def laid_shapes(target: Target, node: Node) -> dict[str, Shape]:
    """Names and shapes of a layer's parameters in the framework."""
    zeros = [np.broadcast_to(np.float32(0), shape) for shape in node.blobs]
    return {name: array.shape for name, array in translation(target, node).lay_out(node, zeros).items()}


def _mixed(owner: Node, node: Node) -> bool:
    """Products with an image and with something else: only the first one's rows go with the channels."""
    images = [shape[1:] for shape in (owner.bottoms[0], node.bottoms[0]) if shape and len(shape) == 4]
    return node.layer.type == "InnerProduct" and bool(images) and images != images[:1] * 2


def _blobs(node: Node) -> Iterator[tuple[str, int]]:
    """A layer's blobs by layer and index; a Scale that a BatchNorm has taken in has its own."""
    own = len(node.blobs) if node.scale is None else _STATISTICS
    yield from ((node.layer.name, place) for place in range(own))
    if node.scale is not None:
        yield from ((node.scale.name, place) for place in range(len(node.blobs) - own))
