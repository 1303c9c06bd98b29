"""BatchNorm, Scale, Bias, LRN, MVN and Softmax."""

from __future__ import annotations

from caffe_fillers.errors import UsageError
from caffe_fillers.frameworks.initializers import number
from caffe_fillers.layers.forks.common import fork_param
from caffe_fillers.port.ops import LRN, MVN, Affine, Align, BatchNorm, Reduce, Softmax
from caffe_fillers.port.reading.contract import Node, fork_flag, reads
from caffe_fillers.port.values import Binary, Function, Value, function
from caffe_fillers.schema import LRNParameter
from caffe_fillers.shapes import canonical_axis, count


@reads(
    *("BatchNorm", "BatchNorm@nvidia", "BatchNorm@jacinto", "BatchNorm@jacinto17"),
    makes=(BatchNorm,),
    fields=("BatchNormParameter.scale_bias", "BatchNormParameter.relu"),
)
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
    made = node.top(op)
    return function("relu", made) if fork_flag(parameter, "relu") else made


_STATISTICS = 3  # the blobs of a BatchNorm


_FORKS_OF_BN = ("segnet", "enet", "yjxiong", "pspnet", "happynear")


@reads("BN", *(f"BN@{fork}" for fork in _FORKS_OF_BN), makes=(BatchNorm, Affine, Reduce, Binary, Function))
def bn(node: Node) -> Value:
    """By statistics that it keeps; SegNet's and ENet's by those of the batch, or as a Scale in inference.

    bn_layer.cpp of yjxiong/caffe, hszhao/PSPNet and happynear/caffe-windows; of alexgkendall/caffe-segnet and
    TimoSaemann/caffe-enet.
    """
    parameter, channels = fork_param(node.layer, "bn_param"), count(node.blobs[0])
    if len(node.outputs) > 1:
        raise UsageError("a mean and variance as tops are not ported")
    if len(node.blobs) == 4:
        op = BatchNorm(
            channels=channels,
            eps=float(number(parameter.eps)),
            fraction=float(number(parameter.momentum)),
            weight=True,
            bias=True,
            sums=False,
        )
        return node.top(op)
    affine = Affine((channels,), axis=1, bias=True)
    modes = type(parameter).DESCRIPTOR.fields_by_name["bn_mode"].enum_type.values_by_number
    if modes[parameter.bn_mode].name == "INFERENCE":
        return node.top(affine)
    centered = node.x - _mean(node.x)
    return node.top(affine, centered / function("sqrt", _mean(function("square", centered)) + _SEGNET_EPS))


_SEGNET_EPS = 1e-9


def _mean(x: Value) -> Value:
    """Over all axes but the channels'."""
    axes = tuple(axis for axis in range(x.rank) if axis != 1)
    lengths = tuple(length if axis == 1 else 1 for axis, length in enumerate(x.shape or ()))
    return Value(Reduce("mean", axes, keep=True), (x,), lengths)


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
