"""ONNX: recurrent layers as a Scan over the steps, for no sequence ends within a bottom of ONNX's own."""

from __future__ import annotations

import numpy as np

from caffe_fillers.port import ops
from caffe_fillers.port.onnx_nodes import Nodes, Place


def lstm(op: ops.LSTM, at: Place, x: str, cont: str) -> str:
    """A Scan over the steps, for ONNX's own LSTM has no sequences that end within it."""
    steps, streams, *_ = at.x.known
    rows = at.reshape(x, (steps, streams, op.inputs))
    weight, bias, hidden = at.weights("weight", "bias", "recurrent_weight", shape=None)
    flat = at.add("Transpose", at.reshape(weight, (4 * op.outputs, op.inputs)), perm=(1, 0))
    gates = at.add("Add", at.add("MatMul", rows, flat), bias)
    marks = at.reshape(cont, (steps, streams, 1))
    zeros = at.array(np.zeros((streams, op.outputs), np.float32), "zeros")
    body = Nodes(f"{at.prefix}/step")
    step = _lstm_step(Place(body, at.value, {}, "step"), op, at.add("Transpose", hidden, perm=(1, 0)))
    shapes = {"state": (streams, op.outputs), "mark": (streams, 1), "gate": (streams, 4 * op.outputs)}
    graph = body.graph(
        inputs={"h": shapes["state"], "c": shapes["state"], "g": shapes["gate"], "m": shapes["mark"]},
        outputs=dict.fromkeys(step, shapes["state"]),
    )
    made = at.add_several("Scan", zeros, zeros, gates, marks, outputs=3, body=graph, num_scan_inputs=2)
    return made[2]


def _lstm_step(at: Place, op: ops.LSTM, hidden: str) -> tuple[str, str, str]:
    """One step: hidden and cell, which a mark of 0 clears, and the hidden state as the step's output."""
    old_h, old_c = at.add("Mul", "h", "m"), at.add("Mul", "c", "m")
    gates = at.add("Add", "g", at.add("MatMul", old_h, hidden))
    i, f, o, g = at.add_several("Split", gates, at.integers((op.outputs,) * 4), outputs=4, axis=1)
    i, f, o = (at.add("Sigmoid", each) for each in (i, f, o))
    cell = at.add("Add", at.add("Mul", f, old_c), at.add("Mul", i, at.add("Tanh", g)))
    made = at.add("Mul", o, at.add("Tanh", cell))
    return made, cell, at.add("Identity", made)
