"""Layouts of a blob in frameworks, with their fans: channels first, as Caffe does, or last."""

from __future__ import annotations

from caffe_fillers.fans import Fans
from caffe_fillers.frameworks import tensorflow
from caffe_fillers.frameworks.initializers.contract import Tensor
from caffe_fillers.layers import Weights, weights_of
from caffe_fillers.plan import Fill
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, count

_OUTPUTS_FIRST = (Weights.KERNEL, Weights.BACKWARD_KERNEL, Weights.DENSE, Weights.GATES)


def channels_first(fill: Fill, layer: LayerParameter) -> Tensor:
    """Lay axes out as in Caffe, but a dense weight is always outputs x inputs: torch, MXNet."""
    is_dense = weights_of(layer) is Weights.DENSE
    if is_dense and layer.inner_product_param.transpose and len(fill.shape) == 2:
        return Tensor(fill.shape[::-1], (1,), axes=(1, 0))
    return Tensor(fill.shape)


def channels_last(fill: Fill, layer: LayerParameter) -> Tensor:
    """The blob with Caffe's first axis at the end: height x width x inputs x outputs.

    A transposed inner product and an Embed are inputs x outputs in Caffe
    already; parameters that are no weights keep their axes.
    """
    axes, weights = len(fill.shape), weights_of(layer)
    is_bias = fill.index > 0 and weights is not Weights.GATES  # which C3D gives five axes
    if weights not in _OUTPUTS_FIRST or axes < 2 or is_bias:
        return Tensor(fill.shape, weight=weights is Weights.ROWS)
    if layer.inner_product_param.transpose:
        return Tensor(fill.shape)
    order = (axes - 1, axes - 2, *range(axes - 2))
    return Tensor((*fill.shape[2:], fill.shape[1], fill.shape[0]), (axes - 1,), axes=order)


def depthwise_apart(fill: Fill, layer: LayerParameter) -> Tensor:
    """Lay axes out as `channels_last`, but a depthwise kernel's multiplier is the last axis."""
    group, is_kernel = layer.convolution_param.group, weights_of(layer) is Weights.KERNEL
    if is_kernel and group > 1 and len(fill.shape) == 4 and fill.shape[1] == 1:
        return Tensor((*fill.shape[2:], group, fill.shape[0] // group), (2, 3), axes=(2, 3, 0, 1))
    return channels_last(fill, layer)


def fans_first(shape: Shape) -> Fans | None:
    """The second and the first axis, each times the kernel; a vector has none.

    `_calculate_fan_in_and_fan_out`, torch/nn/init.py; `Xavier`,
    python/mxnet/initializer.py.
    """
    if len(shape) < 2:
        return None
    kernel = count(shape, 2)
    return Fans(shape[1] * kernel, shape[0] * kernel)


def fans_last(shape: Shape) -> Fans:
    """The last two axes, each times the others, as TensorFlow and Keras count them."""
    return Fans(*tensorflow.fans(shape))
