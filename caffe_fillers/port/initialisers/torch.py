"""torch.nn.init, which counts fans as Caffe does and keeps weights in the same order of axes.

`_calculate_fan_in_and_fan_out`: size(1) and size(0), times the kernel; kaiming
divides by one of them, xavier by their mean (torch/nn/init.py, v2.5.1).
"""

from __future__ import annotations

from caffe_fillers import laws
from caffe_fillers.fans import Fans, VarianceNorm
from caffe_fillers.plan import Fill
from caffe_fillers.port.initialisers.contract import Framework, Initialiser, Scaling, frameworks, number
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, count

_NN = ("from torch import nn",)
_TORCH = ("import torch", "from torch import nn")

_SPARSE = '''\
@torch.no_grad()
def sparse_normal_(tensor, std, keep):
    """Normal values, each kept with probability `keep` and zero otherwise."""
    return tensor.normal_(0.0, std).mul_(torch.full_like(tensor, keep).bernoulli())
'''
_UNITBALL = '''\
@torch.no_grad()
def positive_unitball_(tensor):
    """Uniform values, those of each output divided by their sum."""
    rows = tensor.uniform_(0.0, 1.0).flatten(1)
    return tensor.copy_((rows / rows.sum(dim=1, keepdim=True)).view_as(tensor))
'''
_BILINEAR = '''\
@torch.no_grad()
def bilinear_(tensor):
    """Bilinear interpolation in every kernel."""
    size = tensor.shape[-1]
    factor = (size + 1) // 2
    weight = 1 - (torch.arange(size) / factor - (size - 1) / (2 * factor)).abs()
    return tensor.copy_(torch.outer(weight, weight).expand_as(tensor))
'''


def _shape(fill: Fill, layer: LayerParameter) -> Shape:
    """Caffe's own, but a Linear is always outputs x inputs."""
    transposed = layer.type == "InnerProduct" and layer.inner_product_param.transpose
    return fill.shape[::-1] if transposed else fill.shape


def _fans(shape: Shape) -> Fans | None:
    if len(shape) < 2:
        return None
    kernel = count(shape, 2)
    return Fans(shape[1] * kernel, shape[0] * kernel)


def _scaled(scaling: Scaling) -> Initialiser:
    kind = "uniform" if scaling.uniform else "normal"
    if scaling.mode is VarianceNorm.AVERAGE:
        gain = "" if scaling.scale == 1 else ", gain=2**0.5"
        return Initialiser(f"nn.init.xavier_{kind}_({{tensor}}{gain})", exact=True, imports=_NN)
    mode = "" if scaling.mode is VarianceNorm.FAN_IN else ", mode='fan_out'"
    gain = ", nonlinearity='linear'" if scaling.scale == 1 else ", nonlinearity='relu'"
    return Initialiser(f"nn.init.kaiming_{kind}_({{tensor}}{mode}{gain})", exact=True, imports=_NN)


def _constant(law: laws.Constant, fill: Fill) -> Initialiser:
    named = {0.0: "zeros_({tensor})", 1.0: "ones_({tensor})"}
    call = named.get(law.value, f"constant_({{tensor}}, {number(law.value)})")
    return Initialiser(f"nn.init.{call}", exact=True, imports=_NN)


def _uniform(law: laws.Uniform, fill: Fill) -> Initialiser:
    bounds = f"{number(law.low)}, {number(law.high)}"
    return Initialiser(f"nn.init.uniform_({{tensor}}, {bounds})", exact=True, imports=_NN)


def _normal(law: laws.Normal, fill: Fill) -> Initialiser:
    mean = f"mean={number(law.mean)}, " if law.mean else ""
    return Initialiser(f"nn.init.normal_({{tensor}}, {mean}std={number(law.std)})", exact=True, imports=_NN)


frameworks.add(
    "torch",
    Framework(
        _shape,
        _fans,
        _scaled,
        {
            laws.Constant: _constant,
            laws.Uniform: _uniform,
            laws.Normal: _normal,
        },
    ),
)
