"""Contract of a signal rule: its arguments, its result, and the registry."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

import numpy as np

from caffe_fillers._registry import Registry
from caffe_fillers.distributions import Distribution
from caffe_fillers.layers import LayerType, Role
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape
from caffe_fillers.signal.parts import Gradient, Signal, mean_power, second_moment

Signals: TypeAlias = tuple[Signal, ...]
Gradients: TypeAlias = "tuple[Gradient | None, ...]"
Pull: TypeAlias = Callable[[tuple[Gradient, ...]], Gradients]


@dataclass(frozen=True)
class Node:
    """A layer as its rule sees it: parameters, shapes, distributions of its blobs, and its phase."""

    parameter: LayerParameter
    bottoms: tuple[Shape | None, ...]
    tops: tuple[Shape | None, ...]
    distributions: tuple[Distribution, ...]
    train: bool
    input_mean: float = 0.0
    input_std: float = 1.0


@dataclass(frozen=True)
class Flow:
    """Effect of a layer on the signal.

    `tops` has a signal for each top, None for one that is not predicted.
    `pull` takes the gradients of the tops, all of them known, and gives those
    of the bottoms. The gains and fans are set by layers with weights.
    """

    tops: tuple[Signal | None, ...]
    pull: Pull
    forward_gain: float | None = None
    backward_gain: float | None = None
    fan_in: float | None = None
    fan_out: float | None = None


Rule: TypeAlias = Callable[[Node, Signals], "Flow | None"]


@dataclass(frozen=True)
class SignalRule:
    """A registered rule.

    `rule` gives None where it cannot predict. `activation` marks functions
    of single values, whose factor a filler before them makes up for;
    `transparent` layers that lie between the two without a say; `softmax`
    small values at which a net may end. `predictions` is how many bottoms of a
    loss have a gradient, from the first on. A rule is not called where a
    bottom is not predicted, save that a loss may have any labels.
    """

    rule: Rule
    activation: bool = False
    transparent: bool = False
    softmax: bool = False
    predictions: int = 1

    def run(self, node: Node, bottoms: Signals) -> Flow | None:
        """Return what the rule predicts, signals and gradients; None instead of what a double cannot hold."""
        with np.errstate(all="ignore"):
            try:
                flow = self.rule(node, bottoms)
            except OverflowError:
                return None
            if flow is None:
                return None
            tops = (
                top if top is not None and math.isfinite(second_moment(top)) else None for top in flow.tops
            )
            return replace(flow, tops=tuple(tops), pull=partial(_finite_pull, flow.pull))


signal_rules: Registry[SignalRule] = Registry("signal rule", f"{__package__}.rules")
role_rules: dict[Role, SignalRule] = {}
"""For layer types without a rule of their own."""


def signal_rule(
    *names: str,
    role: Role | None = None,
    activation: bool = False,
    transparent: bool = False,
    softmax: bool = False,
    predictions: int = 1,
) -> Callable[[Rule], Rule]:
    """Register a rule under its layer types, and for all types of a role that have none of their own."""

    def decorate(rule: Rule) -> Rule:
        made = SignalRule(
            rule=rule,
            activation=activation,
            transparent=transparent,
            softmax=softmax,
            predictions=predictions,
        )
        for name in names:
            signal_rules.add(name, made)
        if role is not None:
            role_rules[role] = made
        return rule

    return decorate


def rule_of(kind: LayerType) -> SignalRule | None:
    """The rule of a layer type, else that of its role; None where there is neither."""
    return signal_rules[kind.name] if kind.name in signal_rules else role_rules.get(kind.role)


def _finite_pull(pull: Pull, gradients: tuple[Gradient, ...]) -> Gradients:
    with np.errstate(all="ignore"):
        pulled = pull(gradients)
        return tuple(
            each if each is not None and math.isfinite(mean_power(each)) else None for each in pulled
        )


def no_pull(_: tuple[Gradient, ...]) -> Gradients:
    """Return the gradients of a layer without bottoms."""
    return ()
