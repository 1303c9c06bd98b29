"""Convolution, deconvolution and pooling."""

from __future__ import annotations

from caffe_fillers.errors import UsageError
from caffe_fillers.layers.windows import windows
from caffe_fillers.port.calls import call, unless
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.nodes import one_to_one, pair
from caffe_fillers.port.torch.target import torch_layer
from caffe_fillers.schema import PoolingParameter
from caffe_fillers.shapes import Shape, canonical_axis


@torch_layer("Convolution", limits="one bottom; up to three spatial axes")
def convolution(node: Node) -> Code:
    """Weights lie as torch has them, outputs x inputs of one group x kernel."""
    outputs, inputs, *_ = node.blobs[0]
    return _module(node, "Conv", inputs * node.layer.convolution_param.group, outputs)


@torch_layer("Deconvolution", limits="one bottom; up to three spatial axes")
def deconvolution(node: Node) -> Code:
    """Weights lie as torch has them, inputs x outputs of one group x kernel."""
    inputs, outputs, *_ = node.blobs[0]
    return _module(node, "ConvTranspose", inputs, outputs * node.layer.convolution_param.group)


def _module(node: Node, kind: str, inputs: int, outputs: int) -> Code:
    parameter = node.layer.convolution_param
    one_to_one(node)
    if canonical_axis(parameter.axis, node.rank) != 1:
        raise UsageError(f"its channels are on axis {parameter.axis}, torch's on axis 1")
    axes = len(node.blobs[0]) - 2
    if axes not in (1, 2, 3):
        raise UsageError(f"torch has windows of one to three axes, not {axes}")
    window = windows(parameter, axes)
    module = call(
        f"nn.{kind}{axes}d",
        *(inputs, outputs),
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
    parameter = node.layer.pooling_param
    one_to_one(node)
    kinds = {PoolingParameter.MAX: "Max", PoolingParameter.AVE: "Avg"}
    if parameter.pool not in kinds:
        raise UsageError("torch has no stochastic pooling")
    kind = kinds[parameter.pool]
    if parameter.global_pooling:
        return Code("{self}({0})", f"nn.Adaptive{kind}Pool2d(1)")
    window = {name: pair(parameter, name) for name in ("kernel", "stride", "pad")}
    _check_window(node, window, ceil=parameter.round_mode == PoolingParameter.CEIL)
    module = call(
        f"nn.{kind}Pool2d",
        kernel_size=window["kernel"],
        stride=window["stride"],
        padding=unless(0, window["pad"]),
        ceil_mode=True if parameter.round_mode == PoolingParameter.CEIL else None,
    )
    return Code("{self}({0})", module)


def _check_window(node: Node, window: dict[str, Shape], *, ceil: bool) -> None:
    """Padding is half a kernel at most in torch, which drops a last window that Caffe may keep."""
    if any(2 * pad > kernel for pad, kernel in zip(window["pad"], window["kernel"], strict=True)):
        raise UsageError(
            f"it pads by {window['pad']}, torch by half of the kernel {window['kernel']} at most"
        )
    bottom, top = node.bottoms[0], node.tops[0]
    if bottom is None or top is None:
        return
    axes = zip(bottom[2:], top[2:], window["kernel"], window["stride"], window["pad"], strict=True)
    for length, outputs, kernel, stride, pad in axes:
        rounded = stride - 1 if ceil else 0
        given = (length + 2 * pad - kernel + rounded) // stride + 1
        if ceil and (given - 1) * stride >= length + pad:
            given -= 1
        if length >= 0 and given != outputs:
            raise UsageError(f"Caffe gives {outputs} windows along an axis of {length}, torch {given}")
