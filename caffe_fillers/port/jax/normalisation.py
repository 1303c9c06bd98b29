"""BatchNorm, Scale, Bias, LRN, MVN and Softmax."""

from __future__ import annotations

from caffe_fillers.errors import UsageError
from caffe_fillers.port import channels_last
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.initialisers.contract import number
from caffe_fillers.port.jax.target import jax_layer
from caffe_fillers.port.nodes import operands
from caffe_fillers.schema import LRNParameter

_NORM = '''\
def batch_norm(x, layer, eps, axis=-1):
    """Normalisation by the layer's statistics, and its factor and bias if it has them."""
    shape = [1] * x.ndim
    shape[axis] = -1
    layer = {name: values.reshape(shape) for name, values in layer.items()}
    x = (x - layer["moving_mean"]) / jnp.sqrt(layer["moving_variance"] + eps)
    return x * layer.get("gamma", 1.0) + layer.get("beta", 0.0)
'''
_AFFINE = '''\
def affine(x, layer):
    """A factor, a bias, or both, shaped as the last axes: Caffe's Scale and Bias."""
    return x * layer.get("gamma", 1.0) + layer.get("beta", 0.0)
'''
_ACROSS = '''\
def local_response(x, size, alpha, beta, k=1.0):
    """Response normalisation over neighbouring channels."""
    half, channels = size // 2, x.shape[-1]
    squares = jnp.pad(jnp.square(x), [(0, 0), (0, 0), (0, 0), (half, half)])
    total = sum(squares[..., first : first + channels] for first in range(size))
    return x * (k + alpha / size * total) ** -beta
'''
_WITHIN = '''\
def local_response_within(x, size, alpha, beta):
    """Response normalisation over a square in each channel; padding counts."""
    half = (size - 1) // 2
    edges = [(0, 0), (half, half), (half, half), (0, 0)]
    window = (1, size, size, 1)
    total = lax.reduce_window(jnp.square(x), 0.0, lax.add, window, (1, 1, 1, 1), edges)
    return x * (1.0 + alpha / size**2 * total) ** -beta
'''
_MVN = '''\
def mean_variance(x, axes, variance=True, eps=1e-9):
    """Each image less its mean and over its deviation, to which eps is added."""
    x = x - x.mean(axes, keepdims=True)
    if not variance:
        return x
    return x / (jnp.sqrt(jnp.square(x).mean(axes, keepdims=True)) + eps)
'''


@jax_layer("BatchNorm", lay_out=channels_last.statistics, limits="inference alone, by its statistics")
def batch_norm(node: Node) -> Code:
    """With the Scale behind it where there is one."""
    axis = channels_last.axis_of(node, 1)
    given = "" if axis == node.rank - 1 else f", axis={axis}"
    return Code(
        f"batch_norm({{0}}, {{self}}, {number(node.layer.batch_norm_param.eps)}{given})", helper=_NORM
    )


@jax_layer("Scale", "Bias", lay_out=channels_last.affine, limits=channels_last.AFFINE_LIMITS)
def affine(node: Node) -> Code:
    """By parameters of its own, or by a second bottom."""
    scales = node.layer.type == "Scale"
    if operands(node):
        return Code(f"{{0}} {'*' if scales else '+'} {channels_last.operand(node)}")
    return Code("affine({0}, {self})", helper=_AFFINE)


@jax_layer("LRN")
def lrn(node: Node) -> Code:
    """Caffe divides alpha by the number of values that are summed."""
    parameter = node.layer.lrn_param
    numbers = [str(parameter.local_size), number(parameter.alpha), number(parameter.beta)]
    if parameter.norm_region == LRNParameter.WITHIN_CHANNEL:
        return Code(f"local_response_within({{0}}, {', '.join(numbers)})", helper=_WITHIN)
    numbers += [] if parameter.k == 1 else [number(parameter.k)]
    return Code(f"local_response({{0}}, {', '.join(numbers)})", helper=_ACROSS)


@jax_layer("MVN", limits="images alone")
def mvn(node: Node) -> Code:
    """Eps is added to the deviation, not to the variance."""
    parameter = node.layer.mvn_param
    if node.rank != 4:
        raise UsageError("only images are carried over")
    axes = (1, 2, 3) if parameter.across_channels else (1, 2)
    variance = "" if parameter.normalize_variance else ", variance=False"
    eps = float(number(parameter.eps))
    given = "" if eps == 1e-9 else f", eps={number(eps)}"
    return Code(f"mean_variance({{0}}, {axes}{variance}{given})", helper=_MVN)


@jax_layer("Softmax")
def softmax(node: Node) -> Code:
    """Along one axis."""
    axis = channels_last.axis_of(node, node.layer.softmax_param.axis)
    given = "" if axis == node.rank - 1 else f", axis={axis}"
    return Code(f"jax.nn.softmax({{0}}{given})")
