"""A net as steps between wires: a blob that a layer overwrites in place is another wire."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from caffe_fillers import distributions
from caffe_fillers.layers import layer_type
from caffe_fillers.plan import Draw, Given
from caffe_fillers.planner import PlannedNet
from caffe_fillers.schema import TRAIN, NetParameter
from caffe_fillers.signal.contract import Node, SignalRule, signal_rules


@dataclass(frozen=True)
class Step:
    """One layer with the numbers of its wires, and its rule if it has one."""

    node: Node
    rule: SignalRule | None
    bottoms: tuple[int, ...]
    tops: tuple[int, ...]


@dataclass(frozen=True)
class Graph:
    """All layers in order; `consumers` maps a wire to the step that takes it."""

    steps: tuple[Step, ...]
    consumers: dict[int, int]

    def is_end(self, step: Step) -> bool:
        """Whether gradients begin at its bottoms: a loss, or a softmax that nobody reads."""
        if step.rule is not None and step.rule.loss:
            return True
        unread = not any(top in self.consumers for top in step.tops)
        return step.node.parameter.type == "Softmax" and unread

    @property
    def has_loss(self) -> bool:
        """Whether any layer is a loss."""
        return any(step.rule is not None and step.rule.loss for step in self.steps)

    def after(self, wires: tuple[int, ...]) -> Iterator[Step]:
        """The steps that act on some wires, those behind transparent ones included."""
        for wire in wires:
            if wire in self.consumers:
                step = self.steps[self.consumers[wire]]
                if step.rule is not None and step.rule.transparent:
                    yield from self.after(step.tops)
                else:
                    yield step


def graph(
    parameter: NetParameter, plan: PlannedNet, phase: str | None, input_mean: float, input_std: float
) -> Graph:
    """The net that Caffe saves, wired as it runs; without a phase each layer has its own."""
    found: dict[int, list[distributions.Distribution]] = {}
    for blob in plan.blobs:
        found.setdefault(blob.layer_id, []).append(_distribution(plan, blob.step))
    current: dict[str, int] = {}
    steps: list[Step] = []
    consumers: dict[int, int] = {}
    number = 0
    for index, layer in enumerate(parameter.layer):
        bottoms = tuple(current[name] for name in layer.bottom)
        tops = tuple(range(number, number + len(layer.top)))
        number += len(tops)
        consumers.update(dict.fromkeys(bottoms, index))
        kind = layer_type(layer)
        name = layer.type if kind is None else kind.name
        train = layer.phase == TRAIN if phase is None else phase == "train"
        node = Node(
            layer,
            tuple(plan.tops[name] for name in layer.bottom),
            tuple(plan.tops[name] for name in layer.top),
            tuple(found.get(index, ())),
            train,
            input_mean,
            input_std,
        )
        rule = signal_rules[name] if name in signal_rules else None  # noqa: SIM401 (no mapping)
        steps.append(Step(node, rule, bottoms, tops))
        current.update(zip(layer.top, tops, strict=True))
    return Graph(tuple(steps), consumers)


def _distribution(plan: PlannedNet, number: int) -> distributions.Distribution:
    step = plan.steps[number]
    if isinstance(step, Given):
        values = np.frombuffer(step.values, "<f4").reshape(step.shape)
        return distributions.Exact(values.size, lambda: values)
    if isinstance(step, Draw):
        raise TypeError("a blob is made by a fill, not by a draw")
    return step.distribution()
