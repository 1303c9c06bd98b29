"""A net as code sees it: what is computed from what, under names of Python.

Splits vanish, for a variable may be read twice; data layers become arguments, and what nobody reads becomes
the result. Losses and accuracies are left out, for they belong to a training loop.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from caffe_fillers.errors import UsageError
from caffe_fillers.layers import Role
from caffe_fillers.planner import PlannedLayer, PlannedNet
from caffe_fillers.port.names import identifiers, numbered
from caffe_fillers.port.reading.contract import Node
from caffe_fillers.schema import NetParameter
from caffe_fillers.shapes import Shape


@dataclass(frozen=True)
class Graph:
    """Nodes in order, the arguments that they need with their shapes, and the results.

    `owners` maps the place of a shared blob, its layer's id and its index, to its owner's. `blobs` maps each
    variable to the Caffe blob that it holds, `labels` has the name of every layer by id.
    """

    title: str
    arguments: Mapping[str, Shape | None]
    nodes: tuple[Node, ...]
    results: tuple[str, ...]
    owners: Mapping[tuple[int, int], tuple[int, int]]
    blobs: Mapping[str, str]
    labels: Sequence[str]

    def owner(self, node: Node, index: int) -> tuple[Node, int] | None:
        """The node whose parameter a node's blob is, and that blob's index there; None for one of its own."""
        place = self.owners.get(node.places[index])
        return None if place is None else self._holders().get(place)

    def part(self, blocked: Collection[str], number: int) -> Graph:
        """The nodes after `number` - 1 blocked ones on their longest way, as a graph of its own.

        What other parts read becomes a result, what they make an argument.
        """
        levels: dict[str, int] = {}
        parts: list[int] = []
        for node in self.nodes:
            level = max((levels.get(variable, 1) for variable in node.inputs), default=1)
            stays = node.name not in blocked
            parts.append(level if stays else 0)
            levels |= dict.fromkeys(node.outputs, level if stays else level + 1)
        chosen = [node for node, level in zip(self.nodes, parts, strict=True) if level == number]
        if not chosen:
            raise UsageError(f"there is no part {number}: give --cut a number from 1 to {max(parts)}")
        others = [node for node, level in zip(self.nodes, parts, strict=True) if level != number]
        read = {variable for node in others for variable in node.inputs}.union(self.results)
        made = dict.fromkeys(variable for node in chosen for variable in node.outputs)
        return replace(
            self,
            arguments=_first_reads(chosen),
            nodes=tuple(chosen),
            results=tuple(variable for variable in made if variable in read),
        )

    def _holders(self) -> Mapping[tuple[int, int], tuple[Node, int]]:
        return {place: (node, index) for node in self.nodes for index, place in enumerate(node.places)}


def build_graph(
    net: NetParameter, plan: PlannedNet, reserved: Collection[str], *, every_blob: bool = False
) -> Graph:
    """The graph of a planned net; `net` is what Caffe saves of it, `reserved` what nothing may be called.

    A net that computes nothing is a `UsageError`. With `every_blob` no two layers become one whose blob
    between them would be lost.
    """
    labels = numbered([layer.name for layer in net.layer])
    names = identifiers(labels, reserved)
    variables = identifiers((top for layer in net.layer for top in layer.top), reserved)
    blobs = {variable: top for top, variable in variables.items()}
    nodes = _merge_scales([*_nodes(plan, labels, names, variables)], every_blob=every_blob)
    if not nodes:
        raise UsageError("the net has no layer that computes anything: there is nothing to port")
    made = {variable for node in nodes for variable in node.outputs}
    last = {variable: number for number, node in enumerate(nodes) for variable in node.outputs}
    reads_after = {
        variable
        for number, node in enumerate(nodes)
        for variable in node.inputs
        if number > last.get(variable, number)
    }
    return Graph(
        title=net.name,
        arguments=_first_reads(nodes),
        nodes=tuple(nodes),
        results=tuple(variable for variable in last if variable not in reads_after and variable in made),
        owners={blob.place: blob.owner for blob in plan.blobs if blob.owner},
        blobs=blobs,
        labels=labels,
    )


def _computes(layer: PlannedLayer) -> bool:
    """Whether a layer is a part of the module: data, losses and measures are not."""
    return layer.kind.role is Role.COMPUTE and bool(layer.bottoms or layer.blobs)


def _nodes(
    plan: PlannedNet, labels: Sequence[str], names: Mapping[str, str], variables: Mapping[str, str]
) -> Iterator[Node]:
    for layer, label in zip(plan.layers, labels, strict=True):
        if _computes(layer):
            yield Node(
                layer=layer.parameter,
                label=label,
                name=names[label],
                inputs=tuple(variables[wire.name] for wire in layer.inputs),
                outputs=tuple(variables[wire.name] for wire in layer.tops),
                bottoms=tuple(wire.shape for wire in layer.inputs),
                tops=tuple(wire.shape for wire in layer.tops),
                blobs=tuple(blob.shape for blob in layer.blobs),
                places=tuple(blob.place for blob in layer.blobs),
                steps=tuple(plan.steps[blob.step] for blob in layer.blobs),
            )


def _merge_scales(nodes: Sequence[Node], *, every_blob: bool) -> list[Node]:
    """A Scale of the channels right after a BatchNorm that nobody else reads becomes a part of it."""
    merged: list[Node] = []
    for node in nodes:
        before = merged[-1] if merged else None
        loses = every_blob and before is not None and before.outputs != node.outputs
        if before is not None and not loses and _scales(before, node, nodes):
            merged[-1] = replace(
                before,
                outputs=node.outputs,
                tops=node.tops,
                blobs=before.blobs + node.blobs,
                places=before.places + node.places,
                steps=before.steps + node.steps,
                scale=node.layer,
            )
        else:
            merged.append(node)
    return merged


def _scales(norm: Node, node: Node, nodes: Sequence[Node]) -> bool:
    parameter = node.layer.scale_param
    readers = sum(norm.outputs[0] in other.inputs for other in nodes) if norm.outputs else 0
    return (
        (norm.layer.type, node.layer.type) == ("BatchNorm", "Scale")
        and norm.scale is None
        and len(norm.blobs) == 3  # NVIDIA's may have a factor and bias of its own
        and node.inputs == norm.outputs
        and (readers == 1 or node.outputs == norm.outputs)
        and (parameter.axis, parameter.num_axes) == (1, 1)
    )


def _first_reads(nodes: Sequence[Node]) -> dict[str, Shape | None]:
    """Variables that are read before any layer has made them."""
    seen: set[str] = set()
    arguments: dict[str, Shape | None] = {}
    for node in nodes:
        for variable, shape in zip(node.inputs, node.bottoms, strict=True):
            if variable not in seen and (variable not in arguments or arguments[variable] is None):
                arguments[variable] = shape
        seen.update(node.outputs)
    return arguments
