"""BatchNorm, Scale, Bias, LRN, MVN and Softmax."""

from __future__ import annotations

from caffe_fillers.errors import UsageError
from caffe_fillers.frameworks.initializers import number
from caffe_fillers.port.ops import LRN, MVN, Affine, Align, BatchNorm, Softmax
from caffe_fillers.port.reading.contract import Node, reads
from caffe_fillers.port.values import Binary, Value
from caffe_fillers.schema import LRNParameter
from caffe_fillers.shapes import canonical_axis


@reads("BatchNorm", makes=(BatchNorm,))
def batch_norm(node: Node) -> Value:
    """With the Scale after it where there is one, or with a factor and bias of its own."""
    parameter = node.layer.batch_norm_param
    own = len(node.blobs) == _STATISTICS + 2 and node.scale is None
    op = BatchNorm(
        channels=node.blobs[0][0],
        eps=float(number(parameter.eps)),
        fraction=float(number(parameter.moving_average_fraction)),
        weight=own or node.scale is not None,
        bias=own or (node.scale is not None and node.scale.scale_param.bias_term),
    )
    return node.top(op)


_STATISTICS = 3  # the blobs of a BatchNorm


@reads(
    "Scale", "Bias", makes=(Affine, Align, Binary), limits="no factor from a bottom with a bias of its own"
)
def affine(node: Node) -> Value:
    """By parameters of its own, or by a second bottom."""
    scales = node.layer.type == "Scale"
    parameter = node.layer.scale_param if scales else node.layer.bias_param
    axis = canonical_axis(parameter.axis, node.rank)
    if len(node.inputs) == 2:
        if scales and node.layer.scale_param.bias_term:
            raise UsageError("a factor from a bottom with a bias of its own is not ported")
        operand = aligned(node.bottom(1), axis, node.rank)
        return node.x * operand if scales else node.x + operand
    op = Affine(
        lengths=node.blobs[0],
        axis=axis,
        weight=scales,
        bias=not scales or node.layer.scale_param.bias_term,
    )
    return node.top(op)


def aligned(operand: Value, axis: int, rank: int) -> Value:
    """The operand with its first axis on `axis` of `rank`."""
    if operand.rank == rank:
        return operand
    lengths = (*[1] * axis, *(operand.shape or ()), *[1] * (rank - axis - operand.rank))
    return Value(Align(axis, rank), (operand,), lengths)


@reads("LRN", makes=(LRN,))
def lrn(node: Node) -> Value:
    """Within a channel Caffe's power layer has a shift of 1 whatever k says."""
    parameter = node.layer.lrn_param
    within = parameter.norm_region == LRNParameter.WITHIN_CHANNEL
    k = 1.0 if within else parameter.k
    return node.top(LRN(parameter.local_size, parameter.alpha, parameter.beta, k, within))


@reads("MVN", makes=(MVN,))
def mvn(node: Node) -> Value:
    """Eps is added to the standard deviation, not to the variance."""
    parameter = node.layer.mvn_param
    eps = float(number(parameter.eps))
    return node.top(MVN(across=parameter.across_channels, variance=parameter.normalize_variance, eps=eps))


@reads("Softmax", makes=(Softmax,))
def softmax(node: Node) -> Value:
    """Along one axis."""
    return node.top(Softmax(canonical_axis(node.layer.softmax_param.axis, node.rank)))
