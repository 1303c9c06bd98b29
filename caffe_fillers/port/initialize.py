"""What draws the parameters of a printed layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from caffe_fillers.frameworks.initializers import Initializer, equivalent
from caffe_fillers.plan import Fill
from caffe_fillers.port.contract import Layer
from caffe_fillers.port.graph import Graph

_COUNTED = {"mean": "zeros", "variance": "ones"}


@dataclass(frozen=True)
class Drawn:
    """A parameter by its role, and its initializer."""

    role: str
    initializer: Initializer


def drawn(framework: str, graph: Graph, layer: Layer) -> Iterator[Drawn]:
    """The parameters that a layer draws itself, in the order of its blobs.

    Statistics are counted, not drawn, and what another layer owns is not drawn again.
    """
    node, op = layer.node, layer.settings
    for index, (role, step) in enumerate(zip(op.roles, node.steps, strict=False)):
        if role in (*_COUNTED, "factor") or node.places[index] in graph.owners:
            continue
        parameter = node.scale if node.scale is not None and role in ("weight", "bias") else node.layer
        if isinstance(step, Fill):
            yield Drawn(role, equivalent(framework, step, parameter))
        else:
            yield Drawn(
                role, Initializer("", exact=False, comment="the prototxt holds its values: load them")
            )
