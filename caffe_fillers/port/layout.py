"""Lay a model's blobs out as another framework keeps them, named as in the module that `port` prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np

from caffe_fillers.distributions import Values
from caffe_fillers.errors import NetError, UsageError
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.planner import Place, PlannedNet
from caffe_fillers.port.graph import Graph, Layer, build_graph
from caffe_fillers.port.ops import Dense
from caffe_fillers.port.targets import Target, port_all
from caffe_fillers.port.values import Arrays
from caffe_fillers.shapes import Shape


def lay_out(target: Target, net: PlannedNet, model: Model) -> list[tuple[str, ModelBlob]]:
    """Return every parameter of the printed module with its name; reading them holds one layer at a time.

    `model` holds the net's blobs in Caffe's order, filled or trained. A layer
    that it does not have, or has with other shapes, is a `NetError`. Layers of one name are the model's in
    their order, and numbered as in the module.
    """
    blobs = blobs_of(net, model)
    laid: list[tuple[str, ModelBlob]] = []

    def work(layer: Layer) -> None:
        if target.repeats or layer.node.parameters[0].owner is None:
            laid.extend(_parameters(target, layer, blobs))

    graph = build_graph(net, target.reserved)
    port_all(
        target.name, replace(graph, layers=tuple(each for each in graph.layers if each.node.blobs)), work
    )
    return laid


def blobs_of(net: PlannedNet, model: Model) -> dict[Place, ModelBlob]:
    """Return the model's blobs by their place in the net."""
    return {
        (layer_id, index): blob
        for layer_id, layer in model.layers_of(net).items()
        for index, blob in enumerate(layer.blobs)
    }


def layer_blobs(layer: Layer, blobs: dict[Place, ModelBlob]) -> list[ModelBlob]:
    """Return a layer's blobs; a `NetError` if the model has none of these shapes."""
    node = layer.node
    found = [blobs[each.place] for each in node.parameters if each.place in blobs]
    if tuple(blob.shape for blob in found) != node.blobs:
        raise NetError(f"the weights do not have the blobs of layer {node.label!r} with the net's shapes")
    return found


def _parameters(
    target: Target, layer: Layer, blobs: dict[Place, ModelBlob]
) -> Iterator[tuple[str, ModelBlob]]:
    """Shapes are found with zeros; values are drawn when they are written."""
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


def layer_owners(graph: Graph, arrange: Any) -> dict[str, str]:
    """By identifier, the layer whose parameters a layer uses instead of its own.

    A layer that shares only some, or that owns some of a layer's and not all, is a `UsageError`, and so is
    one that would keep them in another way than their owner.
    """
    found: dict[str, str] = {}
    for layer in graph.layers:
        shared = [graph.owner(blob) for blob in layer.node.parameters]
        if not any(shared) or isinstance(layer.tops, UsageError):
            continue
        owner = shared[0][0] if shared[0] else None
        whole = owner is not None and [each and (each[0].node.name, each[1]) for each in shared] == [
            (owner.node.name, place) for place in range(len(shared))
        ]
        if owner is None or not whole or owner.node.blobs != layer.node.blobs:
            raise UsageError(f"layer {layer.node.label!r} shares only some of its parameters with others")
        if isinstance(owner.tops, UsageError):
            continue
        if not _kept_alike(owner, layer, arrange):
            raise UsageError(
                f"layer {layer.node.label!r} would keep its parameters in another way than layer "
                f"{owner.node.label!r}, whose they are"
            )
        found[layer.node.name] = owner.node.name
    return found


def _kept_alike(owner: Layer, layer: Layer, arrange: Any) -> bool:
    ours, theirs = layer.learned, owner.learned
    if ours is None or theirs is None or type(ours.op) is not type(theirs.op):
        return False
    if getattr(ours.op, "transpose", False) != getattr(theirs.op, "transpose", False):
        return False
    images = [
        value.shape[1:] for value in (theirs.inputs[0], ours.inputs[0]) if value.shape and value.rank == 4
    ]
    if isinstance(ours.op, Dense) and images and images != images[:1] * 2:
        return False
    return shapes(layer, arrange) == shapes(owner, arrange)


def shapes(layer: Layer, arrange: Any) -> Mapping[str, Shape]:
    """Names and shapes of a layer's parameters in the framework."""
    value = layer.learned
    return (
        {} if value is None else {name: array.shape for name, array in arrange(value, zeros(layer)).items()}
    )


def zeros(layer: Layer) -> Arrays:
    """Parameters by role, of zeros that take no memory."""
    value = layer.learned
    blank = [np.broadcast_to(np.float32(0), shape) for shape in layer.node.blobs]
    return {} if value is None else value.op.assigned(blank)
