"""BatchNorm, Scale, Bias, LRN, MVN and Softmax."""

from __future__ import annotations

from caffe_fillers.port import channels_last, readings
from caffe_fillers.port.calls import call
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.initialisers.contract import number
from caffe_fillers.port.keras.target import OPTIONS, keras_layer

_AFFINE = '''\
class Affine(layers.Layer):
    """A factor, a bias, or both, shaped as the last axes: Caffe's Scale and Bias."""

    def __init__(
        self,
        shape,
        scale=True,
        center=True,
        gamma_initializer="ones",
        beta_initializer="zeros",
        name=None,
    ):
        super().__init__(name=name)
        self.gamma = self.beta = None
        if scale:
            self.gamma = self.add_weight(shape, gamma_initializer, name="gamma")
        if center:
            self.beta = self.add_weight(shape, beta_initializer, name="beta")

    def call(self, x):
        if self.gamma is not None:
            x = x * self.gamma
        return x if self.beta is None else x + self.beta
'''
_ACROSS = '''\
def local_response(x, size, alpha, beta, k=1.0):
    """Response normalisation over neighbouring channels."""
    half, channels = size // 2, x.shape[-1]
    squares = ops.pad(ops.square(x), [(0, 0), (0, 0), (0, 0), (half, half)])
    total = sum(squares[..., first : first + channels] for first in range(size))
    return x * (k + alpha / size * total) ** -beta
'''
_WITHIN = '''\
def local_response_within(x, size, alpha, beta):
    """Response normalisation over a square in each channel; padding counts."""
    half = (size - 1) // 2
    squares = ops.pad(ops.square(x), [(0, 0), (half, half), (half, half), (0, 0)])
    return x * (1.0 + alpha * ops.average_pool(squares, size, 1)) ** -beta
'''
_MVN = '''\
def mean_variance(x, axes, variance=True, eps=1e-9):
    """Each image less its mean and over its deviation, to which eps is added."""
    x = x - ops.mean(x, axes, keepdims=True)
    if not variance:
        return x
    return x / (ops.sqrt(ops.mean(ops.square(x), axes, keepdims=True)) + eps)
'''


@keras_layer(
    "BatchNorm",
    lay_out=channels_last.statistics,
    limits="exact in inference; in training Caffe's averages start without a first value, and Keras's "
    "variance is that of the batch, Caffe's that of what it is drawn from",
)
def batch_norm(node: Node) -> Code:
    """With the Scale behind it where there is one."""
    parameter, scale = node.layer.batch_norm_param, node.scale
    axis = channels_last.axis_of(node, 1)
    module = call(
        "layers.BatchNormalization",
        axis=None if axis == node.rank - 1 else axis,
        momentum=float(number(parameter.moving_average_fraction)),
        epsilon=float(number(parameter.eps)),
        center=False if scale is None or not scale.scale_param.bias_term else None,
        scale=False if scale is None else None,
    )
    return Code("{self}({0})", f"{module[:-1]}, {OPTIONS})")


@keras_layer("Scale", "Bias", lay_out=channels_last.affine, limits=channels_last.AFFINE_LIMITS)
def affine(node: Node) -> Code:
    """By parameters of its own, or by a second bottom."""
    if by_operand := readings.by_operand(node):
        return Code(by_operand)
    scales = node.layer.type == "Scale"
    shape = channels_last.spread_shape(node)
    module = call(
        "Affine",
        str(shape),
        scale=None if scales else False,
        center=False if scales and not node.layer.scale_param.bias_term else None,
    )
    return Code("{self}({0})", f"{module[:-1]}, {OPTIONS})", _AFFINE)


@keras_layer("LRN")
def lrn(node: Node) -> Code:
    """Caffe divides alpha by the number of values that are summed."""
    return Code(readings.response_call(node), helper=_WITHIN if readings.is_within(node) else _ACROSS)


@keras_layer("MVN", limits=readings.MVN_LIMITS)
def mvn(node: Node) -> Code:
    """Eps is added to the deviation, not to the variance."""
    return Code(readings.deviation_call(node), helper=_MVN)


@keras_layer("Softmax")
def softmax(node: Node) -> Code:
    """Along one axis."""
    return Code(f"ops.softmax({{0}}{readings.axis_word(node, node.layer.softmax_param.axis)})")
