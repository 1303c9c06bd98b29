"""Layers that share all their parameters with another, where a framework says so by using the layer twice."""

from __future__ import annotations

from caffe_fillers.errors import UsageError
from caffe_fillers.port.graph import Graph


def owners(graph: Graph) -> dict[str, str]:
    """By identifier, the layer whose parameters a layer uses instead of its own.

    A layer that shares only some, or that owns some of a layer's and not all, is a `UsageError`.
    """
    found: dict[str, str] = {}
    names = {node.layer.name: node for node in graph.nodes}
    for node in graph.nodes:
        owned = [graph.shared.get((node.layer.name, index)) for index in range(len(node.blobs))]
        if not any(owned):
            continue
        owner = owned[0][0] if owned[0] else ""
        whole = owned == [(owner, index) for index in range(len(owned))]
        if not whole or owner not in names or names[owner].blobs != node.blobs:
            raise UsageError(f"layer {node.layer.name!r} shares only some of its parameters with others")
        found[node.name] = names[owner].name
    return found
