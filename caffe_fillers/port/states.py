"""Recurrent layers whose states are blobs of the net, so that a sequence can go on in another call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from caffe_fillers.layers import layer_types
from caffe_fillers.planner import PlannedLayer, PlannedNet, Wire
from caffe_fillers.port.graph import build_graph
from caffe_fillers.port.ops import LSTM, Recurrent
from caffe_fillers.schema import LayerParameter

_INPUT = "Input"


def expose_states(net: PlannedNet) -> PlannedNet:
    """Return the net with `expose_hidden` in all recurrent layers: states are bottoms and tops.

    They are 1 x streams x outputs. A layer `lstm` reads `lstm_h` and `lstm_c`, and makes `lstm_h_end` and
    `lstm_c_end`; an RNN has no `c`. Layers that have their states outside already stay unchanged.
    """
    recurrent = {
        layer.node.planned.id: op
        for layer in build_graph(net).layers
        for op in layer.ops
        if isinstance(op, Recurrent) and not op.states
    }
    maker, numbers = len(net.layers), _numbers(net)
    begins: list[Wire] = []
    layers = []
    for layer in net.layers:
        if layer.id in recurrent:
            states = _states(layer, recurrent[layer.id], numbers, maker)
            begins += [before for before, _ in states]
            layers.append(_exposed(layer, states))
        else:
            layers.append(layer)
    given = LayerParameter(name="states", type=_INPUT, top=[wire.name for wire in begins])
    layers.append(PlannedLayer(maker, given, kind=layer_types[_INPUT], tops=tuple(begins)))
    return replace(net, layers=tuple(layers))


def _numbers(net: PlannedNet) -> Iterator[int]:
    """Yield numbers that no wire has."""
    number = max((wire.number for layer in net.layers for wire in layer.tops), default=0)
    while True:
        number += 1
        yield number


def _states(
    layer: PlannedLayer, op: Recurrent, numbers: Iterator[int], maker: int
) -> list[tuple[Wire, Wire]]:
    """Return for each state the wire that the layer begins with, and the one that it ends with."""
    streams = (layer.inputs[0].shape or (0, -1))[1]
    shape = (1, streams, op.outputs)
    return [
        (
            Wire(next(numbers), f"{layer.name}_{state}", shape, maker),
            Wire(next(numbers), f"{layer.name}_{state}_end", shape, layer.id),
        )
        for state in ("h", "c")[: 1 + isinstance(op, LSTM)]
    ]


def _exposed(layer: PlannedLayer, states: list[tuple[Wire, Wire]]) -> PlannedLayer:
    parameter = LayerParameter()
    parameter.CopyFrom(layer.parameter)
    parameter.recurrent_param.expose_hidden = True
    return replace(
        layer,
        parameter=parameter,
        bottoms=(*layer.bottoms, *(before for before, _ in states)),
        tops=(*layer.tops, *(after for _, after in states)),
    )
