"""Recurrent layers with static inputs and with states outside, beside Caffe's formulas in numpy, float64."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_port_forks import check, data, inputs

import caffe_fillers as cf
from caffe_fillers.cli import main

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the frameworks' own
STEPS, STREAMS, WIDTH, OUTPUTS, STATIC = 4, 3, 5, 2, 6
CONT = np.array([[0, 1, 1], [1, 1, 0], [1, 0, 1], [1, 1, 1]], np.float32)
FILLERS = "weight_filler { type: 'uniform' min: -1 max: 1 } bias_filler { type: 'gaussian' }"
STATE = (1, STREAMS, OUTPUTS)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def lstm_unit(cell: np.ndarray, gates: np.ndarray, cont: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """lstm_unit_layer.cpp."""
    i, f, o, g = np.split(gates, 4, -1)
    cell = cont * sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
    return cell, sigmoid(o) * np.tanh(cell)


def lstm(
    x: np.ndarray, cont: np.ndarray, states: tuple[np.ndarray, ...], static: np.ndarray, *blobs: np.ndarray
) -> np.ndarray:
    """lstm_layer.cpp."""
    weight, bias, static_weight, hidden_weight = blobs
    hidden, cell = states
    made = []
    for step, mark in zip(x, cont[:, :, np.newaxis], strict=True):
        gates = step @ weight.T + bias + static @ static_weight.T + mark * hidden @ hidden_weight.T
        cell, hidden = lstm_unit(cell, gates, mark)
        made.append(hidden)
    return np.array(made)


def rnn(
    x: np.ndarray, cont: np.ndarray, hidden: np.ndarray, static: np.ndarray, *blobs: np.ndarray
) -> np.ndarray:
    """rnn_layer.cpp."""
    weight, bias, static_weight, hidden_weight, output_weight, output_bias = blobs
    made = []
    for step, mark in zip(x, cont[:, :, np.newaxis], strict=True):
        fixed = step @ weight.T + bias + static @ static_weight.T
        hidden = np.tanh(fixed + mark * hidden @ hidden_weight.T)
        made.append(np.tanh(hidden @ output_weight.T + output_bias))
    return np.array(made)


ZEROS = np.zeros(STATE[1:])
CASES = {
    "LSTM": (2, lambda x, cont, *blobs: lstm(x, cont, (ZEROS, ZEROS), np.zeros(1), *without(blobs))),
    "LSTM static": (3, lambda x, cont, s, *blobs: lstm(x, cont, (ZEROS, ZEROS), s, *blobs)),
    "LSTM exposed": (
        4,
        lambda x, cont, h, c, *blobs: lstm(x, cont, (h[0], c[0]), np.zeros(1), *without(blobs)),
    ),
    "LSTM both": (5, lambda x, cont, s, h, c, *blobs: lstm(x, cont, (h[0], c[0]), s, *blobs)),
    "RNN": (2, lambda x, cont, *blobs: rnn(x, cont, ZEROS, np.zeros(1), *without(blobs))),
    "RNN static": (3, lambda x, cont, s, *blobs: rnn(x, cont, ZEROS, s, *blobs)),
    "RNN both": (4, lambda x, cont, s, h, *blobs: rnn(x, cont, h[0], s, *blobs)),
}


def without(blobs: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
    """The blobs with a static weight that adds nothing."""
    weight, bias, *rest = blobs
    return (weight, bias, np.zeros((len(bias), 1)), *rest)


def net_of(case: str) -> tuple[str, list[np.ndarray]]:
    kind, _, rest = case.partition(" ")
    states = {"LSTM": 2, "RNN": 1}[kind] * (rest in ("both", "exposed"))
    given = [data(STEPS, STREAMS, WIDTH), CONT]
    given += [data(STREAMS, STATIC, seed=2)] if rest in ("both", "static") else []
    given += [data(*STATE, seed=3 + index) for index in range(states)]
    names = ("data", "second", "third", "fourth", "fifth")[: len(given)]
    text = inputs(*(each.shape for each in given))
    bottoms = "".join(f" bottom: '{name}'" for name in names)
    tops = "".join(f" top: 'end{index}'" for index in range(states))
    return text + (
        f"layer {{ name: 'layer' type: '{kind}'{bottoms} top: 'top'{tops} recurrent_param {{"
        f" num_output: {OUTPUTS} {FILLERS} {'expose_hidden: true' if states else ''} }} }}"
        "layer { name: 'twice' type: 'Power' bottom: 'top' top: 'twice' power_param { scale: 2 } }"
    ), given


@pytest.mark.parametrize("target", ["torch", "onnx"])
@pytest.mark.parametrize("case", CASES)
def test_recurrent_layers_are_caffes(case: str, target: str, tmp_path: Path) -> None:
    _, reference = CASES[case]
    text, given = net_of(case)
    check(text, given, lambda *arrays: 2 * reference(*arrays), target, tmp_path)


@pytest.mark.parametrize("target", ["torch", "onnx", "keras", "jax"])
def test_one_step_is_caffes(target: str, tmp_path: Path) -> None:
    text = inputs((1, STREAMS, OUTPUTS), (1, STREAMS, 4 * OUTPUTS), (1, STREAMS)) + (
        "layer { name: 'unit' type: 'LSTMUnit' bottom: 'data' bottom: 'second' bottom: 'third'"
        " top: 'c' top: 'h' }"
        "layer { name: 'both' type: 'Concat' bottom: 'c' bottom: 'h' top: 'both' concat_param { axis: 2 } }"
    )
    given = [data(*STATE), data(1, STREAMS, 4 * OUTPUTS, seed=1), CONT[:1]]
    check(
        text,
        given,
        lambda cell, gates, cont: np.concatenate(lstm_unit(cell, gates, cont[..., np.newaxis]), 2),
        target,
        tmp_path,
    )


def test_states_go_from_one_call_to_the_next(tmp_path: Path) -> None:
    """Two calls of a net of two steps, with the states between them, are one call of four."""
    torch = pytest.importorskip("torch", reason="torch is not installed", exc_type=ImportError)
    text, (x, _) = net_of("LSTM")
    path = tmp_path / "net.prototxt"
    path.write_text(text)
    code = tmp_path / "net.py"
    assert main(["port", str(path), "--to", "torch", "--states", "-o", str(code)]) == 0
    space: dict[str, object] = {}
    exec(compile(code.read_text(), str(code), "exec"), space)
    net = space["initialize"](space["Net"]()).eval()  # type: ignore[operator]
    x, cont = torch.from_numpy(x), torch.from_numpy(CONT)
    zeros = torch.zeros(STATE)
    with torch.no_grad():
        hidden, cell, whole = net(x, cont, zeros, zeros)
        *states, _ = net(x[:2], cont[:2], zeros, zeros)
        *ends, second = net(x[2:], cont[2:], *states)
    assert torch.allclose(second, whole[2:]) and torch.allclose(ends[0], hidden)
    assert torch.allclose(ends[1], cell) and cell.abs().sum() > 0
    assert cf.load_net(path).plan.num_parameters == sum(
        each.numel() for name, each in net.named_parameters() if name != "layer.bias_hh_l0"
    )
