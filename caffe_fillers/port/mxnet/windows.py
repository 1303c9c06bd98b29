"""Convolution, deconvolution and pooling."""

from __future__ import annotations

from caffe_fillers.errors import UsageError
from caffe_fillers.port.calls import call, unless
from caffe_fillers.port.channels_first import Pooled, convolved, pooled, pooled_axes
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.mxnet.target import mxnet_layer
from caffe_fillers.port.nodes import known


@mxnet_layer("Convolution", "Deconvolution", limits="one bottom; up to three spatial axes")
def convolution(node: Node) -> Code:
    """Weights lie as gluon has them."""
    parameter, given = node.layer.convolution_param, convolved(node, "MXNet")
    window, kind = given.window, "" if node.layer.type == "Convolution" else "Transpose"
    module = call(
        f"nn.Conv{given.axes}D{kind}",
        given.outputs,
        window.kernel,
        strides=unless(1, window.stride),
        padding=unless(0, window.pad),
        dilation=unless(1, window.dilation),
        groups=unless(1, parameter.group),
        use_bias=None if parameter.bias_term else False,
        in_channels=given.inputs,
    )
    return Code("{self}({0})", module)


@mxnet_layer(
    "Pooling",
    limits="not stochastic, no mask; the image's size is fixed where Caffe leaves out a last window",
)
def pooling(node: Node) -> Code:
    """`ceil_mode` rounds as Caffe does, and an average counts the padding as Caffe counts it.

    Caffe leaves out a last window that begins behind the image and its padding; MXNet keeps it.
    """
    given = pooled(node, "MXNet")
    kind = "Avg" if given.average else "Max"
    if node.layer.pooling_param.global_pooling:
        return Code("{self}({0})", f"nn.Global{kind}Pool2D()")
    module = call(
        f"nn.{kind}Pool2D",
        given.kernel,
        strides=given.stride,
        padding=unless(0, given.pad),
        ceil_mode=given.ceil or None,
    )
    kept = _kept(node, given)
    if not any(kept):
        return Code("{self}({0})", module)
    return Code(f"F.slice({{self}}({{0}}), begin={(None, None, 0, 0)}, end={(None, None, *kept)})", module)


def _kept(node: Node, pooling: Pooled) -> list[int | None]:
    """By axis how many windows are kept, None where all are; a shape that must be known is asked for."""
    may_differ = any(
        pooling.ceil and pad + stride > kernel
        for kernel, stride, pad in zip(pooling.kernel, pooling.stride, pooling.pad, strict=True)
    )
    if may_differ:
        known(node.bottoms[0])
    kept: list[int | None] = []
    for length, outputs, kernel, stride, pad in pooled_axes(node, pooling):
        if length >= 0 and (outputs - 1) * stride >= length + pad:
            raise UsageError("its last window lies outside of the image")
        if 0 <= length < kernel - 2 * pad:
            raise UsageError("its windows are larger than the padded image")
        rounded = stride - 1 if pooling.ceil else 0
        given = (length + 2 * pad - kernel + rounded) // stride + 1
        kept.append(outputs if length >= 0 and given != outputs else None)
    return kept
