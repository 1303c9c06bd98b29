"""How frameworks that keep channels last hold a blob, and how TensorFlow counts fans.

A kernel is height x width x inputs x outputs, a dense weight inputs x outputs.
"""

from __future__ import annotations

from caffe_fillers.fans import Fans, VarianceNorm
from caffe_fillers.plan import Fill
from caffe_fillers.port.initialisers.contract import Tensor
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, count

MODES = {VarianceNorm.FAN_IN: "fan_in", VarianceNorm.FAN_OUT: "fan_out", VarianceNorm.AVERAGE: "fan_avg"}
"""The names of VarianceScaling's modes."""

_WEIGHTS = {"Convolution", "Deconvolution", "InnerProduct", "LSTM", "RNN"}


def tensor(fill: Fill, layer: LayerParameter) -> Tensor:
    """The blob with its channels last: Caffe's first axis at the end.

    A transposed inner product and an Embed are inputs x outputs in Caffe
    already; parameters that are no weights keep their axes.
    """
    axes = len(fill.shape)
    if layer.type not in _WEIGHTS or axes < 2:
        return Tensor(fill.shape, weight=layer.type == "Embed")
    if layer.inner_product_param.transpose:
        return Tensor(fill.shape)
    return Tensor((*fill.shape[2:], fill.shape[1], fill.shape[0]), (axes - 1,))


def depthwise(fill: Fill, layer: LayerParameter) -> Tensor:
    """As `tensor`, but the kernel of a depthwise convolution is height x width x inputs x multiplier."""
    group = layer.convolution_param.group
    if layer.type == "Convolution" and group > 1 and len(fill.shape) == 4 and fill.shape[1] == 1:
        return Tensor((*fill.shape[2:], group, fill.shape[0] // group), (2, 3))
    return tensor(fill, layer)


def fans(shape: Shape) -> Fans:
    """TensorFlow's and Keras's count: the last two axes, each times the others.

    `_compute_fans`, tensorflow/python/ops/init_ops.py; `compute_fans`,
    keras/src/initializers/random_initializers.py, v3.
    """
    if len(shape) < 2:
        return Fans(*shape * 2) if shape else Fans(1, 1)
    kernel = count(shape[:-2])
    return Fans(kernel * shape[-2], kernel * shape[-1])
