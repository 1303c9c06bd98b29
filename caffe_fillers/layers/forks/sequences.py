"""Reading text: CTPN f77ec9e7c, caffe_ocr 81642f61e, crnn.caffe 0d95ba217, caffe-lstm 598d45456."""

from __future__ import annotations

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import from_parameter
from caffe_fillers.layers.contract import Param, Role, Setup, layer, refuse_in_place
from caffe_fillers.layers.forks.common import fork_param, require_axes
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, canonical_axis, count, differ, format_shape


@layer("Lstm", weights_need_shape=True)
def lstm(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Weights of the input, of the state and a bias, four gates each, of a bottom TxNxI: lstm_layer.cpp."""
    shape, outputs = bottoms[0], _num_output(parameter)
    if len(shape) < 2:
        raise NetError(f"its bottom has shape {format_shape(shape)}; time steps and streams are needed")
    return Setup(((*shape[:2], outputs),), _lstm_params(parameter, count(shape, 2)))


@layer("Lstm@caffe_lstm", weights_need_shape=True)
def lstm_of_rows(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The same of a bottom whose first axis holds the steps of `batch_size` streams: caffe-lstm."""
    shape, outputs = require_axes(bottoms[0], 1), _num_output(parameter)
    streams = fork_param(parameter, "lstm_param").batch_size
    if streams < 1 or differ(shape[0] % streams, 0):
        raise NetError(f"the {shape[0]} rows of its bottom must be a multiple of batch_size {streams}")
    return Setup(((shape[0], outputs),), _lstm_params(parameter, count(shape, 1)))


@layer("Transpose")
def transpose(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The axes in the order of `dim`, which names each once: transpose_layer.cpp."""
    refuse_in_place(parameter)
    shape, order = bottoms[0], list(fork_param(parameter, "transpose_param").dim)
    if sorted(order) != list(range(len(shape))):
        raise NetError(f"dim {order} must name each axis of {format_shape(shape)} once")
    return Setup((tuple(shape[axis] for axis in order),))


@layer("Reverse")
def reverse(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """One axis backwards: reverse_layer.cpp."""
    refuse_in_place(parameter)
    axis = fork_param(parameter, "reverse_param").axis
    if axis < 0:
        raise NetError(f"axis {axis} must not be negative")
    canonical_axis(axis, len(bottoms[0]))
    return Setup(bottoms)


@layer("ReverseTime", bottoms=2)
def reverse_time(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Each stream backwards up to its own length: reverse_time_layer.cpp."""
    refuse_in_place(parameter)
    if len(bottoms[1]) != 1 or len(bottoms[0]) < 2 or differ(bottoms[1][0], bottoms[0][1]):
        raise NetError(
            f"bottom 1 of shape {format_shape(bottoms[1])} must have a length for each stream of "
            f"{format_shape(bottoms[0])}"
        )
    return Setup(bottoms[:1])


@layer("CTCGreedyDecoder", bottoms=(1, 2))
def ctc_decoder(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Sequences NxT, or with labels the accuracy: ctc_decoder_layer.cpp."""
    if len(bottoms) == 2:
        return Setup(((1, 2, 1, 1),))
    steps, streams, *_ = require_axes(bottoms[0], 2)
    return Setup(((streams, steps, 1, 1),))


@layer("ContinuationIndicator", bottoms=0, role=Role.DATA)
def continuation_indicator(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Marks for an LSTM, 0 at the first step: continuation_indicator_layer.cpp."""
    param = fork_param(parameter, "continuation_indicator_param")
    if min(param.time_step, param.batch_size) < 1:
        raise NetError("continuation_indicator_param needs time_step and batch_size")
    return Setup(((param.time_step, param.batch_size),))


@layer("CtcLoss", bottoms=2, role=Role.LOSS, accepts_unranked=True)
@layer("WarpCTCLoss", bottoms=(2, 4), role=Role.LOSS, accepts_unranked=True)
def ctc_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A scalar: ctc_loss_layer.cpp, warp_ctc_loss_layer.cpp."""
    return Setup(((),))


@layer("SoftmaxWithLossMultiLabel", bottoms=2, tops=(1, 2), role=Role.LOSS)
def softmax_with_loss_multi_label(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A scalar, then the probabilities: softmax_loss_layer_multi_label.cpp."""
    return Setup(((), bottoms[0])[: max(1, len(parameter.top))])


@layer("LabelsequenceAccuracy", bottoms=2, role=Role.MEASURE, accepts_unranked=True)
def label_sequence_accuracy(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A scalar: labelsequence_accuracy_layer.cpp."""
    return Setup(((),))


def _num_output(parameter: LayerParameter) -> int:
    outputs: int = fork_param(parameter, "lstm_param").num_output
    if outputs < 1:
        raise NetError("num_output must be given and at least 1")
    return outputs


def _lstm_params(parameter: LayerParameter, inputs: int) -> tuple[Param, ...]:
    param = fork_param(parameter, "lstm_param")
    weight, bias = from_parameter(param.weight_filler), from_parameter(param.bias_filler)
    rows = 4 * param.num_output
    shapes = ((rows, inputs), (rows, param.num_output))
    return (*(Param(shape, weight) for shape in shapes), Param((rows,), bias))
