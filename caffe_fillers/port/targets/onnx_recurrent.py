"""ONNX: recurrent layers as a Scan over the steps, for no sequence ends within a bottom of ONNX's own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from caffe_fillers.port import ops
from caffe_fillers.port.onnx_nodes import Nodes, Place


def lstm(op: ops.LSTM, at: Place, x: str, cont: str, *more: str) -> tuple[str, ...]:
    """Hidden and cell are its states."""
    return _scan(op, at, (x, cont, *more), 4 * op.outputs, _lstm_step)


def rnn(op: ops.RNN, at: Place, x: str, cont: str, *more: str) -> tuple[str, ...]:
    """A product of the hidden state is the output."""
    hidden, *states = _scan(op, at, (x, cont, *more), op.outputs, _rnn_step)
    weight, bias = at.weights("output_weight", "output_bias")
    product = at.add("MatMul", hidden, at.add("Transpose", weight, perm=(1, 0)))
    return at.add("Tanh", at.add("Add", product, bias)), *states


def _scan(
    op: ops.Recurrent,
    at: Place,
    inputs: tuple[str, ...],
    width: int,
    step: Callable[[Place, ops.Recurrent, str], tuple[str, ...]],
) -> tuple[str, ...]:
    """The hidden state of every step, and where the layer gives them the last states."""
    steps, streams, *_ = at.x.known
    x, cont, *more = inputs
    rows = at.reshape(x, (steps, streams, op.inputs))
    gates = at.add("MatMul", rows, at.add("Transpose", at.weights("weight")[0], perm=(1, 0)))
    gates = at.add("Add", gates, *at.weights("bias"))
    if op.static:
        static, *more = more
        weight = at.add("Transpose", at.weights("static_weight")[0], perm=(1, 0))
        gates = at.add("Add", gates, at.add("MatMul", at.reshape(static, (streams, op.static)), weight))
    state = (streams, op.outputs)
    names = ("h", "c")[: 1 + isinstance(op, ops.LSTM)]
    zeros = at.array(np.zeros(state, np.float32), "zeros")
    begins = [at.reshape(each, state) for each in more] if op.states else [zeros] * len(names)
    hidden = at.add("Transpose", at.weights("recurrent_weight")[0], perm=(1, 0))
    body = Nodes(f"{at.prefix}/step")
    ends = step(Place(body, at.value, {}, "step"), op, hidden)
    graph = body.graph(
        inputs=dict.fromkeys(names, state) | {"g": (streams, width), "m": (streams, 1)},
        outputs=dict.fromkeys(ends, state),
    )
    marks = at.reshape(cont, (steps, streams, 1))
    made = at.add_several(
        "Scan", *begins, gates, marks, outputs=len(names) + 1, body=graph, num_scan_inputs=2
    )
    lasts = [at.reshape(each, (1, *state)) for each in made[:-1]] if op.states else []
    return made[-1], *lasts


def _lstm_step(at: Place, op: ops.Recurrent, hidden: str) -> tuple[str, ...]:
    """One step: hidden and cell, which a mark of 0 clears, and the hidden state as the step's output."""
    old_h, old_c = at.add("Mul", "h", "m"), at.add("Mul", "c", "m")
    gates = at.add("Add", "g", at.add("MatMul", old_h, hidden))
    i, f, o, g = at.add_several("Split", gates, at.integers((op.outputs,) * 4), outputs=4, axis=1)
    i, f, o = (at.add("Sigmoid", each) for each in (i, f, o))
    cell = at.add("Add", at.add("Mul", f, old_c), at.add("Mul", i, at.add("Tanh", g)))
    made = at.add("Mul", o, at.add("Tanh", cell))
    return made, cell, at.add("Identity", made)


def _rnn_step(at: Place, op: ops.Recurrent, hidden: str) -> tuple[str, ...]:
    """One step: the hidden state, and again as the step's output."""
    made = at.add("Tanh", at.add("Add", "g", at.add("MatMul", at.add("Mul", "h", "m"), hidden)))
    return made, at.add("Identity", made)
