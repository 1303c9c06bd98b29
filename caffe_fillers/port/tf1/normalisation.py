"""BatchNorm, Scale, Bias, LRN, MVN and Softmax."""

from __future__ import annotations

from caffe_fillers.port import channels_last, readings
from caffe_fillers.port.calls import call
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.initialisers.contract import number
from caffe_fillers.port.tf1.target import tf1_layer

_WITHIN = '''\
def local_response_within(x, size, alpha, beta):
    """Response normalisation over a square in each channel; padding counts."""
    half = (size - 1) // 2
    squares = tf.pad(tf.square(x), [[0, 0], [half, half], [half, half], [0, 0]])
    return x * (1.0 + alpha * tf.nn.avg_pool(squares, size, 1, "VALID")) ** -beta
'''
_MVN = '''\
def mean_variance(x, axes, variance=True, eps=1e-9):
    """Each image less its mean and over its deviation, to which eps is added."""
    x = x - tf.reduce_mean(x, axes, keepdims=True)
    if not variance:
        return x
    return x / (tf.sqrt(tf.reduce_mean(tf.square(x), axes, keepdims=True)) + eps)
'''


@tf1_layer("BatchNorm", lay_out=channels_last.statistics, limits=readings.STATISTICS_LIMITS)
def batch_norm(node: Node) -> Code:
    """With the Scale behind it where there is one."""
    behind = node.rank - 1 - channels_last.axis_of(node, 1)
    spread = f"[{', '.join([':', *['None'] * behind])}]" if behind else ""
    scale = node.scale
    made = call(
        "tf.nn.batch_normalization",
        "{0}",
        f"moving_mean{spread}",
        f"moving_variance{spread}",
        offset=f"beta{spread}" if scale is not None and scale.scale_param.bias_term else "None",
        scale="None" if scale is None else f"gamma{spread}",
        variance_epsilon=float(node.layer.batch_norm_param.eps),
    )
    return Code(made)


@tf1_layer("Scale", "Bias", lay_out=channels_last.affine, limits=channels_last.AFFINE_LIMITS)
def affine(node: Node) -> Code:
    """By parameters of its own, or by a second bottom."""
    if by_operand := readings.by_operand(node):
        return Code(by_operand)
    if node.layer.type == "Bias":
        return Code("{0} + beta")
    return Code("{0} * gamma + beta" if node.layer.scale_param.bias_term else "{0} * gamma")


@tf1_layer("LRN")
def lrn(node: Node) -> Code:
    """Caffe divides alpha by the number of values that are summed."""
    if readings.is_within(node):
        return Code(readings.response_call(node), helper=_WITHIN)
    parameter = node.layer.lrn_param
    size = parameter.local_size
    made = call(
        "tf.nn.local_response_normalization",
        "{0}",
        depth_radius=size // 2,
        bias=float(parameter.k),
        alpha=f"{number(parameter.alpha)} / {size}",
        beta=float(parameter.beta),
    )
    return Code(made)


@tf1_layer("MVN", limits=readings.MVN_LIMITS)
def mvn(node: Node) -> Code:
    """Eps is added to the deviation, not to the variance."""
    return Code(readings.deviation_call(node), helper=_MVN)


@tf1_layer("Softmax")
def softmax(node: Node) -> Code:
    """Along one axis."""
    return Code(f"tf.nn.softmax({{0}}{readings.axis_word(node, node.layer.softmax_param.axis)})")
