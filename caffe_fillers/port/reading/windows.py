"""Convolution, deconvolution and pooling."""

from __future__ import annotations

from caffe_fillers.errors import UsageError
from caffe_fillers.layers.pooling import pooling_windows, rounds_up
from caffe_fillers.layers.windows import Windows, windows
from caffe_fillers.port.ops import Conv, GlobalPool, Pool
from caffe_fillers.port.reading.contract import Node, fork_flag, reads, single
from caffe_fillers.port.reading.pointwise import rectified
from caffe_fillers.port.values import Value
from caffe_fillers.schema import PoolingParameter
from caffe_fillers.shapes import Shape, canonical_axis


@reads(
    *("Convolution", "Deconvolution", "DepthwiseConvolution", "ConvolutionDepthwise"),
    makes=(Conv,),
    limits="one bottom; one to three spatial axes",
    fields=("ConvolutionParameter.relu", "ConvolutionParameter.negative_slope"),
)
def convolution(node: Node) -> Value:
    """Caffe's weights are outputs x inputs of one group x kernel, a deconvolution's inputs x outputs."""
    parameter, x = node.layer.convolution_param, single(node)
    if canonical_axis(parameter.axis, x.rank) != 1:
        raise UsageError(f"its channels are on axis {parameter.axis}, elsewhere they are on axis 1")
    first, second, *kernel = node.blobs[0]
    if len(kernel) not in (1, 2, 3):
        raise UsageError(f"windows of one to three axes are ported, not of {len(kernel)}")
    transposed, window = "Deconvolution" in node.layer.type, windows(parameter, len(kernel))
    if not transposed:
        check_size(x.shape, window)
    inputs, outputs = (first, second * parameter.group) if transposed else (second * parameter.group, first)
    op = Conv(
        inputs=inputs,
        outputs=outputs,
        kernel=window.kernel,
        stride=window.stride,
        pad=window.pad,
        dilation=window.dilation,
        groups=parameter.group,
        bias=parameter.bias_term,
        transposed=transposed,
    )
    made = node.top(op)
    return (
        rectified(made, getattr(parameter, "negative_slope", 0.0)) if fork_flag(parameter, "relu") else made
    )


def check_size(shape: Shape | None, window: Windows) -> None:
    """Refuse windows larger than the padded image, where Caffe may count one all the same."""
    if shape is None:
        return
    axes = zip(shape[2:], window.kernel, window.dilation, window.pad, strict=True)
    if any(length >= 0 and length + 2 * pad <= d * (k - 1) for length, k, d, pad in axes):
        raise UsageError("its windows are larger than the padded image")


@reads("Pooling", makes=(Pool, GlobalPool), limits="not stochastic", fields=("PoolingParameter.ceil_mode",))
def pooling(node: Node) -> Value:
    """Of maxima or averages; a second top is the mask of the maxima."""
    parameter, x = node.layer.pooling_param, node.x
    if parameter.pool not in (PoolingParameter.MAX, PoolingParameter.AVE):
        raise UsageError("there is no stochastic pooling elsewhere")
    average = parameter.pool == PoolingParameter.AVE
    if parameter.global_pooling and len(node.outputs) == 1:
        return node.top(GlobalPool(average))
    window = pooling_windows(parameter, ())
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
