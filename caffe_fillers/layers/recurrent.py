"""RNN and LSTM: recurrent_layer.cpp, rnn_layer.cpp, lstm_layer.cpp.

Caffe unrolls a net inside, in which every time step has its own copy of the
recurrent weights. All copies draw; then sharing by name throws all but the
first away. Of that net only the fills and their order can be seen from
outside, so they are stated here and no net is built.
"""

from __future__ import annotations

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import Constant, from_parameter
from caffe_fillers.layers.contract import Param, Setup, Weights, layer, require_buildable, require_outputs
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import UNKNOWN, Shape, count, differ, format_shape, merge


@layer("LSTMUnit", bottoms=3, tops=2)
def lstm_unit(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """One step: the cell's state, the four gates' inputs, and whether the sequence goes on."""
    state, gates, _ = bottoms
    if [len(shape) for shape in bottoms] != [3, 3, 2] or differ(merge([s[:2] for s in bottoms])[0], 1):
        raise NetError(
            f"bottoms {', '.join(map(format_shape, bottoms))} are not a state and gates of one time step, "
            "1 x streams x values, and a mark for each stream"
        )
    if differ(gates[2], 4 * state[2]):
        raise NetError(
            f"the gates have {gates[2]} values per stream; four per unit, {4 * state[2]}, are needed"
        )
    return Setup((state, state))


@layer(
    "RNN",
    bottoms=(2, 4),
    tops=(1, 2),
    weights_need_shape=True,
    weights=Weights.GATES,
    ignores_given_blobs=True,
)
def rnn(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """H' = tanh(W_hh h + W_xh x + b_h) and o = tanh(W_ho h' + b_o) at each step.

    Blobs: W_xh, b_h, W_xh_static if there is a static input, W_hh, W_ho, b_o.
    """
    outputs = parameter.recurrent_param.num_output
    first = _input_params(parameter, bottoms, rows=outputs, states=1)
    step = (_weight(parameter, outputs, outputs), *_product(parameter, outputs, outputs))
    return _setup(parameter, bottoms, first, step, states=1)


@layer(
    "LSTM",
    bottoms=(2, 5),
    tops=(1, 3),
    weights_need_shape=True,
    weights=Weights.GATES,
    ignores_given_blobs=True,
)
def lstm(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Four gates in one product of four times `num_output` rows.

    Blobs: W_xc, b_c, W_xc_static if there is a static input, W_hc.
    """
    outputs = parameter.recurrent_param.num_output
    first = _input_params(parameter, bottoms, rows=4 * outputs, states=2)
    return _setup(parameter, bottoms, first, (_weight(parameter, 4 * outputs, outputs),), states=2)


def _setup(
    parameter: LayerParameter,
    bottoms: tuple[Shape, ...],
    first: tuple[Param, ...],
    step: tuple[Param, ...],
    states: int,
) -> Setup:
    """Set up the blobs that are drawn once, then those of each step; the first step's are kept."""
    steps, streams = merge([bottoms[0][:2], bottoms[1]])
    if steps is UNKNOWN:  # so is how often it draws: a blob of unknown shape says so to the planner
        return Setup((None,) * len(parameter.top), (Param((UNKNOWN,), Constant()),))
    require_buildable(steps, "time steps")
    dropped = tuple(Param(param.shape, param.filler, kept=False) for param in step)
    exposed = states if parameter.recurrent_param.expose_hidden else 0
    outputs = parameter.recurrent_param.num_output
    tops = ((steps, streams, outputs), *((1, streams, outputs),) * exposed)
    return Setup(tops, (*first, *step, *dropped * (steps - 1)))


def _input_params(
    parameter: LayerParameter, bottoms: tuple[Shape, ...], rows: int, states: int
) -> tuple[Param, ...]:
    """The product with the inputs of all steps at once, and with the static input."""
    exposed = states if parameter.recurrent_param.expose_hidden else 0
    _check(parameter, bottoms, exposed)
    params = _product(parameter, rows, count(bottoms[0], 2))
    if len(bottoms) > 2 + exposed:
        params += (_weight(parameter, rows, count(bottoms[2], 1)),)
    return params


def _product(parameter: LayerParameter, rows: int, columns: int) -> tuple[Param, ...]:
    bias = Param((rows,), from_parameter(parameter.recurrent_param.bias_filler))
    return _weight(parameter, rows, columns), bias


def _weight(parameter: LayerParameter, rows: int, columns: int) -> Param:
    return Param((rows, columns), from_parameter(parameter.recurrent_param.weight_filler))


def _check(parameter: LayerParameter, bottoms: tuple[Shape, ...], exposed: int) -> None:
    sequence, marks = bottoms[:2]
    require_outputs(parameter.recurrent_param.num_output)
    if len(sequence) < 3 or len(marks) != 2 or differ(sequence[:2], marks):
        raise NetError(
            f"bottom 0 of shape {format_shape(sequence)} must have time steps, streams and then values, "
            f"and bottom 1 of shape {format_shape(marks)} just the first two axes"
        )
    least = 2 + exposed
    if not least <= len(bottoms) <= least + 1 or len(parameter.top) != 1 + exposed:
        raise NetError(
            f"with expose_hidden {bool(exposed)} it takes {least} or {least + 1} bottoms, "
            f"and {1 + exposed} tops"
        )
    expected = (1, sequence[1], parameter.recurrent_param.num_output)
    for state in bottoms[len(bottoms) - exposed :]:
        if differ(state, expected):
            raise NetError(
                f"a bottom with a state has shape {format_shape(state)}; {format_shape(expected)} is needed"
            )
    if len(bottoms) > least and (len(bottoms[2]) < 2 or differ(bottoms[2][0], sequence[1])):
        raise NetError(
            f"the static bottom 2 of shape {format_shape(bottoms[2])} must have streams and then values"
        )
