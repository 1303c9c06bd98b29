"""Keras 3: a functional model for each net, its weights from Caffe's blobs. Read at keras v3.15."""

from __future__ import annotations

import re
from collections.abc import Iterator

from caffe_fillers.errors import UsageError
from caffe_fillers.port import Arrays, Value, channels_last, ops, vision_ops
from caffe_fillers.port.code import free_name, literal, quoted, unless, wrapped
from caffe_fillers.port.graph import Graph, Layer
from caffe_fillers.port.initializers import ARGUMENTS, drawn
from caffe_fillers.port.printing import Page, Site, helper_names
from caffe_fillers.port.reading import Node
from caffe_fillers.port.targets import Rules, Target, layer_owners, port_all, targets, zeros
from caffe_fillers.shapes import Shape


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
        "GroupedConv2DTranspose" if grouped else "layers.Conv2DTranspose",
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


def pool(op: ops.Pool, at: Site, x: str) -> str:
    """The last windows may reach over the edge, which then stands in the code."""
    if op.indices:
        raise UsageError("the mask of a pooling is not ported")
    after, beyond = op.edges(at.value)
    if op.average and max(beyond):
        words = ", ".join(map(str, (op.kernel, op.stride, op.pad, beyond)))
        return f"average_pool({x}, {words})"
    # Keras takes the window's size for its stride where none is given.
    stride = None if op.kernel == op.stride else op.stride
    layer = at.layer(f"layers.{_kind(op.average)}Pooling2D", op.kernel, strides=stride)
    if not max(*op.pad, *after):
        return f"{layer}({x})"
    value = "0.0" if op.average else '-float("inf")'
    return f"{layer}(edged({x}, {op.pad}, {after}, {value}))"


def permute(op: vision_ops.Permute, at: Site, x: str) -> str:
    """The items stay the first axis, whose length is not known to Keras."""
    if op.order[0] != 0:
        raise UsageError("items moved to another axis are not ported")
    return channels_last.permute(op, at, x)


def dense(op: ops.Dense, at: Site, x: str) -> str:
    """An image is flattened with its channels last, and the weight's rows are in that order."""
    if at.x.rank < 2:
        raise UsageError("a product with one axis alone is not ported")
    rows = f"layers.Flatten()({x})" if channels_last.check_dense(op, at.x) else x
    return at.apply(rows, "layers.Dense", op.outputs, use_bias=None if op.bias else False)


def embed(op: ops.Embed, at: Site, x: str) -> str:
    """Indices come as floats in Caffe."""
    channels_last.check_embed(at.x)
    return at.apply(x, "BiasedEmbedding" if op.bias else "layers.Embedding", op.rows, op.width)


def lstm(op: ops.LSTM, at: Site, x: str, cont: str, *more: str) -> str:
    """A cell, step by step."""
    channels_last.check_lstm(op, at.x)
    return at.apply(f"{x}, {cont}", "ContinuedLSTM", op.outputs)


def prelu(op: ops.PReLU, at: Site, x: str) -> str:
    """A slope for each channel, or one for all."""
    every = range(1, at.x.rank)
    channels = every[-1] if at.x.rank == 4 else 1
    shared = [axis for axis in every if axis != channels or not at.node.blobs[0]]
    return at.apply(x, "layers.PReLU", shared_axes=shared or None)


def dropout(op: ops.Dropout, at: Site, x: str) -> str:
    """In training alone."""
    if op.scales_later:
        raise UsageError("dropout that scales in inference is not ported")
    name = "layers.SpatialDropout2D" if op.channels else "layers.Dropout"
    return f"{at.layer(name, op.ratio)}({x}{', training=True' if op.always else ''})"


def batch_norm(op: ops.BatchNorm, at: Site, x: str) -> str:
    """Along the channels."""
    axis = channels_last.axis_of(at.x, 1)
    return at.apply(
        x,
        "layers.BatchNormalization",
        axis=None if axis == at.x.rank - 1 else axis,
        momentum=op.fraction,
        epsilon=op.eps,
        center=None if op.bias else False,
        scale=None if op.weight else False,
    )


def affine(op: ops.Affine, at: Site, x: str) -> str:
    """Parameters in a shape that meets the last channels_last."""
    if op.axis == 0 and op.lengths and op.lengths[0] != 1:
        raise UsageError("parameters along the items are not ported")
    parameters = zeros(Layer(at.node, at.value))
    first, *_ = channels_last.lay_out(at.value, parameters).values()
    absent = {"scale": None if op.weight else False, "center": None if op.bias else False}
    return at.apply(x, "Affine", str(first.shape), **absent)


RULES = Rules(
    target="keras",
    rules=channels_last.RULES
    | {
        ops.Affine: affine,
        ops.BatchNorm: batch_norm,
        ops.Conv: conv,
        ops.Dense: dense,
        ops.Dropout: dropout,
        ops.Embed: embed,
        ops.GlobalPool: lambda op, at, x: at.apply(
            x, f"layers.Global{_kind(op.average)}Pooling2D", keepdims=True
        ),
        ops.LSTM: lstm,
        ops.PReLU: prelu,
        ops.Pool: pool,
        vision_ops.Permute: permute,
    },
    limits=channels_last.LIMITS
    | {
        ops.BatchNorm: "exact in inference; in training Caffe's averages start without a first value, and "
        "Keras's variance is that of the batch, Caffe's that of what it is drawn from",
        ops.Conv: "two spatial axes; a stride or a dilation; TensorFlow runs groups on a GPU alone",
        ops.LSTM: "no static input, no exposed states; time steps and streams are fixed",
    },
    functions={
        "": "ops.{name}({all})",
        "flatten": "layers.Flatten()({0})",
        "reshape": "layers.Reshape({1})({0})",
        "transpose": "layers.Permute(({1}))({0})",
        "permute": "ops.transpose({0}, ({1}))",
        "softmax": "ops.softmax({0}{1})",
        "as_float": 'ops.cast({0}, "float32")',
        "take": 'ops.take({0}, ops.cast({1}, "int32"), axis=0)',
        "log_to": "ops.log({0}) / math.log({n[0]})",
        "threshold": 'ops.cast({0} > {n[0]}, "float32")',
    },
)
RESERVED = helper_names("keras") | {
    *("bilinear", "build", "float", "keras", "layers", "math", "np", "ops"),
    *("positive_unitball", "sparse_normal"),
}
"""What the printed file calls."""


def lay_out(value: Value, parameters: Arrays) -> Arrays:
    """Keras has an LSTM's parameters in its cell."""
    laid = channels_last.lay_out(value, parameters)
    return {f"cell/{name}": array for name, array in laid.items()} if isinstance(value.op, ops.LSTM) else laid


_DEFAULTS = {
    **dict.fromkeys(("bias", "beta", "alpha"), "keras.initializers.Zeros()"),
    "gamma": "keras.initializers.Ones()",
}


_IMPORTS = {"math": "import math", "np": "import numpy as np"} | {
    name: f"from keras import {name}" for name in ("layers", "ops")
}


def print_graph(graph: Graph) -> str:
    """Print a file with a function that builds the model, and one that loads weights."""
    page, shared = Page(graph, RULES), layer_owners(graph, channels_last.lay_out)
    settings, body, made = dict[str, str](), list[str](), set[str]()

    def make(node: Node, constructor: str, words: list[str]) -> str:
        """Write the layer itself, or a name for it where another one shares its parameters."""
        owner = shared.get(node.name, node.name)
        settings[node.name] = f"{constructor}({', '.join(words)})"
        if settings[owner] != settings[node.name]:
            raise UsageError("it has other settings than the layer that it shares")
        if owner == node.name:
            drawing = _initializers(page, layers[node.name], body)
            named = free_name(node.name, layers.keys() | made) if node.name in made else node.name
            made.add(named)
            whole = f"{constructor}({', '.join([*words, *drawing, f'name={quoted(named)}'])})"
            if node.name not in shared.values():
                return whole
            body.append(f"    {node.name}_layer = {whole}")
        return f"{owner}_layer"

    def work(layer: Layer) -> None:
        code = page.codes(layer, make)
        body.append(f"    {', '.join(layer.node.outputs)} = {code}")

    layers = {layer.node.name: layer for layer in graph.layers}
    port_all("keras", graph, work)
    text = "\n".join(wrapped(_lines(graph, body)))
    return page.text([f"{text}\n"], _IMPORTS, ["import keras"])


def _initializers(page: Page, layer: Layer, body: list[str]) -> Iterator[str]:
    """Yield the initializers that are not the layer's own defaults, after comments on them in the body."""
    for role, initializer in drawn("keras", page.graph, layer):
        body += page.comments(initializer, "    ")
        keyword, code = ARGUMENTS["keras"](layer.settings, role), initializer.code
        if code and _DEFAULTS.get(keyword.removesuffix("_initializer")) != code:
            yield f"{keyword}={code}"


def _lines(graph: Graph, body: list[str]) -> Iterator[str]:
    """Yield the function that builds the model."""
    yield "def build():"
    yield '    """The model, with weights drawn as the prototxt declares them."""'
    made = {each for node in graph.nodes for each in node.outputs}
    inputs = []
    for name, shape in graph.arguments.items():
        inputs.append(free_name(f"{name}_input", made.union(graph.arguments)) if name in made else name)
        also = f"{inputs[-1]} = " if name in made else ""
        yield f"    {also}{name} = {_input(graph, name, shape)}"
    yield from body
    ends = [", ".join(names) for names in (inputs, graph.results)]
    model = ", ".join(f"[{names}]" if "," in names else names for names in ends)
    title = re.sub(r"[^A-Za-z0-9_]", "_", graph.net.name)
    yield f"    return keras.Model({model}{f', name={quoted(title)}' if title else ''})"


def _input(graph: Graph, name: str, shape: Shape | None) -> str:
    if shape is None:
        return f"keras.Input(batch_shape=None, name={quoted(name)})"
    if shape == ():
        raise UsageError(f"the argument {name} has no axes, and Keras has no such input")
    lengths = [str(length) if length >= 0 else "None" for length in channels_last.arranged(shape)]
    if any(isinstance(op, ops.LSTM) for layer in graph.layers for op in layer.ops):
        return f"keras.Input(batch_shape=({', '.join(lengths)},), name={quoted(name)})"
    _, *rest = lengths or [""]
    inner = f"{rest[0]}," if len(rest) == 1 else ", ".join(rest)
    return f"keras.Input(({inner}), name={quoted(name)})"


targets.add("keras", Target("keras", RULES, print_graph, lay_out, RESERVED))
