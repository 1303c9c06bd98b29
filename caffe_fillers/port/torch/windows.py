"""Convolution, deconvolution and pooling."""

from __future__ import annotations

from caffe_fillers.errors import UsageError
from caffe_fillers.port.calls import call, unless
from caffe_fillers.port.channels_first import Pooled, convolved, pooled, pooled_axes
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.torch.target import torch_layer


@torch_layer("Convolution", "Deconvolution", limits="one bottom; up to three spatial axes")
def convolution(node: Node) -> Code:
    """Weights lie as torch has them."""
    parameter, given = node.layer.convolution_param, convolved(node, "torch")
    window, kind = given.window, "Conv" if node.layer.type == "Convolution" else "ConvTranspose"
    module = call(
        f"nn.{kind}{given.axes}d",
        *(given.inputs, given.outputs),
        kernel_size=window.kernel,
        stride=unless(1, window.stride),
        padding=unless(0, window.pad),
        dilation=unless(1, window.dilation),
        groups=unless(1, parameter.group),
        bias=None if parameter.bias_term else False,
    )
    return Code("{self}({0})", module)


@torch_layer("Pooling", limits="not stochastic, no mask; padding up to half a window")
def pooling(node: Node) -> Code:
    """`ceil_mode` rounds as Caffe does, and an average counts the padding as Caffe counts it."""
    given = pooled(node, "torch")
    kind = "Avg" if given.average else "Max"
    if node.layer.pooling_param.global_pooling:
        return Code("{self}({0})", f"nn.Adaptive{kind}Pool2d(1)")
    _check_window(node, given)
    module = call(
        f"nn.{kind}Pool2d",
        kernel_size=given.kernel,
        stride=given.stride,
        padding=unless(0, given.pad),
        ceil_mode=given.ceil or None,
    )
    return Code("{self}({0})", module)


def _check_window(node: Node, pooling: Pooled) -> None:
    """Padding is half a kernel at most in torch, which drops a last window that Caffe may keep."""
    if any(2 * pad > kernel for pad, kernel in zip(pooling.pad, pooling.kernel, strict=True)):
        raise UsageError(f"it pads by {pooling.pad}, torch by half of the kernel {pooling.kernel} at most")
    for length, outputs, kernel, stride, pad in pooled_axes(node, pooling):
        rounded = stride - 1 if pooling.ceil else 0
        given = (length + 2 * pad - kernel + rounded) // stride + 1
        if pooling.ceil and (given - 1) * stride >= length + pad:
            given -= 1
        if length >= 0 and given != outputs:
            raise UsageError(f"Caffe gives {outputs} windows along an axis of {length}, torch {given}")
