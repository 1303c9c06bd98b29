"""A planned net as the signal walks it: each layer with its rule and what that is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from caffe_fillers import distributions
from caffe_fillers.layers import Role
from caffe_fillers.plan import Draw, Given
from caffe_fillers.planner import Place, PlannedLayer, PlannedNet, Wire
from caffe_fillers.schema import TRAIN
from caffe_fillers.signal.contract import Node, SignalRule, rule_of


@dataclass(frozen=True)
class Step:
    """One layer, what its rule is told of it, and the rule if it has one."""

    layer: PlannedLayer
    node: Node
    rule: SignalRule | None

    @property
    def is_loss(self) -> bool:
        """Whether gradients begin at its bottoms whatever follows."""
        return self.layer.kind.role is Role.LOSS

    def is_end(self, net: PlannedNet) -> bool:
        """Return whether gradients begin at its bottoms: a loss, or a softmax that nobody reads."""
        softmax = self.rule is not None and self.rule.softmax
        return self.is_loss or (softmax and not any(map(net.readers, self.layer.tops)))


def steps(
    net: PlannedNet,
    phase: str | None,
    input_mean: float,
    input_std: float,
    values: Mapping[Place, distributions.Distribution],
) -> Mapping[int, Step]:
    """A step for each layer, by its id and in order; without a phase each layer has its own.

    `values` has distributions of blobs that are not what their fillers draw.
    """
    return {
        layer.id: Step(
            layer,
            Node(
                parameter=layer.parameter,
                bottoms=tuple(wire.shape for wire in layer.bottoms),
                tops=tuple(wire.shape for wire in layer.tops),
                distributions=tuple(
                    values.get(blob.owner or blob.place) or _distribution(net, blob.step)
                    for blob in layer.blobs
                ),
                train=layer.parameter.phase == TRAIN if phase is None else phase == "train",
                input_mean=input_mean,
                input_std=input_std,
            ),
            rule_of(layer.kind),
        )
        for layer in net.layers
    }


def after(net: PlannedNet, walk: Mapping[int, Step], wires: Sequence[Wire]) -> Iterator[Step]:
    """The steps that act on some wires, those after transparent ones included."""
    for wire in wires:
        for reader in net.readers(wire):
            step = walk[reader.id]
            if step.rule is not None and step.rule.transparent:
                yield from after(net, walk, reader.tops)
            else:
                yield step


def _distribution(net: PlannedNet, number: int) -> distributions.Distribution:
    step = net.steps[number]
    if isinstance(step, Given):
        values = np.frombuffer(step.values, "<f4").reshape(step.shape)
        return distributions.Exact(values.size, lambda: values)
    if isinstance(step, Draw):
        raise TypeError("a blob is made by a fill, not by a draw")
    return step.distribution()
