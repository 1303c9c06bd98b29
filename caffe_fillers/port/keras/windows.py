"""Convolution, deconvolution and pooling of images."""

from __future__ import annotations

from caffe_fillers.errors import UsageError
from caffe_fillers.port import channels_last, readings
from caffe_fillers.port.calls import call, literal, unless
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.keras.target import OPTIONS, keras_layer

_GROUPED = '''\
class GroupedConv2DTranspose(layers.Layer):
    """A transposed convolution each of whose outputs sees the inputs of one group."""

    def __init__(
        self,
        filters,
        kernel_size,
        strides,
        groups,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        name=None,
    ):
        super().__init__(name=name)
        self.filters, self.kernel_size, self.strides = filters, kernel_size, strides
        self.groups, self.use_bias = groups, use_bias
        self.initializers = kernel_initializer, bias_initializer

    def build(self, shape):
        kernel, bias = map(keras.initializers.get, self.initializers)
        kernel_shape = (*self.kernel_size, self.filters // self.groups, shape[-1])
        self.kernel = self.add_weight(kernel_shape, kernel, name="kernel")
        if self.use_bias:
            self.bias = self.add_weight((self.filters,), bias, name="bias")

    def call(self, x):
        inputs = ops.split(x, self.groups, axis=-1)
        kernels = ops.split(self.kernel, self.groups, axis=-1)
        parts = [
            ops.conv_transpose(each, kernel, self.strides, padding="valid")
            for each, kernel in zip(inputs, kernels)
        ]
        x = ops.concatenate(parts, axis=-1)
        return x + self.bias if self.use_bias else x
'''
_EDGED = '''\
def edged(x, before, after, value):
    """An image with an edge of a value around it."""
    (top, left), (bottom, right) = before, after
    return ops.pad(
        x, [(0, 0), (top, bottom), (left, right), (0, 0)], constant_values=value
    )
'''
_AVERAGE = '''\
def average_pool(x, size, strides, padding, beyond):
    """Averages that count the padding, but not what windows see beyond it, as Caffe does."""
    (top, left), (bottom, right) = padding, beyond
    x = ops.pad(x, [(0, 0), (top, top), (left, left), (0, 0)])
    edge = [(0, 0), (0, bottom), (0, right), (0, 0)]
    counted = ops.average_pool(ops.pad(ops.ones_like(x), edge), size, strides)
    return ops.average_pool(ops.pad(x, edge), size, strides) / counted
'''


@keras_layer(
    "Convolution",
    lay_out=channels_last.kernel,
    limits=f"{readings.WINDOW_LIMITS}; a stride or a dilation; TensorFlow runs groups on a GPU alone",
)
def convolution(node: Node) -> Code:
    """Padding is `same` where that is as much, else it stands before the layer."""
    window, parameter = readings.image_window(node), node.layer.convolution_param
    depthwise = channels_last.is_depthwise(node)
    if max(window.stride) > 1 and max(window.dilation) > 1:
        raise UsageError("Keras has no stride together with a dilation")
    extents = tuple(d * (k - 1) + 1 for d, k in zip(window.dilation, window.kernel, strict=True))
    same = max(window.stride) == 1 and all(
        2 * pad == extent - 1 for pad, extent in zip(window.pad, extents, strict=True)
    )
    outputs = [] if depthwise else [node.blobs[0][0]]
    multiplier = node.blobs[0][0] // parameter.group
    module = call(
        "layers.DepthwiseConv2D" if depthwise else "layers.Conv2D",
        *outputs,
        window.kernel,
        strides=unless(1, window.stride),
        padding='"same"' if same and max(window.pad) else None,
        dilation_rate=unless(1, window.dilation),
        groups=None if depthwise else unless(1, parameter.group),
        depth_multiplier=unless(1, multiplier) if depthwise else None,
        use_bias=None if parameter.bias_term else False,
    )
    padded = "{0}" if same or not max(window.pad) else f"layers.ZeroPadding2D({literal(window.pad)})({{0}})"
    return Code(f"{{self}}({padded})", f"{module[:-1]}, {OPTIONS})")


@keras_layer("Deconvolution", lay_out=channels_last.kernel, limits=f"{readings.WINDOW_LIMITS}; no dilation")
def deconvolution(node: Node) -> Code:
    """What Caffe's padding takes away is cropped; so is what a stride longer than the kernel adds."""
    window, parameter = readings.image_window(node), node.layer.convolution_param
    if max(window.dilation) > 1:
        raise UsageError("a dilated deconvolution is not carried over")
    grouped = parameter.group > 1
    module = call(
        "GroupedConv2DTranspose" if grouped else "layers.Conv2DTranspose",
        parameter.num_output,
        str(window.kernel) if grouped else window.kernel,
        strides=str(window.stride) if grouped else unless(1, window.stride),
        groups=unless(1, parameter.group),
        use_bias=None if parameter.bias_term else False,
    )
    crops = [
        (pad, pad + max(stride - kernel, 0))
        for pad, stride, kernel in zip(window.pad, window.stride, window.kernel, strict=True)
    ]
    made = "{self}({0})"
    if max(map(max, crops)):
        even = literal(window.pad) if all(before == after for before, after in crops) else str(crops)
        made = f"layers.Cropping2D({even})({made})"
    return Code(made, f"{module[:-1]}, {OPTIONS})", _GROUPED if grouped else "")


@keras_layer("Pooling", limits=readings.POOLING_LIMITS)
def pooling(node: Node) -> Code:
    """Caffe rounds up: the last windows may reach over the edge, which then stands in the code."""
    pool = readings.pool(node)
    kind = "Average" if pool.average else "Max"
    if pool.everything:
        return Code("{self}({0})", f"layers.Global{kind}Pooling2D(keepdims=True, {OPTIONS})")
    if pool.average and max(pool.beyond):
        words = ", ".join(map(str, (pool.size, pool.stride, pool.before, pool.beyond)))
        return Code(f"average_pool({{0}}, {words})", helper=_AVERAGE)
    # Keras takes the window's size for its stride where none is given.
    stride = None if pool.size == pool.stride else pool.stride
    module = call(f"layers.{kind}Pooling2D", pool.size, strides=stride)
    module = f"{module[:-1]}, {OPTIONS})"
    if not max(*pool.before, *pool.after):
        return Code("{self}({0})", module)
    value = "0.0" if pool.average else '-float("inf")'
    return Code(f"{{self}}(edged({{0}}, {pool.before}, {pool.after}, {value}))", module, _EDGED)
