"""BatchNorm, Scale, Bias, LRN, MVN and Softmax."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from caffe_fillers.distributions import Values
from caffe_fillers.errors import UsageError
from caffe_fillers.port.calls import call, unless
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.initialisers.contract import number
from caffe_fillers.port.mxnet.target import mxnet_layer, named
from caffe_fillers.port.nodes import counted, operands, spread, without_ones
from caffe_fillers.schema import LRNParameter
from caffe_fillers.shapes import canonical_axis

_AFFINE = '''\
class Affine(nn.HybridBlock):
    """A factor, a bias, or both, shaped as the last axes: Caffe's Scale and Bias."""

    def __init__(
        self,
        shape,
        scale=True,
        center=True,
        gamma_initializer="ones",
        beta_initializer="zeros",
        **options,
    ):
        super().__init__(**options)
        with self.name_scope():
            if scale:
                self.gamma = self.params.get(
                    "gamma", shape=shape, init=gamma_initializer
                )
            if center:
                self.beta = self.params.get("beta", shape=shape, init=beta_initializer)

    def hybrid_forward(self, F, x, gamma=None, beta=None):
        if gamma is not None:
            x = F.broadcast_mul(x, gamma)
        return x if beta is None else F.broadcast_add(x, beta)
'''
_WITHIN = '''\
def local_response_within(F, x, size, alpha, beta):
    """Response normalisation over a square in each channel; padding counts as Caffe counts it."""
    half = (size - 1) // 2
    squares = F.Pooling(
        x * x, kernel=(size, size), pad=(half, half), pool_type="avg", stride=(1, 1)
    )
    return x * (1.0 + alpha * squares) ** -beta
'''
_MVN = '''\
def mean_variance(F, x, axes, variance=True, eps=1e-9):
    """Each image less its mean and over its deviation, to which eps is added."""
    x = F.broadcast_sub(x, F.mean(x, axis=axes, keepdims=True))
    if not variance:
        return x
    deviation = F.sqrt(F.mean(x * x, axis=axes, keepdims=True))
    return F.broadcast_div(x, deviation + eps)
'''


def _statistics(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """Gluon has a factor and a bias always, also those that stay 1 and 0."""
    mean, variance = counted(*arrays[:3])
    constant = {"gamma": np.ones_like(mean), "beta": np.zeros_like(mean)}
    given = dict(zip(("gamma", "beta"), arrays[3:], strict=False))
    return {**constant, **given, "running_mean": mean, "running_var": variance}


@mxnet_layer(
    "BatchNorm",
    lay_out=_statistics,
    limits="exact in inference; in training Caffe's averages start without a first value, and MXNet's "
    "variance is that of the batch, Caffe's that of what it is drawn from",
)
def batch_norm(node: Node) -> Code:
    """With the Scale behind it where there is one; `momentum` is the part of the old average, as in Caffe."""
    parameter, scale = node.layer.batch_norm_param, node.scale
    module = call(
        "nn.BatchNorm",
        momentum=unless(0.9, float(number(parameter.moving_average_fraction))),
        epsilon=unless(1e-5, float(number(parameter.eps))),
        center=False if scale is None or not scale.scale_param.bias_term else None,
        scale=False if scale is None else None,
        use_global_stats=True if parameter.use_global_stats else None,
        in_channels=node.blobs[0][0],
    )
    return Code("{self}({0})", module)


def _spread(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    arrays = [without_ones(spread(node, array)) for array in arrays]
    return named(node, arrays)


@mxnet_layer("Scale", "Bias", lay_out=_spread, limits="no factor from a bottom with a bias of its own")
def affine(node: Node) -> Code:
    """By parameters of its own, or by a second bottom."""
    scales = node.layer.type == "Scale"
    if operands(node):
        return Code(f"F.broadcast_{'mul' if scales else 'add'}({{0}}, {_operand(node)})")
    shape = without_ones(spread(node, np.empty(node.blobs[0], np.bool_))).shape
    module = call(
        "Affine",
        str(shape),
        scale=None if scales else False,
        center=False if scales and not node.layer.scale_param.bias_term else None,
    )
    return Code("{self}({0})", module, _AFFINE)


def _operand(node: Node) -> str:
    """The second bottom with axes of length 1 behind, so that its last axes meet those of the first."""
    parameter = node.layer.scale_param if node.layer.type == "Scale" else node.layer.bias_param
    shape = node.bottoms[1]
    if not shape:
        raise UsageError("how many axes its second bottom has must be known; give its shape with --shape")
    behind = node.rank - canonical_axis(parameter.axis, node.rank) - len(shape)
    return f"F.reshape({{1}}, shape={(*[0] * len(shape), *[1] * behind)})" if behind else "{1}"


@mxnet_layer("LRN")
def lrn(node: Node) -> Code:
    """MXNet, too, divides alpha by the size."""
    parameter = node.layer.lrn_param
    numbers = {"alpha": parameter.alpha, "beta": parameter.beta}
    if parameter.norm_region == LRNParameter.WITHIN_CHANNEL:
        # Caffe's power layer has a shift of 1 whatever k says
        return Code(
            call("local_response_within", "F", "{0}", parameter.local_size, **numbers), helper=_WITHIN
        )
    return Code(call("F.LRN", "{0}", nsize=parameter.local_size, **numbers, knorm=parameter.k))


@mxnet_layer("MVN", limits="not by channel where channels have no axes of their own")
def mvn(node: Node) -> Code:
    """Eps is added to the deviation, not to the variance."""
    parameter = node.layer.mvn_param
    axes = tuple(range(1 if parameter.across_channels else 2, node.rank))
    if not axes:
        raise UsageError("its channels are single values")
    code = call(
        "mean_variance",
        "F",
        "{0}",
        str(axes),
        variance=unless(True, parameter.normalize_variance),
        eps=unless(1e-9, float(number(parameter.eps))),
    )
    return Code(code, helper=_MVN)


@mxnet_layer("Softmax")
def softmax(node: Node) -> Code:
    """Along one axis."""
    return Code(f"F.softmax({{0}}, axis={canonical_axis(node.layer.softmax_param.axis, node.rank)})")
