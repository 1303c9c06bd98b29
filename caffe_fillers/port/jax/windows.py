"""Convolution, deconvolution and pooling of images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from caffe_fillers.distributions import Values
from caffe_fillers.port import readings
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.jax.target import BIASED, jax_layer
from caffe_fillers.shapes import Shape

_CONV = f'''\
{BIASED}

def conv(x, layer, stride=(1, 1), pad=(0, 0), dilation=(1, 1), groups=1):
    """A convolution of images, which are num x height x width x channels."""
    y = lax.conv_general_dilated(
        x,
        layer["kernel"],
        stride,
        [(each, each) for each in pad],
        rhs_dilation=dilation,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=groups,
    )
    return biased(y, layer)
'''
_DECONV = '''\
def deconv(x, layer, stride=(1, 1), pad=(0, 0), dilation=(1, 1), groups=1):
    """The gradient of a convolution; the kernel is height x width x outputs x inputs."""
    height, width, outputs, inputs = layer["kernel"].shape
    flipped = layer["kernel"][::-1, ::-1].reshape(height, width, outputs, groups, -1)
    by_inputs = flipped.transpose(0, 1, 4, 3, 2)
    kernel = by_inputs.reshape(height, width, -1, outputs * groups)
    edges = [d * (k - 1) - p for k, p, d in zip((height, width), pad, dilation)]
    y = lax.conv_general_dilated(
        x,
        kernel,
        (1, 1),
        [(each, each) for each in edges],
        lhs_dilation=stride,
        rhs_dilation=dilation,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=groups,
    )
    return biased(y, layer)
'''
_MAX = '''\
def max_pool(x, size, stride, before=(0, 0), after=(0, 0)):
    """Maxima of windows that may reach over the edge."""
    edges = [(0, 0), *zip(before, after), (0, 0)]
    windows = (1, *size, 1), (1, *stride, 1), edges
    return lax.reduce_window(x, -jnp.inf, lax.max, *windows)
'''
_AVERAGE = '''\
def average_pool(x, size, stride, pad=(0, 0), beyond=(0, 0)):
    """Averages that count the padding, but not what windows see beyond it, as Caffe does."""
    x = jnp.pad(x, [(0, 0), *((each, each) for each in pad), (0, 0)])
    edges = [(0, 0), *((0, each) for each in beyond), (0, 0)]
    windows = (1, *size, 1), (1, *stride, 1), edges
    counted = lax.reduce_window(jnp.ones((1, *x.shape[1:3], 1)), 0.0, lax.add, *windows)
    return lax.reduce_window(x, 0.0, lax.add, *windows) / counted
'''


def _kernel(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """A depthwise kernel is like any grouped one: height x width x 1 x outputs."""
    weight, *bias = arrays
    return {"kernel": weight.transpose(2, 3, 1, 0), **dict(zip(("bias",), bias, strict=False))}


@jax_layer("Convolution", lay_out=_kernel, limits=readings.WINDOW_LIMITS)
def convolution(node: Node) -> Code:
    """With Caffe's padding, whatever it is."""
    return Code(f"conv({{0}}, {{self}}{_words(node)})", helper=_CONV)


@jax_layer("Deconvolution", lay_out=_kernel, limits=readings.WINDOW_LIMITS)
def deconvolution(node: Node) -> Code:
    """A convolution of the image with zeros between its values."""
    return Code(f"deconv({{0}}, {{self}}{_words(node)})", helper=f"{BIASED}\n\n{_DECONV}")


def _words(node: Node) -> str:
    """What a window says beyond the layer's parameters."""
    window, group = readings.image_window(node), node.layer.convolution_param.group
    given: list[tuple[str, Shape, int]] = [
        ("stride", window.stride, 1),
        ("pad", window.pad, 0),
        ("dilation", window.dilation, 1),
    ]
    words = [f", {name}={lengths}" for name, lengths, default in given if set(lengths) != {default}]
    return "".join(words) + (f", groups={group}" if group > 1 else "")


@jax_layer("Pooling", limits=readings.POOLING_LIMITS)
def pooling(node: Node) -> Code:
    """Caffe rounds up: the last windows may reach over the edge, which then stands in the code."""
    pool = readings.pool(node)
    if pool.everything:
        return Code(f"{{0}}.{'mean' if pool.average else 'max'}((1, 2), keepdims=True)")
    before, after = pool.before, pool.beyond if pool.average else pool.after
    words = [str(pool.size), str(pool.stride)]
    words += [str(before), str(after)] if max(*before, *after) else []
    name, helper = ("average_pool", _AVERAGE) if pool.average else ("max_pool", _MAX)
    return Code(f"{name}({{0}}, {', '.join(words)})", helper=helper)
