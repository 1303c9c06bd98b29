"""A model's blobs as another framework keeps them, under the names of the module that `port` prints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache, partial

import numpy as np

from caffe_fillers.distributions import Values
from caffe_fillers.errors import NetError
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.planner import PlannedNet
from caffe_fillers.port.contract import Layer, Target, port_all
from caffe_fillers.port.graph import build_graph
from caffe_fillers.schema import NetParameter


def lay_out(target: Target, net: NetParameter, plan: PlannedNet, model: Model) -> list[tuple[str, ModelBlob]]:
    """Every parameter of the printed module with its name; one layer at a time is held when they are read.

    `model` holds the net's blobs in Caffe's order, filled or trained. A layer
    that it does not have, or has with other shapes, is a `NetError`. Layers of one name are the model's in
    their order, and numbered as in the module.
    """
    blobs = blobs_of(plan, model)
    laid: list[tuple[str, ModelBlob]] = []

    def work(layer: Layer) -> None:
        if target.repeats or graph.owner(layer.node, 0) is None:
            laid.extend(_parameters(target, layer, blobs))

    graph = build_graph(net, plan, target.reserved)
    port_all(target.name, replace(graph, nodes=tuple(node for node in graph.nodes if node.blobs)), work)
    return laid


def blobs_of(plan: PlannedNet, model: Model) -> dict[tuple[int, int], ModelBlob]:
    """The model's blobs by the place that they have in the net."""
    return {
        (layer_id, index): blob
        for layer_id, layer in model.layers_of(plan).items()
        for index, blob in enumerate(layer.blobs)
    }


def layer_blobs(layer: Layer, blobs: dict[tuple[int, int], ModelBlob]) -> list[ModelBlob]:
    """A layer's blobs; a `NetError` where the model has none of these shapes."""
    node = layer.node
    found = [blobs[place] for place in node.places if place in blobs]
    if tuple(blob.shape for blob in found) != node.blobs:
        raise NetError(f"the weights do not have the blobs of layer {node.label!r} with the net's shapes")
    return found


def _parameters(
    target: Target, layer: Layer, blobs: dict[tuple[int, int], ModelBlob]
) -> Iterator[tuple[str, ModelBlob]]:
    """Shapes are told from zeros; values are drawn when they are written."""
    value = layer.learned
    if value is None:
        return
    own = layer_blobs(layer, blobs)

    @cache
    def arrays() -> dict[str, Values]:
        return dict(target.lay_out(value, value.op.assigned([blob.array() for blob in own])))

    def chunks(name: str) -> Iterator[Values]:
        yield np.ascontiguousarray(arrays()[name], "<f4").ravel()
        if name == last:
            arrays.cache_clear()

    zeros = [np.broadcast_to(np.float32(0), blob.shape) for blob in own]
    shapes = target.lay_out(value, value.op.assigned(zeros))
    last = [*shapes][-1]
    for name, array in shapes.items():
        yield f"{layer.node.name}{target.separator}{name}", ModelBlob(array.shape, partial(chunks, name))
