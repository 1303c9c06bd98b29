"""A net as code sees it: what is computed from what, under names of Python.

Splits vanish, for a variable may be read twice; data layers become arguments, and what nobody reads becomes
the result. Losses and accuracies are left out, for they belong to a training loop.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from caffe_fillers.errors import UsageError
from caffe_fillers.plan import Plan
from caffe_fillers.port.names import identifiers
from caffe_fillers.schema import LayerParameter, NetParameter
from caffe_fillers.shapes import Shape

_MEASURES = {
    *("Accuracy", "ContrastiveLoss", "EuclideanLoss", "HingeLoss", "InfogainLoss", "Silence"),
    *("MultinomialLogisticLoss", "SigmoidCrossEntropyLoss", "SoftmaxWithLoss"),
}


@dataclass(frozen=True)
class Node:
    """One layer: its attribute's name, the variables it reads and makes, and the shapes of all.

    `scale` is the Scale layer that a BatchNorm has taken in; its blobs then
    follow the BatchNorm's.
    """

    layer: LayerParameter
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    bottoms: tuple[Shape | None, ...]
    tops: tuple[Shape | None, ...]
    blobs: tuple[Shape, ...]
    scale: LayerParameter | None = None

    @property
    def rank(self) -> int:
        """Number of axes of the first bottom; a target that must know it cannot go without."""
        if self.bottoms[0] is None:
            raise UsageError(
                f"layer {self.layer.name!r}: the shape of its bottom is not known; give it with --shape"
            )
        return len(self.bottoms[0])


@dataclass(frozen=True)
class Graph:
    """Nodes in order, the arguments that they need, the results, and parameters that are another's.

    `shared` maps layer and blob index to those of the owner; `names` has the
    attribute of every layer.
    """

    title: str
    arguments: tuple[str, ...]
    nodes: tuple[Node, ...]
    results: tuple[str, ...]
    shared: Mapping[tuple[str, int], tuple[str, int]]
    names: Mapping[str, str]


def build_graph(net: NetParameter, plan: Plan, reserved: Collection[str]) -> Graph:
    """The graph of a planned net; `net` is what Caffe saves of it, `reserved` what nothing may be called."""
    names = identifiers((layer.name for layer in net.layer), reserved)
    variables = identifiers((top for layer in net.layer for top in layer.top), reserved)
    nodes = _merge_scales([*_nodes(net, plan, names, variables)])
    made = {variable for node in nodes for variable in node.outputs}
    arguments = tuple(dict.fromkeys(_first_reads(nodes, made)))
    last = {variable: number for number, node in enumerate(nodes) for variable in node.outputs}
    reads_after = {
        variable
        for number, node in enumerate(nodes)
        for variable in node.inputs
        if number > last.get(variable, number)
    }
    results = tuple(variable for variable in last if variable not in reads_after)
    shared = {(blob.layer, blob.index): blob.owner for blob in plan.blobs if blob.owner}
    merged = {node.scale.name: node.name for node in nodes if node.scale is not None}
    return Graph(net.name, arguments, tuple(nodes), results, shared, {**names, **merged})


def _nodes(
    net: NetParameter, plan: Plan, names: Mapping[str, str], variables: dict[str, str]
) -> Iterator[Node]:
    blobs: dict[int, list[Shape]] = {}
    for blob in plan.blobs:
        blobs.setdefault(blob.layer_id, []).append(blob.shape)
    for layer_id, layer in enumerate(net.layer):
        if layer.type == "Split":
            variables |= dict.fromkeys(layer.top, variables[layer.bottom[0]])
        elif layer.bottom and layer.type not in _MEASURES:
            yield Node(
                layer,
                names[layer.name],
                tuple(variables[bottom] for bottom in layer.bottom),
                tuple(variables[top] for top in layer.top),
                tuple(plan.tops.get(bottom) for bottom in layer.bottom),
                tuple(plan.tops.get(top) for top in layer.top),
                tuple(blobs.get(layer_id, ())),
            )


def _merge_scales(nodes: Sequence[Node]) -> list[Node]:
    """A Scale of the channels right behind a BatchNorm that nobody else reads becomes a part of it."""
    merged: list[Node] = []
    for node in nodes:
        before = merged[-1] if merged else None
        if before is not None and _scales(before, node, nodes):
            blobs = before.blobs + node.blobs
            merged[-1] = replace(before, outputs=node.outputs, blobs=blobs, scale=node.layer)
        else:
            merged.append(node)
    return merged


def _scales(norm: Node, node: Node, nodes: Sequence[Node]) -> bool:
    parameter = node.layer.scale_param
    readers = sum(norm.outputs[0] in other.inputs for other in nodes) if norm.outputs else 0
    return (
        (norm.layer.type, node.layer.type) == ("BatchNorm", "Scale")
        and norm.scale is None
        and node.inputs == norm.outputs
        and (readers == 1 or node.outputs == norm.outputs)
        and (parameter.axis, parameter.num_axes) == (1, 1)
    )


def _first_reads(nodes: Sequence[Node], made: set[str]) -> Iterator[str]:
    """Variables that are read before any layer has made them."""
    seen: set[str] = set()
    for node in nodes:
        yield from (variable for variable in node.inputs if variable not in seen)
        seen.update(node.outputs)
