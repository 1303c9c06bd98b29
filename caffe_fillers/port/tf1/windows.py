"""Convolution and deconvolution of images."""

from __future__ import annotations

from caffe_fillers.layers.windows import Windows
from caffe_fillers.port import channels_last, readings
from caffe_fillers.port.calls import call, unless
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.tf1.target import biased, tf1_layer
from caffe_fillers.shapes import Shape

_GROUPED = '''\
def grouped_conv2d(x, kernel, groups, **options):
    """A convolution each of whose outputs sees the inputs of one group."""
    pairs = zip(tf.split(x, groups, axis=-1), tf.split(kernel, groups, axis=-1))
    return tf.concat([tf.nn.conv2d(*pair, **options) for pair in pairs], axis=-1)
'''
_DECONV = '''\
def deconv2d(x, kernel, stride=(1, 1), pad=(0, 0), groups=1):
    """A transposed convolution; the kernel is height x width x outputs x inputs."""
    height, width, outputs, _ = kernel.shape.as_list()
    num, rows, columns, _ = tf.unstack(tf.shape(x))
    rows, columns = (rows - 1) * stride[0] + height, (columns - 1) * stride[1] + width
    shape = [num, rows, columns, outputs]
    pairs = zip(tf.split(x, groups, axis=-1), tf.split(kernel, groups, axis=-1))
    parts = [
        tf.nn.conv2d_transpose(each, part, shape, stride, "VALID")
        for each, part in pairs
    ]
    top, left = pad
    return tf.concat(parts, axis=-1)[:, top : rows - top, left : columns - left]
'''
_SPREAD = '''\
def spread(kernel, dilation):
    """A kernel with zeros between its values, as a dilation has them."""
    height, width, outputs, inputs = kernel.shape.as_list()
    down, right = dilation
    kernel = tf.reshape(kernel, [height, 1, width, 1, outputs, inputs])
    zeros = [[0, 0], [0, down - 1], [0, 0], [0, right - 1], [0, 0], [0, 0]]
    kernel = tf.pad(kernel, zeros)
    kernel = tf.reshape(kernel, [height * down, width * right, outputs, inputs])
    return kernel[: (height - 1) * down + 1, : (width - 1) * right + 1]
'''


@tf1_layer("Convolution", lay_out=channels_last.kernel, limits=readings.WINDOW_LIMITS)
def convolution(node: Node) -> Code:
    """A CPU has no groups, so the parts stand beside one another."""
    window, parameter = readings.image_window(node), node.layer.convolution_param
    if channels_last.is_depthwise(node):
        return Code(biased(_depthwise(window), bias=parameter.bias_term))
    grouped = parameter.group > 1
    made = call(
        "grouped_conv2d" if grouped else "tf.nn.conv2d",
        *("{0}", "kernel", *([parameter.group] if grouped else [])),
        strides=window.stride,
        padding=_padding(window),
        dilations=unless(1, window.dilation),
    )
    return Code(biased(made, bias=parameter.bias_term), helper=_GROUPED if grouped else "")


def _padding(window: Windows) -> str:
    """`SAME` where it pads as much as Caffe: at a stride of 1, half of what windows reach beyond a value."""
    if not max(window.pad):
        return '"VALID"'
    return '"SAME"' if _is_same(window) else str(edges(window.pad, window.pad))


def _is_same(window: Windows) -> bool:
    extents = (d * (k - 1) for d, k in zip(window.dilation, window.kernel, strict=True))
    return max(window.stride) == 1 and all(
        2 * pad == extent for pad, extent in zip(window.pad, extents, strict=True)
    )


def edges(before: Shape, after: Shape) -> list[list[int]]:
    """What tf.pad takes for images.

    >>> edges((1, 2), (1, 3))
    [[0, 0], [1, 1], [2, 3], [0, 0]]
    """
    sides = [list(each) for each in zip(before, after, strict=True)]
    return [[0, 0], *sides, [0, 0]]


def _depthwise(window: Windows) -> str:
    """Strides of two lengths are refused there, and with a dilation they give other values than Caffe's.

    Each is then a stride of 1 of whose outputs some are taken.
    """
    height, width = window.stride
    direct = height == width and (height == 1 or max(window.dilation) == 1)
    padded = max(window.pad) and not _is_same(window)
    made = call(
        "tf.nn.depthwise_conv2d",
        f"tf.pad({{0}}, {edges(window.pad, window.pad)})" if padded else "{0}",
        "kernel",
        strides=[1, height, width, 1] if direct else [1, 1, 1, 1],
        padding='"SAME"' if max(window.pad) and not padded else '"VALID"',
        rate=None if max(window.dilation) == 1 else str(window.dilation),
    )
    return made if direct else f"{made}[:, ::{height}, ::{width}]"


@tf1_layer("Deconvolution", lay_out=channels_last.kernel, limits=readings.WINDOW_LIMITS)
def deconvolution(node: Node) -> Code:
    """What Caffe's padding takes away is cut off; a dilation is in the kernel."""
    window, parameter = readings.image_window(node), node.layer.convolution_param
    dilated = max(window.dilation) > 1
    made = call(
        "deconv2d",
        "{0}",
        f"spread(kernel, {window.dilation})" if dilated else "kernel",
        stride=None if max(window.stride) == 1 else str(window.stride),
        pad=str(window.pad) if max(window.pad) else None,
        groups=unless(1, parameter.group),
    )
    helper = f"{_SPREAD}\n\n{_DECONV}" if dilated else _DECONV
    return Code(biased(made, bias=parameter.bias_term), helper=helper)
