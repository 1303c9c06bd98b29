"""ONNX: nodes of opset 17 for each operation, with axes as in Caffe."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from caffe_fillers.port import ops, values
from caffe_fillers.port.axes import pooled_edges
from caffe_fillers.port.contract import Rules
from caffe_fillers.port.onnx_nodes import Nodes, Place
from caffe_fillers.shapes import Shape

onnx = Rules("onnx")

_SYMBOLS = {"+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "**": "Pow"}

_FUNCTIONS: dict[str, str] = {
    "abs": "Abs",
    "exp": "Exp",
    "log": "Log",
    "maximum": "Max",
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "softplus": "Softplus",
    "sqrt": "Sqrt",
    "tanh": "Tanh",
}

_NUMBERED: dict[str, Callable[..., str]] = {
    "clip": lambda at, x, low, high: at.add("Clip", x, at.number(low), at.number(high)),
    "elu": lambda at, x, alpha: at.add("Elu", x, alpha=alpha),
    "leaky_relu": lambda at, x, slope: at.add("LeakyRelu", x, alpha=slope),
    "log_to": lambda at, x, base: at.add("Div", at.add("Log", x), at.number(math.log(base))),
    "square": lambda at, x: at.add("Mul", x, x),
    "threshold": lambda at, x, edge: at.add("Cast", at.add("Greater", x, at.number(edge)), to=at.FLOAT),
}


@onnx(values.Binary)
def binary(op: values.Binary, at: Place, left: str, right: str) -> str:
    """Arithmetic of two tensors."""
    return at.add(_SYMBOLS[op.symbol], left, right)


@onnx(values.Function)
def function(op: values.Function, at: Place, *inputs: str) -> str:
    """A function of each value."""
    if op.name in _FUNCTIONS:
        return at.add(_FUNCTIONS[op.name], *inputs)
    return _NUMBERED[op.name](at, *inputs, *op.numbers)


@onnx(values.Number)
def number(op: values.Number, at: Place) -> str:
    """A scalar."""
    return at.number(op.value)


@onnx(values.Constant)
def constant(op: values.Constant, at: Place) -> str:
    """An array."""
    return at.array(op.array, "constant")


@onnx(ops.Conv)
def conv(op: ops.Conv, at: Place, x: str) -> str:
    """Weights lie as in Caffe."""
    return at.add(
        "ConvTranspose" if op.transposed else "Conv",
        x,
        *at.weights("weight", "bias"),
        kernel_shape=op.kernel,
        strides=op.stride,
        pads=(*op.pad, *op.pad),
        dilations=op.dilation,
        group=op.groups,
    )


@onnx(ops.GlobalPool)
def global_pool(op: ops.GlobalPool, at: Place, x: str) -> str:
    """To one value for each channel."""
    return at.add("GlobalAveragePool" if op.average else "GlobalMaxPool", x)


@onnx(ops.Pool, limits="the image's size is fixed where windows reach over its edge")
def pool(op: ops.Pool, at: Place, x: str) -> str | tuple[str, str]:
    """Padded as Caffe's last windows need it; an average does not count what lies beyond the padding."""
    before, after = pooled_edges(at.value, op.kernel, op.stride, op.pad)
    windows = {"kernel_shape": op.kernel, "strides": op.stride}
    if op.indices:
        return _masked(at, x, pads=(*before, *after), **windows)
    if not op.average:
        return at.add("MaxPool", x, pads=(*before, *after), **windows)
    beyond = tuple(max(end - pad, 0) for end, pad in zip(after, op.pad, strict=True))
    if max(beyond):
        padded = at.add("Pad", x, at.integers((0, 0, *op.pad, 0, 0, *op.pad)))
        return at.add("AveragePool", padded, pads=(0, 0, *beyond), count_include_pad=0, **windows)
    return at.add("AveragePool", x, pads=(*before, *after), count_include_pad=1, **windows)


def _masked(at: Place, x: str, **windows: Shape) -> tuple[str, str]:
    """Maxima, and their places in each image; ONNX counts through all images."""
    made, places = at.add_several("MaxPool", x, outputs=2, **windows)
    area = at.x.known[2] * at.x.known[3]
    own = at.add("Mod", places, at.integers((area,)))
    return made, at.add("Cast", own, to=at.FLOAT)


@onnx(ops.Dense)
def dense(op: ops.Dense, at: Place, x: str) -> str:
    """A Gemm of rows; axes before the product's come back after it."""
    axis = at.x.rank - 1 if op.flatten is None else op.flatten
    rows = x if (at.x.rank, axis) == (2, 1) else at.add("Flatten", x, axis=axis)
    made = at.add("Gemm", rows, *at.weights("weight", "bias"), transB=0 if op.transpose else 1)
    if axis == 1:
        return made
    return at.reshape(made, (-1, *at.x.known[1:axis], op.outputs) if axis else (op.outputs,))


@onnx(ops.Embed)
def embed(op: ops.Embed, at: Place, x: str) -> str:
    """Indices come as floats in Caffe."""
    weight, *bias = at.weights("weight", "bias")
    rows = at.add("Gather", weight, at.add("Cast", x, to=at.INT64), axis=0)
    return at.add("Add", rows, *bias) if bias else rows


@onnx(ops.PReLU)
def prelu(op: ops.PReLU, at: Place, x: str) -> str:
    """Slopes along axis 1."""
    return at.add("PRelu", x, *at.weights("weight", shape=(-1, *[1] * (at.x.rank - 2))))


@onnx(ops.BatchNorm, limits="as in inference")
def batch_norm(op: ops.BatchNorm, at: Place, x: str) -> str:
    """A factor of 1 and a bias of 0 where it has none."""
    ones, zeros = np.ones(op.channels, np.float32), np.zeros(op.channels, np.float32)
    weight = at.weights("weight")[0] if op.weight else at.array(ones, "weight")
    bias = at.weights("bias")[0] if op.bias else at.array(zeros, "bias")
    return at.add("BatchNormalization", x, weight, bias, *at.weights("mean", "variance"), epsilon=op.eps)


@onnx(ops.Affine)
def affine(op: ops.Affine, at: Place, x: str) -> str:
    """Parameters with axes of length 1 after their own."""
    shape = (*op.lengths, *[1] * (at.x.rank - op.axis - len(op.lengths)))
    for role, kind in (("weight", "Mul"), ("bias", "Add")):
        if getattr(op, role):
            x = at.add(kind, x, *at.weights(role, shape=shape))
    return x


@onnx(ops.LRN)
def lrn(op: ops.LRN, at: Place, x: str) -> str:
    """ONNX, too, divides alpha by the size; within a channel it is an average pooling of squares."""
    if not op.within:
        return at.add("LRN", x, size=op.size, alpha=op.alpha, beta=op.beta, bias=op.k)
    pad = ((op.size - 1) // 2,) * 4
    squares = at.add("Mul", x, x)
    mean = at.add("AveragePool", squares, kernel_shape=(op.size,) * 2, pads=pad, count_include_pad=1)
    base = at.add("Add", at.number(1.0), at.add("Mul", at.number(op.alpha), mean))
    return at.add("Mul", x, at.add("Pow", base, at.number(-op.beta)))


@onnx(ops.MVN)
def mvn(op: ops.MVN, at: Place, x: str) -> str:
    """Over the spatial axes, or all but the first."""
    axes = tuple(range(1 if op.across else 2, at.x.rank))
    centered = at.add("Sub", x, at.add("ReduceMean", x, axes=axes, keepdims=1))
    if not op.variance:
        return centered
    variance = at.add("ReduceMean", at.add("Mul", centered, centered), axes=axes, keepdims=1)
    return at.add("Div", centered, at.add("Add", at.add("Sqrt", variance), at.number(op.eps)))


@onnx(ops.Softmax)
def softmax(op: ops.Softmax, at: Place, x: str) -> str:
    """Along one axis."""
    return at.add("Softmax", x, axis=op.axis)


@onnx(ops.Dropout, limits="as in inference")
def dropout(op: ops.Dropout, at: Place, x: str) -> str:
    """What Caffe does in the phase TEST."""
    if op.always:
        return at.add("Dropout", x, at.number(op.ratio), at.array(np.array(True), "training"))
    return at.add("Mul", x, at.number(1 - op.ratio)) if op.scales_later else x


@onnx(ops.Concat)
def concat(op: ops.Concat, at: Place, *inputs: str) -> str:
    """Along one axis."""
    return at.add("Concat", *inputs, axis=op.axis)


@onnx(ops.Split)
def split(op: ops.Split, at: Place, x: str) -> tuple[str, ...]:
    """By lengths."""
    return at.add_several("Split", x, at.integers(op.lengths), outputs=len(op.lengths), axis=op.axis)


@onnx(ops.Flatten)
def flatten(op: ops.Flatten, at: Place, x: str) -> str:
    """To two axes, or axes from one to another as one."""
    if (op.start, op.end) == (1, at.x.rank - 1):
        return at.add("Flatten", x, axis=1)
    return at.reshape(x, _kept(at, at.value.known))


@onnx(ops.Reshape)
def reshape(op: ops.Reshape, at: Place, x: str) -> str:
    """An axis whose length stays is 0 where it keeps its place."""
    lengths = at.x.known
    dims = tuple(
        dim if isinstance(dim, int) else 0 if int(dim) == index else lengths[int(dim)]
        for index, dim in enumerate(op.dims)
    )
    return at.reshape(x, dims)


def _kept(at: Place, shape: Shape) -> Shape:
    """A shape whose first length is the input's own, where they are the same."""
    return (0, *shape[1:]) if at.x.known[:1] == shape[:1] else shape


@onnx(ops.Crop, limits="to a size that stands in the code")
def crop(op: ops.Crop, at: Place, x: str, like: str) -> str:
    """To the lengths that the second input has."""
    axes, lengths = tuple(range(op.axis, at.x.rank)), at.value.known[op.axis :]
    ends = tuple(offset + length for offset, length in zip(op.offsets, lengths, strict=True))
    return at.add("Slice", x, at.integers(op.offsets), at.integers(ends), at.integers(axes))


@onnx(ops.Tile)
def tile(op: ops.Tile, at: Place, x: str) -> str:
    """One axis."""
    repeats = tuple(op.tiles if axis == op.axis else 1 for axis in range(at.x.rank))
    return at.add("Tile", x, at.integers(repeats))


@onnx(ops.Reduce)
def reduce(op: ops.Reduce, at: Place, x: str) -> str:
    """A sum's axes are an input in this opset, others' an attribute."""
    if op.kind == "sum":
        return at.add("ReduceSum", x, at.integers(op.axes), keepdims=int(op.keep))
    return at.add(f"Reduce{op.kind.capitalize()}", x, axes=op.axes, keepdims=int(op.keep))


@onnx(ops.Align)
def align(op: ops.Align, at: Place, x: str) -> str:
    """By axes of length 1."""
    own = range(op.axis, op.axis + at.x.rank)
    axes = tuple(axis for axis in range(op.rank) if axis not in own)
    return at.add("Unsqueeze", x, at.integers(axes)) if axes else x


@onnx(ops.LSTM)
def lstm(op: ops.LSTM, at: Place, x: str, cont: str) -> str:
    """A Scan over the steps, for ONNX's own LSTM has no sequences that end within it."""
    steps, streams, *_ = at.x.known
    rows = at.reshape(x, (steps, streams, op.inputs))
    weight, bias, hidden = at.weights("weight", "bias", "recurrent_weight", shape=None)
    flat = at.add("Transpose", at.reshape(weight, (4 * op.outputs, op.inputs)), perm=(1, 0))
    gates = at.add("Add", at.add("MatMul", rows, flat), bias)
    marks = at.reshape(cont, (steps, streams, 1))
    zeros = at.array(np.zeros((streams, op.outputs), np.float32), "zeros")
    body = Nodes(f"{at.prefix}/step")
    step = _lstm_step(Place(body, at.value, {}, "step"), op, at.add("Transpose", hidden, perm=(1, 0)))
    shapes = {"state": (streams, op.outputs), "mark": (streams, 1), "gate": (streams, 4 * op.outputs)}
    graph = body.graph(
        inputs={"h": shapes["state"], "c": shapes["state"], "g": shapes["gate"], "m": shapes["mark"]},
        outputs=dict.fromkeys(step, shapes["state"]),
    )
    made = at.add_several("Scan", zeros, zeros, gates, marks, outputs=3, body=graph, num_scan_inputs=2)
    return made[2]


def _lstm_step(at: Place, op: ops.LSTM, hidden: str) -> tuple[str, str, str]:
    """One step: hidden and cell, which a mark of 0 clears, and the hidden state as the step's output."""
    old_h, old_c = at.add("Mul", "h", "m"), at.add("Mul", "c", "m")
    gates = at.add("Add", "g", at.add("MatMul", old_h, hidden))
    i, f, o, g = at.add_several("Split", gates, at.integers((op.outputs,) * 4), outputs=4, axis=1)
    i, f, o = (at.add("Sigmoid", each) for each in (i, f, o))
    cell = at.add("Add", at.add("Mul", f, old_c), at.add("Mul", i, at.add("Tanh", g)))
    made = at.add("Mul", o, at.add("Tanh", cell))
    return made, cell, at.add("Identity", made)
