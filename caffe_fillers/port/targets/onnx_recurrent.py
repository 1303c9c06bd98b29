"""ONNX: recurrent layers as a Scan over the steps, for no sequence ends within a bottom of ONNX's own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from caffe_fillers.port import ops
from caffe_fillers.port.onnx_nodes import Nodes, Place, Tensor


def lstm(op: ops.LSTM, at: Place, *inputs: Tensor) -> tuple[Tensor, ...]:
    """Hidden and cell are its states."""
    return _scan(op, at, inputs, {"h": op.outputs, "c": op.outputs, "g": 4 * op.outputs, "m": 1}, _lstm_step)


def rnn(op: ops.RNN, at: Place, *inputs: Tensor) -> tuple[Tensor, ...]:
    """A product of the hidden state is the output."""
    hidden, *states = _scan(op, at, inputs, {"h": op.outputs, "g": op.outputs, "m": 1}, _rnn_step)
    weight, bias = at.weights("output_weight", "output_bias")
    return at.add("Tanh", at.add("MatMul", hidden, at.transposed(weight)) + bias), *states


def _scan(
    op: ops.Recurrent,
    at: Place,
    inputs: tuple[Tensor, ...],
    widths: dict[str, int],
    step: Callable[..., tuple[Tensor, ...]],
) -> tuple[Tensor, ...]:
    """The hidden state of every step, and where the layer gives them the last states.

    `widths` are those of a step's inputs: its states, its gates before the states' part, its mark.
    """
    steps, streams, *_ = at.x.known
    x, cont, *more = inputs

    def product(rows: Tensor, role: str) -> Tensor:
        return at.add("MatMul", rows, at.transposed(at.weights(role)[0]))

    gates = product(at.reshape(x, steps, streams, op.inputs), "weight") + at.weights("bias")[0]
    if op.static:
        static, *more = more
        gates = gates + product(at.reshape(static, streams, op.static), "static_weight")
    states = len(widths) - 2
    begins = [at.array(np.zeros((streams, op.outputs), np.float32), "zeros")] * states
    if op.states:
        begins = [at.reshape(each, streams, op.outputs) for each in more]
    hidden = at.transposed(at.weights("recurrent_weight")[0])
    body = Nodes(f"{at.prefix}/step")
    inside = Place(body, at.value, {}, "step")
    ends = step(inside, hidden, **{name: Tensor(name, inside) for name in widths})
    graph = body.graph(
        inputs={name: (streams, width) for name, width in widths.items()},
        outputs={each.name: (streams, op.outputs) for each in ends},
    )
    marks = at.reshape(cont, steps, streams, 1)
    *lasts, made = at.add_several(
        "Scan", *begins, gates, marks, outputs=states + 1, body=graph, num_scan_inputs=2
    )
    return made, *([at.reshape(each, 1, streams, op.outputs) for each in lasts] if op.states else [])


def _lstm_step(at: Place, hidden: Tensor, h: Tensor, c: Tensor, g: Tensor, m: Tensor) -> tuple[Tensor, ...]:
    """One step: hidden and cell, which a mark of 0 clears, and the hidden state as the step's output."""
    old_h, old_c = h * m, c * m
    i, f, o, new = at.add_several("Split", g + at.add("MatMul", old_h, hidden), outputs=4, axis=1)
    i, f, o = (at.add("Sigmoid", each) for each in (i, f, o))
    cell = f * old_c + i * at.add("Tanh", new)
    made = o * at.add("Tanh", cell)
    return made, cell, at.add("Identity", made)


def _rnn_step(at: Place, hidden: Tensor, h: Tensor, g: Tensor, m: Tensor) -> tuple[Tensor, ...]:
    """One step: the hidden state, and again as the step's output."""
    made = at.add("Tanh", g + at.add("MatMul", h * m, hidden))
    return made, at.add("Identity", made)
