"""Keras 3: a functional model for each net, its weights from Caffe's blobs. Read at keras v3.15."""

from __future__ import annotations

from caffe_fillers.errors import UsageError
from caffe_fillers.port import axes, channels_last, ops, values
from caffe_fillers.port.channels_last import Words
from caffe_fillers.port.code import literal, unless
from caffe_fillers.port.contract import Layer, Rules
from caffe_fillers.port.printing import Site, named_numbers

keras = Rules("keras")

_FUNCTIONS = {
    "abs": "ops.abs({0})",
    "clip": "ops.clip({0}, {n0}, {n1})",
    "elu": "ops.elu({0}, {n0})",
    "exp": "ops.exp({0})",
    "leaky_relu": "ops.leaky_relu({0}, {n0})",
    "log": "ops.log({0})",
    "log_to": "ops.log({0}) / math.log({n0})",
    "maximum": "ops.maximum({0}, {1})",
    "relu": "ops.relu({0})",
    "sigmoid": "ops.sigmoid({0})",
    "sqrt": "ops.sqrt({0})",
    "softplus": "ops.softplus({0})",
    "square": "ops.square({0})",
    "tanh": "ops.tanh({0})",
    "threshold": 'ops.cast({0} > {n0}, "float32")',
}


@keras(values.Binary, values.Function)
def function(name: str, *numbers: str) -> str:
    """A template for a function of each value."""
    return named_numbers(_FUNCTIONS, name, numbers)


channels_last.register(
    Words(
        concatenate="ops.concatenate([{0}], axis={1})",
        split="ops.split({0}, {1}, axis={2})",
        tile="ops.tile({0}, {1})",
        reduce="ops.{1}({0}, axis={2})",
        flatten="layers.Flatten()({0})",
        reshape="layers.Reshape({1})({0})",
        transpose="layers.Permute(({1}))({0})",
        permute="ops.transpose({0}, ({1}))",
        flip="ops.flip({0}, {1})",
        softmax="ops.softmax({0}{1})",
    ),
    keras,
)


@keras(
    ops.Conv,
    limits=f"{channels_last.WINDOW_LIMITS}; a stride or a dilation; TensorFlow runs groups on a GPU alone",
)
def conv(op: ops.Conv, at: Site, x: str) -> str:
    """Padding is `same` where that is as much, else it stands before the layer."""
    channels_last.check_image(op)
    if op.transposed:
        return _deconv(op, at, x)
    if max(op.stride) > 1 and max(op.dilation) > 1:
        raise UsageError("Keras has no stride together with a dilation")
    extents = tuple(d * (k - 1) + 1 for d, k in zip(op.dilation, op.kernel, strict=True))
    same = max(op.stride) == 1 and all(
        2 * pad == extent - 1 for pad, extent in zip(op.pad, extents, strict=True)
    )
    layer = at.layer(
        "layers.DepthwiseConv2D" if op.depthwise else "layers.Conv2D",
        *([] if op.depthwise else [op.outputs]),
        op.kernel,
        strides=unless(1, op.stride),
        padding='"same"' if same and max(op.pad) else None,
        dilation_rate=unless(1, op.dilation),
        groups=None if op.depthwise else unless(1, op.groups),
        depth_multiplier=unless(1, op.outputs // op.groups) if op.depthwise else None,
        use_bias=None if op.bias else False,
    )
    padded = x if same or not max(op.pad) else f"layers.ZeroPadding2D({literal(op.pad)})({x})"
    return f"{layer}({padded})"


def _deconv(op: ops.Conv, at: Site, x: str) -> str:
    """What Caffe's padding takes away is cropped; so is what a stride longer than the kernel adds."""
    if max(op.dilation) > 1:
        raise UsageError("a dilated deconvolution is not ported")
    grouped = op.groups > 1
    layer = at.layer(
        at.helper("GroupedConv2DTranspose") if grouped else "layers.Conv2DTranspose",
        op.outputs,
        str(op.kernel) if grouped else op.kernel,
        strides=str(op.stride) if grouped else unless(1, op.stride),
        groups=unless(1, op.groups),
        use_bias=None if op.bias else False,
    )
    crops = [
        (pad, pad + max(stride - kernel, 0))
        for pad, stride, kernel in zip(op.pad, op.stride, op.kernel, strict=True)
    ]
    if not max(map(max, crops)):
        return f"{layer}({x})"
    even = literal(op.pad) if all(before == after for before, after in crops) else str(crops)
    return f"layers.Cropping2D({even})({layer}({x}))"


def _kind(average: bool) -> str:
    return "Average" if average else "Max"


@keras(ops.GlobalPool)
def global_pool(op: ops.GlobalPool, at: Site, x: str) -> str:
    """To one value for each channel."""
    return f"{at.layer(f'layers.Global{_kind(op.average)}Pooling2D', keepdims=True)}({x})"


@keras(ops.Pool, limits=channels_last.POOLING_LIMITS)
def pool(op: ops.Pool, at: Site, x: str) -> str:
    """The last windows may reach over the edge, which then stands in the code."""
    edges = channels_last.edges(op, at.value)
    if op.average and max(edges.beyond):
        words = ", ".join(map(str, (op.kernel, op.stride, edges.before, edges.beyond)))
        return f"{at.helper('average_pool')}({x}, {words})"
    # Keras takes the window's size for its stride where none is given.
    stride = None if op.kernel == op.stride else op.stride
    layer = at.layer(f"layers.{_kind(op.average)}Pooling2D", op.kernel, strides=stride)
    if not max(*edges.before, *edges.after):
        return f"{layer}({x})"
    value = "0.0" if op.average else '-float("inf")'
    return f"{layer}({at.helper('edged')}({x}, {edges.before}, {edges.after}, {value}))"


@keras(ops.Dense, limits="from axis 1 on, or the last axis alone")
def dense(op: ops.Dense, at: Site, x: str) -> str:
    """An image is flattened with its channels last, and the weight's rows are in that order."""
    layer = at.layer("layers.Dense", op.outputs, use_bias=None if op.bias else False)
    return f"{layer}({f'layers.Flatten()({x})' if channels_last.check_dense(op, at.x) else x})"


@keras(ops.Embed, limits="bottoms of up to two axes")
def embed(op: ops.Embed, at: Site, x: str) -> str:
    """Indices come as floats in Caffe."""
    channels_last.check_embed(at.x)
    layer = at.helper("BiasedEmbedding") if op.bias else "layers.Embedding"
    return f"{at.layer(layer, op.rows, op.width)}({x})"


@keras(ops.LSTM, limits="time steps and streams are fixed")
def lstm(op: ops.LSTM, at: Site, x: str, cont: str) -> str:
    """A cell, step by step."""
    channels_last.check_lstm(at.x)
    return f"{at.layer(at.helper('ContinuedLSTM'), op.outputs)}({x}, {cont})"


@keras(ops.PReLU)
def prelu(op: ops.PReLU, at: Site, x: str) -> str:
    """A slope for each channel, or one for all."""
    every = range(1, at.x.rank)
    channels = every[-1] if at.x.rank == 4 else 1
    shared = [axis for axis in every if axis != channels or not at.node.blobs[0]]
    return f"{at.layer('layers.PReLU', shared_axes=shared or None)}({x})"


@keras(ops.Dropout)
def dropout(op: ops.Dropout, at: Site, x: str) -> str:
    """In training alone."""
    if op.scales_later:
        raise UsageError("dropout that scales in inference is not ported")
    return f"{at.layer('layers.Dropout', op.ratio)}({x}{', training=True' if op.always else ''})"


@keras(
    ops.BatchNorm,
    limits="exact in inference; in training Caffe's averages start without a first value, and Keras's "
    "variance is that of the batch, Caffe's that of what it is drawn from",
)
def batch_norm(op: ops.BatchNorm, at: Site, x: str) -> str:
    """Along the channels."""
    axis = axes.axis_of(at.x, 1)
    layer = at.layer(
        "layers.BatchNormalization",
        axis=None if axis == at.x.rank - 1 else axis,
        momentum=op.fraction,
        epsilon=op.eps,
        center=None if op.bias else False,
        scale=None if op.weight else False,
    )
    return f"{layer}({x})"


@keras(ops.Affine)
def affine(op: ops.Affine, at: Site, x: str) -> str:
    """Parameters in a shape that meets the last axes."""
    parameters = channels_last.zeros(Layer(at.node, at.value))
    first, *_ = axes.lay_out(at.value, parameters).values()
    layer = at.layer(
        at.helper("Affine"),
        str(first.shape),
        scale=None if op.weight else False,
        center=None if op.bias else False,
    )
    return f"{layer}({x})"


@keras(ops.LRN)
def lrn(op: ops.LRN, at: Site, x: str) -> str:
    """By a function."""
    return channels_last.response_call(op, at, x)


@keras(ops.MVN, limits="images alone")
def mvn(op: ops.MVN, at: Site, x: str) -> str:
    """By a function."""
    return channels_last.deviation_call(op, at, x)


def lay_out(value: values.Value, parameters: values.Arrays) -> values.Arrays:
    """Keras has an LSTM's parameters in its cell."""
    laid = axes.lay_out(value, parameters)
    return {f"cell/{name}": array for name, array in laid.items()} if isinstance(value.op, ops.LSTM) else laid
