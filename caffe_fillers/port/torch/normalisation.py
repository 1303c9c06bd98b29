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
from caffe_fillers.port.nodes import counted, operands
from caffe_fillers.port.torch.target import torch_layer
from caffe_fillers.schema import LRNParameter
from caffe_fillers.shapes import canonical_axis

_AFFINE = '''\
class Affine(nn.Module):
    """A factor, a bias, or both for every index of some axes: Caffe's Scale and Bias."""

    def __init__(self, shape, axis=1, weight=True, bias=True):
        super().__init__()
        self.axis, self.shape = axis, shape
        self.weight = nn.Parameter(torch.ones(shape)) if weight else None
        self.bias = nn.Parameter(torch.zeros(shape)) if bias else None

    def forward(self, x):
        shape = (*self.shape, *[1] * (x.dim() - self.axis - len(self.shape)))
        if self.weight is not None:
            x = x * self.weight.reshape(shape)
        return x if self.bias is None else x + self.bias.reshape(shape)
'''
_ALIGNED = '''\
def aligned(operand, x, axis):
    """A tensor with axes of length 1 behind, so that its first axis meets `axis` of x."""
    return operand.reshape(*operand.shape, *[1] * (x.dim() - axis - operand.dim()))
'''
_WITHIN = '''\
def local_response_within(x, size, alpha, beta, k=1.0):
    """Response normalisation over a square in each channel; padding counts as Caffe counts it."""
    squares = F.avg_pool2d(x * x, size, stride=1, padding=(size - 1) // 2)
    return x * (k + alpha * squares) ** -beta
'''
_MVN = '''\
def mean_variance(x, across_channels=False, variance=True, eps=1e-9):
    """Each image less its mean and over its deviation, by channel or all channels at once."""
    axes = tuple(range(1 if across_channels else 2, x.dim()))
    x = x - x.mean(axes, keepdim=True)
    return x / ((x * x).mean(axes, keepdim=True).sqrt() + eps) if variance else x
'''


def _statistics(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """Mean and variance are kept as sums, and how much they are sums of; before any step that is 0."""
    mean, variance = counted(*arrays[:3])
    named = dict(zip(("weight", "bias"), arrays[3:], strict=False))
    batches = np.zeros((), np.float32)
    return {**named, "running_mean": mean, "running_var": variance, "num_batches_tracked": batches}


@torch_layer(
    "BatchNorm",
    lay_out=_statistics,
    limits="exact in eval(); in training Caffe's averages start without torch's first value",
)
def batch_norm(node: Node) -> Code:
    """With the Scale behind it where there is one; a Scale without bias keeps torch's bias of 0."""
    parameter, axes = node.layer.batch_norm_param, node.rank - 2
    if axes not in (0, 1, 2, 3):
        raise UsageError(f"torch has batch norms of two to five axes, not {node.rank}")
    module = call(
        f"nn.BatchNorm{max(axes, 1)}d",
        node.blobs[0][0],
        eps=unless(1e-5, float(number(parameter.eps))),
        momentum=1 - float(number(parameter.moving_average_fraction)),
        affine=False if node.scale is None else None,
    )
    return Code("{self}({0})", module)


@torch_layer("Scale", "Bias", limits="no factor from a bottom with a bias of its own")
def affine(node: Node) -> Code:
    """By parameters of its own, or by a second bottom."""
    scales = node.layer.type == "Scale"
    parameter = node.layer.scale_param if scales else node.layer.bias_param
    axis = canonical_axis(parameter.axis, node.rank)
    if operands(node):
        return Code(f"{{0}} {'*' if scales else '+'} aligned({{1}}, {{0}}, {axis})", helper=_ALIGNED)
    module = call(
        "Affine",
        f"({', '.join(map(str, node.blobs[0]))},)" if len(node.blobs[0]) == 1 else str(node.blobs[0]),
        axis=unless(1, axis),
        weight=None if scales else False,
        bias=False if scales and not node.layer.scale_param.bias_term else None,
    )
    return Code("{self}({0})", module, _AFFINE)


@torch_layer("LRN")
def lrn(node: Node) -> Code:
    """torch, too, divides alpha by the size."""
    parameter = node.layer.lrn_param
    numbers = {"alpha": parameter.alpha, "beta": parameter.beta, "k": unless(1.0, parameter.k)}
    if parameter.norm_region == LRNParameter.WITHIN_CHANNEL:
        numbers["k"] = None  # Caffe's power layer has a shift of 1 whatever k says
        return Code(call("local_response_within", "{0}", parameter.local_size, **numbers), helper=_WITHIN)
    return Code("{self}({0})", call("nn.LocalResponseNorm", parameter.local_size, **numbers))


@torch_layer("MVN")
def mvn(node: Node) -> Code:
    """Eps is added to the deviation, not to the variance."""
    parameter = node.layer.mvn_param
    code = call(
        "mean_variance",
        "{0}",
        across_channels=unless(False, parameter.across_channels),
        variance=unless(True, parameter.normalize_variance),
        eps=unless(1e-9, float(number(parameter.eps))),
    )
    return Code(code, helper=_MVN)


@torch_layer("Softmax")
def softmax(node: Node) -> Code:
    """Along one axis."""
    return Code(f"torch.softmax({{0}}, {canonical_axis(node.layer.softmax_param.axis, node.rank)})")
