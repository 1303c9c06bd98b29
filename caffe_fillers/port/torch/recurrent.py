"""LSTM: torch's own cell, restarted where Caffe's second bottom says that a sequence begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from caffe_fillers.distributions import Values
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.nodes import exchanged, plain_lstm
from caffe_fillers.port.torch.target import torch_layer
from caffe_fillers.shapes import count

_LSTM = '''\
class ContinuedLSTM(nn.LSTM):
    """An LSTM over time x stream x input whose state is cleared where `cont` is 0, as Caffe's is."""

    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs)
        nn.init.zeros_(self.bias_hh_l0).requires_grad_(False)  # Caffe has one bias, not two

    def forward(self, x, cont):
        state = x.new_zeros(2, 1, x.shape[1], self.hidden_size)
        outputs = []
        for step, goes_on in zip(torch.flatten(x, 2), cont):
            hidden, cell = state * goes_on[:, None]
            output, state = super().forward(step[None], (hidden, cell))
            state = torch.stack(state)
            outputs.append(output)
        return torch.cat(outputs)
'''


def _gates(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """Caffe has the gates i, f, o, g, torch i, f, g, o; torch's second bias is 0."""
    inputs, bias, hidden = map(exchanged, arrays)
    return {
        "weight_ih_l0": inputs.reshape(inputs.shape[0], -1),
        "weight_hh_l0": hidden,
        "bias_ih_l0": bias,
        "bias_hh_l0": np.zeros_like(bias),
    }


@torch_layer("LSTM", lay_out=_gates, limits="no static input, no exposed states")
def lstm(node: Node) -> Code:
    """Without a static input, and with its states inside."""
    plain_lstm(node)
    inputs = count(node.bottoms[0] or (), 2)
    return Code(
        "{self}({0}, {1})", f"ContinuedLSTM({inputs}, {node.layer.recurrent_param.num_output})", _LSTM
    )
