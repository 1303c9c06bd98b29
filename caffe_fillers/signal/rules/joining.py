"""Layers that join, cut, copy and reshape blobs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial, reduce
from itertools import accumulate, pairwise
from typing import TypeAlias

import numpy as np

from caffe_fillers.layers import Role
from caffe_fillers.schema import EltwiseParameter
from caffe_fillers.shapes import Shape, canonical_axis, differ
from caffe_fillers.signal.contract import Flow, Gradients, Node, Signals, signal_rule
from caffe_fillers.signal.distribution import Part, Reals, combined
from caffe_fillers.signal.parts import (
    Gradient,
    Power,
    Signal,
    boundaries,
    cut,
    flat,
    flattened,
    layout,
    mean_power,
    num_channels,
)

Operation: TypeAlias = Callable[[Reals, Reals], Reals]


@signal_rule(role=Role.COPY, transparent=True)
def split(node: Node, bottoms: Signals) -> Flow | None:
    """The gradients of all tops are summed, as if they were independent."""
    return Flow(bottoms * len(node.tops), lambda gradients: (reduce(added, gradients),))


def added(left: Gradient, right: Gradient) -> Gradient:
    """The second moment of a sum of independent gradients."""
    return tuple(
        Power(stop - start, cut(left, start, stop)[0].power + cut(right, start, stop)[0].power)
        for start, stop in pairwise(boundaries(left, right))
    )


@signal_rule("Concat")
def concat(node: Node, bottoms: Signals) -> Flow | None:
    """Along the channels; along another axis not predicted, unless there is but one bottom."""
    if len(bottoms) == 1:
        return Flow(bottoms, lambda gradients: gradients)
    if _axis(node.parameter.concat_param, "concat_dim", node.tops[0]) != 1:
        return None
    ends = list(accumulate(map(num_channels, bottoms), initial=0))
    top = tuple(part for bottom in bottoms for part in bottom)
    return Flow(
        (top,), lambda gradients: tuple(cut(gradients[0], start, stop) for start, stop in pairwise(ends))
    )


@signal_rule("Slice")
def slice_layer(node: Node, bottoms: Signals) -> Flow | None:
    """Along the channels, or of items, which are all alike."""
    axis = _axis(node.parameter.slice_param, "slice_dim", node.bottoms[0])
    layouts = [layout(top) for top in node.tops]
    if axis == 0:
        return Flow(bottoms * len(node.tops), lambda gradients: (_shares(gradients),))
    if axis != 1 or None in layouts:
        return None
    ends = list(accumulate((known[0] for known in layouts if known), initial=0))
    tops = tuple(cut(bottoms[0], start, stop) for start, stop in pairwise(ends))
    return Flow(tops, lambda gradients: (tuple(each for part in gradients for each in part),))


def _shares(gradients: Sequence[Gradient]) -> Gradient:
    """Items' gradients, averaged over parts of equal size."""
    total = reduce(added, gradients)
    return tuple(replace(each, power=each.power / len(gradients)) for each in total)


def _axis(parameter: object, old_name: str, shape: Shape | None) -> int | None:
    if parameter.HasField(old_name):  # type: ignore[attr-defined]
        return int(getattr(parameter, old_name))
    return None if shape is None else canonical_axis(parameter.axis, len(shape))  # type: ignore[attr-defined]


@signal_rule("Eltwise")
def eltwise(node: Node, bottoms: Signals) -> Flow | None:
    """Sum, product or maximum, of values that are independent or, of one origin, the same."""
    parameter = node.parameter.eltwise_param
    coefficients = list(parameter.coeff) or [1.0] * len(bottoms)
    weighted = [_scaled(bottom, factor) for bottom, factor in zip(bottoms, coefficients, strict=True)]
    function = _OPERATIONS.get(parameter.operation)
    if function is None:  # a fork's own
        return None
    top = reduce(partial(_combine, function), _by_origin(weighted))

    def pull(gradients: tuple[Gradient, ...]) -> Gradients:
        (gradient,) = gradients
        if parameter.operation == EltwiseParameter.SUM:
            return tuple(
                tuple(replace(each, power=each.power * factor**2) for each in gradient)
                for factor in coefficients
            )
        return tuple(
            _pulled(gradient, parameter.operation, own, others)
            for own, others in zip(weighted, _without_each(function, weighted), strict=True)
        )

    return Flow((top,), pull)


def _without_each(function: Operation, signals: Sequence[Signal]) -> Iterator[Signal]:
    """Yield for each signal the others combined: those before it, and those after it."""
    combine = partial(_combine, function)
    before = list(accumulate(signals[:-1], combine))
    after = list(accumulate(reversed(signals[1:]), combine))[::-1]
    yield after[0]
    yield from map(combine, before, after[1:])
    yield before[-1]


_OPERATIONS: dict[int, Operation] = {
    EltwiseParameter.SUM: np.add,
    EltwiseParameter.PROD: np.multiply,
    EltwiseParameter.MAX: np.maximum,
}


def _by_origin(signals: Sequence[Signal]) -> list[Signal]:
    """Return blobs of one origin side by side, for once combined they have a new one."""
    origins = [tuple(id(part.origin) for part in signal) for signal in signals]
    return [signals[index] for index in sorted(range(len(signals)), key=lambda i: origins.index(origins[i]))]


def _scaled(signal: Signal, factor: float) -> Signal:
    return tuple(replace(part, values=factor * part.values) for part in signal)


def _combine(function: Operation, left: Signal, right: Signal) -> Signal:
    return tuple(
        combined(function, *cut(left, start, stop), *cut(right, start, stop))
        for start, stop in pairwise(boundaries(left, right))
    )


def _pulled(gradient: Gradient, operation: int, own: Signal, others: Signal) -> Gradient:
    """The gradient of one bottom: times the others' product, or where it is the greatest."""
    factor = others if operation == EltwiseParameter.PROD else _combine(_wins, own, others)
    pieces = []
    for start, stop in pairwise(boundaries(gradient, factor)):
        part = cut(factor, start, stop)[0]
        second = part.grid_second * part.scale**2 if operation == EltwiseParameter.PROD else part.second
        pieces.append(Power(stop - start, cut(gradient, start, stop)[0].power * second))
    return tuple(pieces)


def _wins(left: Reals, right: Reals) -> Reals:
    """Return whether the left is greater, as a number whose square is a half for equals."""
    return np.asarray(np.sqrt((left > right) + 0.5 * (left == right)))


@signal_rule("Flatten", "Reshape", transparent=True)
def reshape(node: Node, bottoms: Signals) -> Flow | None:
    """Channels that come apart must be alike; positions are averaged."""
    top, whole = layout(node.tops[0]), flattened(bottoms[0])
    if top is None or node.bottoms[0] is None or node.tops[0] is None:
        return None
    if differ(node.bottoms[0][:1], node.tops[0][:1]) and len(whole) > 1:
        return None
    if len(whole) == 1:
        signal: Signal = (_placed(whole[0], top),)
    elif top[1] == ():
        signal = tuple(replace(part, scale=np.array(part.level)) for part in whole)
    elif top[0] == num_channels(bottoms[0]):
        signal = tuple(_placed(part, (part.channels, top[1])) for part in bottoms[0])
    else:
        return None
    return Flow((signal,), lambda gradients: (flat(node.bottoms[0], mean_power(gradients[0])),))


def _placed(part: Part, where: tuple[int, Shape]) -> Part:
    return replace(part, channels=where[0], scale=np.full(where[1], part.level))
