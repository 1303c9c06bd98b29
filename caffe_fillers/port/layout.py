"""A model's blobs as another framework keeps them, under the names of the module that `port` prints."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial

import numpy as np

from caffe_fillers.distributions import Values
from caffe_fillers.errors import NetError
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.plan import Plan
from caffe_fillers.port.contract import Target
from caffe_fillers.port.graph import Node, build_graph
from caffe_fillers.port.numbering import told_apart
from caffe_fillers.port.sharing import owners
from caffe_fillers.port.translate import translation
from caffe_fillers.schema import NetParameter


def lay_out(target: Target, net: NetParameter, plan: Plan, model: Model) -> list[tuple[str, ModelBlob]]:
    """Every parameter of the printed module with its name; one layer at a time is held when they are read.

    `model` holds the net's blobs in Caffe's order, filled or trained. A layer
    that it does not have, or has with other shapes, is a `NetError`. Layers of one name are the model's in
    their order, and numbered as in the module.
    """
    net, numbered = told_apart(net, plan)
    stored = model.layers_with_blobs
    names = zip(plan.layers_with_blobs, numbered.layers_with_blobs, strict=True)
    blobs = {name: stored[key].blobs for key, (name, _) in names if key in stored}
    laid: list[tuple[str, ModelBlob]] = []
    graph = build_graph(net, numbered, target.reserved)
    left_out = {} if target.repeats else owners(graph, target)
    for node in graph.nodes:
        if node.blobs and node.name not in left_out:
            laid += _parameters(target, node, _blobs(node, blobs))
    return laid


def _blobs(node: Node, blobs: dict[str, tuple[ModelBlob, ...]]) -> tuple[ModelBlob, ...]:
    layers = [node.layer] if node.scale is None else [node.layer, node.scale]
    found = tuple(blob for layer in layers for blob in blobs.get(layer.name, ()))
    if tuple(blob.shape for blob in found) != node.blobs:
        raise NetError(
            f"the weights do not have the blobs of layer {node.layer.name!r} with the net's shapes"
        )
    return found


def _parameters(target: Target, node: Node, blobs: tuple[ModelBlob, ...]) -> Iterator[tuple[str, ModelBlob]]:
    """Shapes are told from zeros; values are drawn when they are written."""
    rule = translation(target, node)

    @cache
    def arrays() -> dict[str, Values]:
        return dict(rule.lay_out(node, [blob.array() for blob in blobs]))

    def chunks(name: str) -> Iterator[Values]:
        yield np.ascontiguousarray(arrays()[name], "<f4").ravel()
        if name == last:
            arrays.cache_clear()

    shapes = rule.lay_out(node, [np.broadcast_to(np.float32(0), blob.shape) for blob in blobs])
    last = [*shapes][-1]
    for name, array in shapes.items():
        yield f"{node.name}{target.separator}{name}", ModelBlob(array.shape, partial(chunks, name))
