"""How torch and MXNet, which keep channels first as Caffe does, hold a blob and count fans."""

from __future__ import annotations

from caffe_fillers.fans import Fans
from caffe_fillers.plan import Fill
from caffe_fillers.port.initialisers.contract import Tensor
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, count


def tensor(fill: Fill, layer: LayerParameter) -> Tensor:
    """As in Caffe, but a dense weight is always outputs x inputs."""
    if layer.type == "InnerProduct" and layer.inner_product_param.transpose and len(fill.shape) == 2:
        return Tensor(fill.shape[::-1], (1,))
    return Tensor(fill.shape)


def fans(shape: Shape) -> Fans | None:
    """The second and the first axis, each times the kernel; a vector has none.

    `_calculate_fan_in_and_fan_out`, torch/nn/init.py; `Xavier`,
    python/mxnet/initializer.py.
    """
    if len(shape) < 2:
        return None
    kernel = count(shape, 2)
    return Fans(shape[1] * kernel, shape[0] * kernel)
