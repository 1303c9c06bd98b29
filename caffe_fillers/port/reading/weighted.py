"""Layers with weights or statistics: convolutions, products, normalizations; pooling."""

from __future__ import annotations

from functools import partial

from caffe_fillers.errors import UsageError
from caffe_fillers.layers.forks.common import chosen, fork_param
from caffe_fillers.layers.pooling import pooling_windows, rounds_up
from caffe_fillers.layers.windows import Windows, windows
from caffe_fillers.port import Op, Value, function, ops
from caffe_fillers.port.ops import Affine, Align, BatchNorm, Conv, Dense, GlobalPool, Pool, Reduce
from caffe_fillers.port.reading import Node, Reader, fork_flag, reads, shortest, single
from caffe_fillers.port.reading.pointwise import aligned, rectified, reduced
from caffe_fillers.port.vision_ops import Margin, Part
from caffe_fillers.schema import PoolingParameter
from caffe_fillers.shapes import Shape, canonical_axis, count

_reads_windows = partial(
    reads,
    makes=(Conv,),
    limits="one bottom; one to three spatial axes",
    fields=("ConvolutionParameter.relu", "ConvolutionParameter.negative_slope"),
)


@_reads_windows("Deconvolution")
def deconvolution(node: Node) -> Value:
    """Read a deconvolution; its weights are inputs x outputs of one group x kernel."""
    return _windowed(node, node.layer.convolution_param.group, transposed=True)


@_reads_windows("Convolution", "DepthwiseConvolution")
def convolution(node: Node) -> Value:
    """Read a convolution; its weights are outputs x inputs of one group x kernel."""
    return _windowed(node, node.layer.convolution_param.group)


@_reads_windows("ConvolutionDepthwise")
def convolution_depthwise(node: Node) -> Value:
    """Read a convolution with a kernel for each channel, whatever `group` says."""
    return _windowed(node, node.blobs[0][0])


def _windowed(node: Node, groups: int, *, transposed: bool = False) -> Value:
    parameter, x = node.layer.convolution_param, single(node)
    if canonical_axis(parameter.axis, x.rank) != 1:
        raise UsageError(f"its channels are on axis {parameter.axis}, elsewhere they are on axis 1")
    first, second, *kernel = node.blobs[0]
    if len(kernel) not in (1, 2, 3):
        raise UsageError(f"windows of one to three axes are ported, not of {len(kernel)}")
    window = windows(parameter, len(kernel))
    if min(*window.stride, *window.dilation) < 1 or min(window.pad) < 0:
        raise UsageError("a stride or dilation of 0, and a pad below 0, are not ported")
    if not transposed:
        check_size(x.shape, window)
    inputs, outputs = (first, second * groups) if transposed else (second * groups, first)
    op = Conv(
        inputs=inputs,
        outputs=outputs,
        kernel=window.kernel,
        stride=window.stride,
        pad=window.pad,
        dilation=window.dilation,
        groups=groups,
        bias=parameter.bias_term,
        transposed=transposed,
    )
    made, slope = node.top(op), getattr(parameter, "negative_slope", 0.0)
    return rectified(made, slope) if fork_flag(parameter, "relu") else made


def check_size(shape: Shape | None, window: Windows) -> None:
    """Refuse windows larger than the padded image, where Caffe may count one all the same."""
    if shape is None:
        return
    axes = zip(shape[2:], window.kernel, window.dilation, window.pad, strict=True)
    if any(length >= 0 and length + 2 * pad <= d * (k - 1) for length, k, d, pad in axes):
        raise UsageError("its windows are larger than the padded image")


@reads("Pooling", makes=(Pool, GlobalPool), limits="not stochastic", fields=("PoolingParameter.ceil_mode",))
def pooling(node: Node) -> Value:
    """Read maxima or averages of windows; a second top is the mask of the maxima."""
    parameter, x = node.layer.pooling_param, node.x
    if parameter.pool not in (PoolingParameter.MAX, PoolingParameter.AVE):
        raise UsageError("there is no stochastic pooling elsewhere")
    average = parameter.pool == PoolingParameter.AVE
    if parameter.global_pooling and len(node.outputs) == 1:
        return node.top(GlobalPool(average))
    window = pooling_windows(parameter, x.known[2:] if parameter.global_pooling else ())
    op = Pool(
        average=average,
        kernel=window.kernel,
        stride=window.stride,
        pad=window.pad,
        ceil=rounds_up(parameter),
        indices=len(node.outputs) == 2,
    )
    check_size(x.shape, window)
    return node.top(op)


@reads("InnerProduct", makes=(Dense,))
def inner_product(node: Node) -> Value:
    """Read a product in which all axes from `axis` on are one."""
    parameter, (rows, columns) = node.layer.inner_product_param, node.blobs[0]
    axis = canonical_axis(parameter.axis, node.rank)
    op = Dense(
        inputs=rows if parameter.transpose else columns,
        outputs=columns if parameter.transpose else rows,
        bias=parameter.bias_term,
        transpose=parameter.transpose,
        flatten=None if node.rank == axis + 1 else axis,
    )
    return node.top(op)


@reads("MarginInnerProduct", makes=(Margin,))
def margin_inner_product(node: Node) -> Value:
    """Read a product with a margin for the label's class: wy1iu/sphereface margin_inner_product_layer.cpp."""
    parameter, (outputs, inputs) = fork_param(node.layer, "margin_inner_product_param"), node.blobs[0]
    if canonical_axis(parameter.axis, node.rank) != 1:
        raise UsageError(f"a product over the axes from {parameter.axis} on is not ported")
    op = Margin(
        inputs=inputs,
        outputs=outputs,
        margin=1 + ("SINGLE", "DOUBLE", "TRIPLE", "QUADRUPLE").index(chosen(parameter, "type")),
        base=parameter.base,
        gamma=parameter.gamma,
        power=parameter.power,
        least=parameter.lambda_min,
        iteration=parameter.iteration,
        factor=len(node.outputs) == 2,
    )
    return node.top(op, *node.all_bottoms)


def _recurrent(kind: type[ops.Recurrent], node: Node) -> Value:
    """lstm_layer.cpp and rnn_layer.cpp."""
    parameter, sequence = node.layer.recurrent_param, node.x.known
    states = len(node.outputs) - 1
    op = kind(
        inputs=count(sequence, 2),
        outputs=parameter.num_output,
        static=count(node.bottom(2).known, 1) if len(node.inputs) > 2 + states else 0,
        states=states > 0,
    )
    return node.top(op, *node.all_bottoms)


@reads("LSTMUnit", makes=(Part, Align))
def lstm_unit(node: Node) -> tuple[Value, Value]:
    """Read the new cell and hidden state of one step: lstm_unit_layer.cpp."""
    cell, gates, mark = node.all_bottoms
    size = cell.known[2]

    def gate(index: int, name: str) -> Value:
        part = Part(axis=2, begin=index * size, end=(index + 1) * size)
        return function(name, Value(part, (gates,), cell.shape))

    i, f, o, g = (gate(*each) for each in enumerate(("sigmoid", "sigmoid", "sigmoid", "tanh")))
    made = aligned(mark, 0, 3) * f * cell + i * g
    return made, o * function("tanh", made)


@reads("BatchNorm@nvidia15", makes=(BatchNorm,))
def batch_norm_nvidia15(node: Node) -> Value:
    """Read factor, bias and averages, and a count that nothing uses: NVIDIA/caffe, branch caffe-0.15."""
    parameter = node.layer.batch_norm_param
    return node.top(_averages(node, parameter.eps, parameter.moving_average_fraction))


@reads(
    *("BatchNorm", "BatchNorm@nvidia", "BatchNorm@jacinto", "BatchNorm@jacinto17"),
    makes=(BatchNorm,),
    fields=("BatchNormParameter.scale_bias", "BatchNormParameter.relu"),
)
def batch_norm(node: Node) -> Value:
    """Read a batch norm; NVIDIA's may have a factor and bias, and the graph merges a Scale after it."""
    parameter = node.layer.batch_norm_param
    own = len(node.blobs) > 3
    op = BatchNorm(
        channels=node.blobs[0][0],
        eps=shortest(parameter.eps),
        fraction=shortest(parameter.moving_average_fraction),
        weight=own,
        bias=own,
    )
    made = node.top(op)
    return function("relu", made) if fork_flag(parameter, "relu") else made


_FORKS_OF_BN = ("segnet", "enet", "yjxiong", "pspnet", "happynear")


@reads("BN", *(f"BN@{fork}" for fork in _FORKS_OF_BN), makes=(BatchNorm, Affine, Reduce))
def bn(node: Node) -> Value:
    """Read a norm by kept statistics; SegNet's and ENet's uses the batch's, or is a Scale in inference.

    bn_layer.cpp of yjxiong/caffe, hszhao/PSPNet and happynear/caffe-windows; of alexgkendall/caffe-segnet and
    TimoSaemann/caffe-enet.
    """
    parameter, channels = fork_param(node.layer, "bn_param"), count(node.blobs[0])
    if len(node.outputs) > 1:
        raise UsageError("a mean and variance as tops are not ported")
    if len(node.blobs) == 4:
        return node.top(_averages(node, parameter.eps, parameter.momentum))
    affine = Affine((channels,), axis=1, bias=True)
    modes = type(parameter).DESCRIPTOR.fields_by_name["bn_mode"].enum_type.values_by_number
    if modes[parameter.bn_mode].name == "INFERENCE":
        return node.top(affine)
    axes = tuple(axis for axis in range(node.rank) if axis != 1)
    centered = node.x - reduced("mean", axes, node.x)
    variance = reduced("mean", axes, function("square", centered))
    return node.top(affine, centered / function("sqrt", variance + _SEGNET_EPS))


_SEGNET_EPS = 1e-9


def _averages(node: Node, eps: float, fraction: float) -> BatchNorm:
    """Return a batch norm whose blobs begin with factor, bias, mean and variance."""
    return BatchNorm(
        channels=count(node.blobs[0]),
        eps=shortest(eps),
        fraction=shortest(fraction),
        weight=True,
        bias=True,
        sums=False,
    )


def _embed(node: Node) -> Value:
    rows, width = node.blobs[0]
    return node.top(ops.Embed(rows, width, bias=node.layer.embed_param.bias_term))


_SINGLE: dict[str, tuple[type[Op], Reader]] = {
    "Embed": (ops.Embed, _embed),
    "LSTM": (ops.LSTM, partial(_recurrent, ops.LSTM)),
    "RNN": (ops.RNN, partial(_recurrent, ops.RNN)),
}
"""Layers that are one operation."""

for _type, (_op, _read) in _SINGLE.items():
    reads(_type, makes=(_op,))(_read)
