"""BatchNorm, Scale, Bias, LRN, MVN and Softmax."""

from __future__ import annotations

from caffe_fillers.port import channels_last, readings
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.initialisers.contract import number
from caffe_fillers.port.jax.target import jax_layer

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


@jax_layer("BatchNorm", lay_out=channels_last.statistics, limits=readings.STATISTICS_LIMITS)
def batch_norm(node: Node) -> Code:
    """With the Scale behind it where there is one."""
    eps = number(node.layer.batch_norm_param.eps)
    return Code(f"batch_norm({{0}}, {{self}}, {eps}{readings.axis_word(node, 1)})", helper=_NORM)


@jax_layer("Scale", "Bias", lay_out=channels_last.affine, limits=channels_last.AFFINE_LIMITS)
def affine(node: Node) -> Code:
    """By parameters of its own, or by a second bottom."""
    if by_operand := readings.by_operand(node):
        return Code(by_operand)
    return Code("affine({0}, {self})", helper=_AFFINE)


@jax_layer("LRN")
def lrn(node: Node) -> Code:
    """Caffe divides alpha by the number of values that are summed."""
    return Code(readings.response_call(node), helper=_WITHIN if readings.is_within(node) else _ACROSS)


@jax_layer("MVN", limits=readings.MVN_LIMITS)
def mvn(node: Node) -> Code:
    """Eps is added to the deviation, not to the variance."""
    return Code(readings.deviation_call(node), helper=_MVN)


@jax_layer("Softmax")
def softmax(node: Node) -> Code:
    """Along one axis."""
    return Code(f"jax.nn.softmax({{0}}{readings.axis_word(node, node.layer.softmax_param.axis)})")
