"""The walk: signals from the input to the end, gradients back, and the table of both."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from caffe_fillers.planner import PlannedNet
from caffe_fillers.schema import NetParameter
from caffe_fillers.shapes import Shape
from caffe_fillers.signal.contract import Flow
from caffe_fillers.signal.graph import Graph, Step, graph
from caffe_fillers.signal.parts import Gradient, Signal, flat, mean_power, moments, second_moment
from caffe_fillers.signal.remedy import level_filler, weight_shape
from caffe_fillers.signal.result import EXPLODING, VANISHING, LayerSignal, SignalReport, TopSignal

_BOTH_BOTTOMS = ("EuclideanLoss", "ContrastiveLoss")  # losses whose second bottom has a gradient as well


def analyse(
    parameter: NetParameter,
    plan: PlannedNet,
    *,
    input_mean: float = 0.0,
    input_std: float = 1.0,
    phase: str | None = None,
) -> SignalReport:
    """Predict every layer's signal and gradient from what its fillers draw, without drawing.

    `parameter` is the net as Caffe saves it, with `plan` made of it. The
    input's values are independent, of `input_mean` and `input_std`. `phase`
    (train or test) says how dropout and batch norm run, by default in the
    phase the net was planned for. What cannot be predicted is None.
    """
    net = graph(parameter, plan, phase, input_mean, input_std)
    signals: dict[int, Signal | None] = {}
    flows = [_run(step, signals) for step in net.steps]
    gradients = _gradients(net, flows)
    shapes = {blob.layer_id: weight_shape(plan.steps[blob.step]) for blob in reversed(plan.blobs)}
    rows = []
    for index, (step, flow) in enumerate(zip(net.steps, flows, strict=True)):
        row = _row(step, flow, signals, gradients)
        shape = shapes.get(index)
        level = "" if flow is None or shape is None else level_filler(net, step, flow, shape)
        rows.append(replace(row, flags=_flags(row, input_std), level_filler=level))
    trained = any(step.node.train for step in net.steps)
    return SignalReport(tuple(rows), input_mean, input_std, "train" if trained else "test")


def _run(step: Step, signals: dict[int, Signal | None]) -> Flow | None:
    """Let a layer's rule make its tops; where it has none or cannot, they stay unknown."""
    bottoms = [signals.get(wire) for wire in step.bottoms]
    known = tuple(bottom for bottom in bottoms if bottom is not None)
    flow = None
    empty = any(shape is not None and 0 in shape for shape in step.node.tops)
    if step.rule is not None and not empty and (len(known) == len(bottoms) or step.rule.loss):
        flow = step.rule.run(step.node, known)
    tops = (None,) * len(step.tops) if flow is None else flow.tops
    signals.update(zip(step.tops, tops, strict=False))
    return flow


def _gradients(net: Graph, flows: list[Flow | None]) -> dict[int, Gradient | None]:
    """A gradient for each wire, walking back from the ends."""
    gradients: dict[int, Gradient | None] = {}
    for step, flow in zip(reversed(net.steps), reversed(flows), strict=True):
        for wire, shape in zip(step.tops, step.node.tops, strict=True):
            if wire not in net.consumers:
                gradients[wire] = flat(shape, 0.0 if net.has_loss else 1.0)
        if net.is_end(step):
            gradients.update(zip(step.bottoms, _begin(step), strict=True))
        else:
            gradients.update(zip(step.bottoms, _pulled(step, flow, gradients), strict=True))
    return gradients


def _begin(step: Step) -> list[Gradient | None]:
    """Unit variance, times the loss's weight, at the predictions; nothing at labels."""
    layer = step.node.parameter
    power = float(layer.loss_weight[0]) ** 2 if layer.loss_weight else 1.0
    last = 1 if layer.type in _BOTH_BOTTOMS else 0
    return [flat(shape, power if index <= last else 0.0) for index, shape in enumerate(step.node.bottoms)]


def _pulled(
    step: Step, flow: Flow | None, gradients: Mapping[int, Gradient | None]
) -> tuple[Gradient | None, ...]:
    tops = [gradients.get(wire) for wire in step.tops]
    known = tuple(gradient for gradient in tops if gradient is not None)
    if flow is None or len(known) < len(tops):
        return (None,) * len(step.bottoms)
    return flow.pull(known)


def _row(
    step: Step,
    flow: Flow | None,
    signals: Mapping[int, Signal | None],
    gradients: Mapping[int, Gradient | None],
) -> LayerSignal:
    layer = step.node.parameter
    tops = tuple(
        _top(name, shape, signals.get(wire), gradients.get(wire))
        for name, shape, wire in zip(layer.top, step.node.tops, step.tops, strict=True)
    )
    forward_gain, backward_gain = _ratios(step, signals, gradients)
    if flow is None or flow.forward_gain is None:
        return LayerSignal(layer.name, layer.type, tops, forward_gain, backward_gain)
    gains = (flow.forward_gain, flow.backward_gain)
    return LayerSignal(layer.name, layer.type, tops, *gains, flow.fan_in, flow.fan_out)


def _top(name: str, shape: Shape | None, signal: Signal | None, gradient: Gradient | None) -> TopSignal:
    mean, std = (None, None) if signal is None else moments(signal)
    return TopSignal(name, shape, mean, std, None if gradient is None else math.sqrt(mean_power(gradient)))


def _ratios(
    step: Step, signals: Mapping[int, Signal | None], gradients: Mapping[int, Gradient | None]
) -> tuple[float | None, float | None]:
    """Second moments around a layer with one bottom and one top: forwards, and backwards."""
    if len(step.bottoms) != 1 or len(step.tops) != 1:
        return None, None
    before, after = signals.get(step.bottoms[0]), signals.get(step.tops[0])
    back, came = gradients.get(step.bottoms[0]), gradients.get(step.tops[0])
    forward = None if before is None or after is None else _ratio(second_moment(after), second_moment(before))
    backward = None if back is None or came is None else _ratio(mean_power(back), mean_power(came))
    return forward, backward


def _ratio(numerator: float, denominator: float) -> float | None:
    return numerator / denominator if denominator > 0 else None


def _flags(row: LayerSignal, input_std: float) -> tuple[str, ...]:
    """What is out of bounds; a softmax is small by its nature."""
    if row.layer_type == "Softmax":
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
