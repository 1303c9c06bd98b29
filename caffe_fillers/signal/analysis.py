"""The walk: signals from the input to the end, gradients back, and the table of both."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from caffe_fillers.distributions import Distribution
from caffe_fillers.plan import Fill
from caffe_fillers.planner import Place, PlannedNet, Wire
from caffe_fillers.signal.contract import Flow
from caffe_fillers.signal.parts import Gradient, Signal, flat, mean_power, moments, second_moment
from caffe_fillers.signal.remedy import level_filler
from caffe_fillers.signal.result import EXPLODING, VANISHING, LayerSignal, SignalReport, TopSignal
from caffe_fillers.signal.steps import Step, steps


class _Level(NamedTuple):
    """Figures of a signal: mean, standard deviation and second moment of its values."""

    mean: float
    std: float
    second: float


def analyze(
    net: PlannedNet,
    *,
    input_mean: float = 0.0,
    input_std: float = 1.0,
    phase: str | None = None,
    values: Mapping[Place, Distribution] | None = None,
) -> SignalReport:
    """Predict every layer's signal and gradient from what its fillers draw, without drawing.

    The input's values are independent, of `input_mean` and `input_std`. `phase`
    (train or test) says how dropout and batch norm run, by default in the
    phase the net was planned for. `values` has distributions of blobs, by place,
    that are no longer what their fillers draw; with them no filler is proposed.
    What cannot be predicted is None.
    """
    walk = steps(net, phase, input_mean, input_std, values or {})
    flows, levels = _flows(walk)
    gradients = _gradients(net, walk, flows)
    rows = []
    for layer_id, step in walk.items():
        flow = flows[layer_id]
        row = _row(step, flow, levels, gradients)
        fill = net.steps[step.layer.blobs[0].step] if step.layer.blobs else None
        level = ""
        if flow is not None and isinstance(fill, Fill) and not values:
            level = level_filler(net, walk, step, flow, fill.shape)
        rows.append(replace(row, flags=_flags(step, row, input_std), level_filler=level))
    trained = any(step.node.train for step in walk.values())
    return SignalReport(tuple(rows), input_mean, input_std, "train" if trained else "test")


def _flows(walk: Mapping[int, Step]) -> tuple[dict[int, Flow | None], dict[Wire, _Level]]:
    """Run all layers; a signal, of 60 kB and more, is let go when its last reader has run."""
    readers = Counter(wire for step in walk.values() for wire in step.layer.bottoms)
    signals: dict[Wire, Signal | None] = {}
    flows: dict[int, Flow | None] = {}
    levels: dict[Wire, _Level] = {}
    for layer_id, step in walk.items():
        flow = _run(step, signals)
        flows[layer_id] = flow and replace(flow, tops=())
        for wire in step.layer.tops:
            if (signal := signals.get(wire)) is not None:
                levels[wire] = _Level(*moments(signal), second_moment(signal))
        readers.subtract(step.layer.bottoms)
        for wire in (*step.layer.bottoms, *step.layer.tops):
            if not readers[wire]:
                signals.pop(wire, None)
    return flows, levels


def _run(step: Step, signals: dict[Wire, Signal | None]) -> Flow | None:
    """Let a layer's rule make its tops; where it has none or cannot, they stay unknown."""
    bottoms = [signals.get(wire) for wire in step.layer.bottoms]
    known = tuple(bottom for bottom in bottoms if bottom is not None)
    flow = None
    empty = any(shape is not None and 0 in shape for shape in step.node.tops)
    if step.rule is not None and not empty and (len(known) == len(bottoms) or step.is_loss):
        flow = step.rule.run(step.node, known)
    tops = (None,) * len(step.layer.tops) if flow is None else flow.tops
    signals.update(zip(step.layer.tops, tops, strict=False))
    return flow


def _gradients(
    net: PlannedNet, walk: Mapping[int, Step], flows: Mapping[int, Flow | None]
) -> dict[Wire, Gradient | None]:
    """A gradient for each wire, walking back from the ends."""
    gradients: dict[Wire, Gradient | None] = {}
    at_the_end = 0.0 if any(step.is_loss for step in walk.values()) else 1.0
    for layer_id, step in reversed([*walk.items()]):
        for wire in step.layer.tops:
            gradients.setdefault(wire, flat(wire.shape, at_the_end))
        back = _begin(step) if step.is_end(net) else _pulled(step, flows[layer_id], gradients)
        gradients.update(zip(step.layer.bottoms, back, strict=True))
    return gradients


def _begin(step: Step) -> Sequence[Gradient | None]:
    """Unit variance, times the loss's weight, at the predictions; nothing at labels."""
    weights = step.layer.parameter.loss_weight
    power = float(weights[0]) ** 2 if weights else 1.0
    predictions = 1 if step.rule is None else step.rule.predictions
    return [
        flat(shape, power if index < predictions else 0.0) for index, shape in enumerate(step.node.bottoms)
    ]


def _pulled(
    step: Step, flow: Flow | None, gradients: Mapping[Wire, Gradient | None]
) -> Sequence[Gradient | None]:
    tops = [gradients.get(wire) for wire in step.layer.tops]
    known = tuple(gradient for gradient in tops if gradient is not None)
    if flow is None or len(known) < len(tops):
        return (None,) * len(step.layer.bottoms)
    return flow.pull(known)


def _row(
    step: Step,
    flow: Flow | None,
    levels: Mapping[Wire, _Level],
    gradients: Mapping[Wire, Gradient | None],
) -> LayerSignal:
    layer = step.layer
    tops = tuple(_top(wire, levels.get(wire), gradients.get(wire)) for wire in layer.tops)
    forward_gain, backward_gain = _ratios(step, levels, gradients)
    if flow is None or flow.forward_gain is None:
        return LayerSignal(layer.name, layer.type, tops, forward_gain, backward_gain)
    gains = (flow.forward_gain, flow.backward_gain)
    return LayerSignal(layer.name, layer.type, tops, *gains, flow.fan_in, flow.fan_out)


def _top(wire: Wire, level: _Level | None, gradient: Gradient | None) -> TopSignal:
    mean, std = (None, None) if level is None else (level.mean, level.std)
    back = None if gradient is None else math.sqrt(mean_power(gradient))
    return TopSignal(wire.name, wire.shape, mean, std, back)


def _ratios(
    step: Step, levels: Mapping[Wire, _Level], gradients: Mapping[Wire, Gradient | None]
) -> tuple[float | None, float | None]:
    """Second moments around a layer with one bottom and one top: forwards, and backwards."""
    if len(step.layer.bottoms) != 1 or len(step.layer.tops) != 1:
        return None, None
    (bottom,), (top,) = step.layer.bottoms, step.layer.tops
    before, after = levels.get(bottom), levels.get(top)
    back, came = gradients.get(bottom), gradients.get(top)
    forward = None if before is None or after is None else _ratio(after.second, before.second)
    backward = None if back is None or came is None else _ratio(mean_power(back), mean_power(came))
    return forward, backward


def _ratio(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator > 0 else None


def _flags(step: Step, row: LayerSignal, input_std: float) -> tuple[str, ...]:
    """Return what is out of bounds; a softmax is small by its nature."""
    if step.rule is not None and step.rule.softmax:
        return ()
    stds = [top.std for top in row.tops if top.std is not None]
    backs = [top.gradient_std for top in row.tops if top.gradient_std]
    found = {
        "signal vanishes": any(std < VANISHING * input_std for std in stds),
        "signal explodes": any(std > EXPLODING * input_std for std in stds),
        "gradient vanishes": any(back < VANISHING for back in backs),
        "gradient explodes": any(back > EXPLODING for back in backs),
    }
    return tuple(flag for flag, is_so in found.items() if is_so)
