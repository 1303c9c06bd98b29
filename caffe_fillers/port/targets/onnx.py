"""ONNX: nodes of opset 17 for each operation, with axes as in Caffe."""

from __future__ import annotations

import math

import numpy as np

from caffe_fillers.port import ops, values, vision_ops
from caffe_fillers.port.axes import pooled_edges
from caffe_fillers.port.onnx_nodes import Place
from caffe_fillers.port.targets import Rule, Rules
from caffe_fillers.port.targets.onnx_recurrent import lstm, rnn
from caffe_fillers.port.targets.onnx_vision import (
    columns,
    cubic,
    detect,
    local,
    margin,
    propose,
    ps_roi_pool,
    resize,
    unpool,
)
from caffe_fillers.shapes import Shape

_SYMBOLS = {"+": "Add", "-": "Sub", "*": "Mul", "/": "Div", "**": "Pow"}
_NUMBERED: dict[str, Rule] = {
    "clip": lambda at, x, low, high: at.add("Clip", x, at.number(low), at.number(high)),
    "elu": lambda at, x, alpha: at.add("Elu", x, alpha=alpha),
    "leaky_relu": lambda at, x, slope: at.add("LeakyRelu", x, alpha=slope),
    "log_to": lambda at, x, base: at.add("Div", at.add("Log", x), at.number(math.log(base))),
    "maximum": lambda at, x, y: at.add("Max", x, y),
    "square": lambda at, x: at.add("Mul", x, x),
    "threshold": lambda at, x, edge: at.add("Cast", at.add("Greater", x, at.number(edge)), to=at.FLOAT),
}


def function(op: values.Function, at: Place, *inputs: str) -> str:
    """A function of each value; ONNX has most by Caffe's names."""
    if op.name in _NUMBERED:
        made: str = _NUMBERED[op.name](at, *inputs, *op.numbers)
        return made
    return at.add(op.name.capitalize(), *inputs)


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


def pool(op: ops.Pool, at: Place, x: str) -> str | tuple[str, str]:
    """Padded as Caffe's last windows need it; an average does not count what lies beyond the padding."""
    after, beyond = pooled_edges(op, at.value)
    windows = {"kernel_shape": op.kernel, "strides": op.stride}
    if op.indices:
        return _masked(at, x, pads=(*op.pad, *after), **windows)
    if not op.average:
        return at.add("MaxPool", x, pads=(*op.pad, *after), **windows)
    if max(beyond):
        padded = at.add("Pad", x, at.integers((0, 0, *op.pad, 0, 0, *op.pad)))
        return at.add("AveragePool", padded, pads=(0, 0, *beyond), count_include_pad=0, **windows)
    return at.add("AveragePool", x, pads=(*op.pad, *after), count_include_pad=1, **windows)


def _masked(at: Place, x: str, **windows: Shape) -> tuple[str, str]:
    """Maxima, and their places in each image; ONNX counts through all images."""
    made, places = at.add_several("MaxPool", x, outputs=2, **windows)
    area = at.x.known[2] * at.x.known[3]
    own = at.add("Mod", places, at.integers((area,)))
    return made, at.add("Cast", own, to=at.FLOAT)


def dense(op: ops.Dense, at: Place, x: str) -> str:
    """A Gemm of rows; axes before the product's come back after it."""
    axis = at.x.rank - 1 if op.flatten is None else op.flatten
    rows = x if (at.x.rank, axis) == (2, 1) else at.add("Flatten", x, axis=axis)
    made = at.add("Gemm", rows, *at.weights("weight", "bias"), transB=0 if op.transpose else 1)
    if axis == 1:
        return made
    return at.reshape(made, (-1, *at.x.known[1:axis], op.outputs) if axis else (op.outputs,))


def embed(op: ops.Embed, at: Place, x: str) -> str:
    """Indices come as floats in Caffe."""
    weight, *bias = at.weights("weight", "bias")
    rows = at.add("Gather", weight, at.add("Cast", x, to=at.INT64), axis=0)
    return at.add("Add", rows, *bias) if bias else rows


def batch_norm(op: ops.BatchNorm, at: Place, x: str) -> str:
    """A factor of 1 and a bias of 0 where it has none."""
    ones, zeros = np.ones(op.channels, np.float32), np.zeros(op.channels, np.float32)
    weight = at.weights("weight")[0] if op.weight else at.array(ones, "weight")
    bias = at.weights("bias")[0] if op.bias else at.array(zeros, "bias")
    return at.add("BatchNormalization", x, weight, bias, *at.weights("mean", "variance"), epsilon=op.eps)


def affine(op: ops.Affine, at: Place, x: str) -> str:
    """Parameters with axes of length 1 after their own."""
    shape = (*op.lengths, *[1] * (at.x.rank - op.axis - len(op.lengths)))
    for role, kind in (("weight", "Mul"), ("bias", "Add")):
        if getattr(op, role):
            x = at.add(kind, x, *at.weights(role, shape=shape))
    return x


def lrn(op: ops.LRN, at: Place, x: str) -> str:
    """ONNX, too, divides alpha by the size; within a channel it is an average pooling of squares."""
    if not op.within:
        return at.add("LRN", x, size=op.size, alpha=op.alpha, beta=op.beta, bias=op.k)
    pad = ((op.size - 1) // 2,) * 4
    squares = at.add("Mul", x, x)
    mean = at.add("AveragePool", squares, kernel_shape=(op.size,) * 2, pads=pad, count_include_pad=1)
    base = at.add("Add", at.number(1.0), at.add("Mul", at.number(op.alpha), mean))
    return at.add("Mul", x, at.add("Pow", base, at.number(-op.beta)))


def mvn(op: ops.MVN, at: Place, x: str) -> str:
    """Over the spatial axes, or all but the first."""
    axes = tuple(range(1 if op.across else 2, at.x.rank))
    centered = at.add("Sub", x, at.add("ReduceMean", x, axes=axes, keepdims=1))
    if not op.variance:
        return centered
    variance = at.add("ReduceMean", at.add("Mul", centered, centered), axes=axes, keepdims=1)
    return at.add("Div", centered, at.add("Add", at.add("Sqrt", variance), at.number(op.eps)))


def dropout(op: ops.Dropout, at: Place, x: str) -> str:
    """What Caffe does in the phase TEST."""
    if op.always:
        return at.add("Mul", x, _mask(op, at, x))
    return at.add("Mul", x, at.number(1 - op.ratio)) if op.scales_later else x


def _mask(op: ops.Dropout, at: Place, x: str) -> str:
    """Zeros, and 1 / (1 - ratio) where values stay; onnxruntime leaves out ONNX's own Dropout."""
    like = at.add("ReduceMax", x, axes=(2, 3), keepdims=1) if op.channels else x
    kept = at.add("Less", at.add("RandomUniformLike", like), at.number(1 - op.ratio))
    return at.add("Where", kept, at.number(1 / (1 - op.ratio)), at.number(0.0))


def flatten(op: ops.Flatten, at: Place, x: str) -> str:
    """To two axes, or axes from one to another as one."""
    if (op.start, op.end) == (1, at.x.rank - 1):
        return at.add("Flatten", x, axis=1)
    return at.reshape(x, _kept(at, at.value.known))


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


def crop(op: ops.Crop, at: Place, x: str, like: str) -> str:
    """To the lengths that the second input has."""
    axes, lengths = tuple(range(op.axis, at.x.rank)), at.value.known[op.axis :]
    ends = tuple(offset + length for offset, length in zip(op.offsets, lengths, strict=True))
    return at.add("Slice", x, at.integers(op.offsets), at.integers(ends), at.integers(axes))


def reduce(op: ops.Reduce, at: Place, x: str) -> str:
    """A sum's axes are an input in this opset, others' an attribute."""
    if op.kind == "sum":
        return at.add("ReduceSum", x, at.integers(op.axes), keepdims=int(op.keep))
    return at.add(f"Reduce{op.kind.capitalize()}", x, axes=op.axes, keepdims=int(op.keep))


def align(op: ops.Align, at: Place, x: str) -> str:
    """By axes of length 1."""
    own = range(op.axis, op.axis + at.x.rank)
    axes = tuple(axis for axis in range(op.rank) if axis not in own)
    return at.add("Unsqueeze", x, at.integers(axes)) if axes else x


def flip(op: vision_ops.Flip, at: Place, x: str) -> str:
    """A slice from the end to before the beginning."""
    number = len(op.axes)
    ends = at.integers((-(2**31),) * number)
    return at.add(
        "Slice", x, at.integers((-1,) * number), ends, at.integers(op.axes), at.integers((-1,) * number)
    )


def arg_max(op: vision_ops.ArgMax, at: Place, x: str) -> str:
    """The first result of a TopK, or its second as floats."""
    found, indices = at.add_several("TopK", x, at.integers((op.top_k,)), outputs=2, axis=op.axis)
    return found if op.values else at.add("Cast", indices, to=at.FLOAT)


RULES = Rules(
    target="onnx",
    rules={
        values.Binary: lambda op, at, x, y: at.add(_SYMBOLS[op.symbol], x, y),
        values.Function: function,
        values.Number: lambda op, at: at.number(op.value),
        ops.Affine: affine,
        ops.Align: align,
        vision_ops.ArgMax: arg_max,
        ops.BatchNorm: batch_norm,
        ops.Concat: lambda op, at, *inputs: at.add("Concat", *inputs, axis=op.axis),
        ops.Conv: conv,
        ops.Crop: crop,
        ops.Dense: dense,
        ops.Dropout: dropout,
        ops.Embed: embed,
        ops.Flatten: flatten,
        vision_ops.Flip: flip,
        ops.GlobalPool: lambda op, at, x: at.add(f"Global{'Average' if op.average else 'Max'}Pool", x),
        ops.LRN: lrn,
        ops.LSTM: lstm,
        ops.RNN: rnn,
        ops.MVN: mvn,
        ops.PReLU: lambda op, at, x: at.add(
            "PRelu", x, *at.weights("weight", shape=(-1, *[1] * (at.x.rank - 2)))
        ),
        vision_ops.Permute: lambda op, at, x: at.add("Transpose", x, perm=op.order),
        ops.Pool: pool,
        ops.Reduce: reduce,
        ops.Reshape: reshape,
        vision_ops.Select: lambda op, at, x, selector: at.add(
            "Compress", x, at.add("Cast", at.reshape(selector, (-1,)), to=at.BOOL), axis=0
        ),
        ops.Softmax: lambda op, at, x: at.add("Softmax", x, axis=op.axis),
        ops.Split: lambda op, at, x: at.add_several(
            "Split", x, at.integers(op.lengths), outputs=len(op.lengths), axis=op.axis
        ),
        vision_ops.Take: lambda op, at, x, index: at.add(
            "Gather", x, at.add("Cast", index, to=at.INT64), axis=0
        ),
        ops.Tensor: lambda op, at: at.weights("weight")[0],
        ops.Tile: lambda op, at, x: at.add(
            "Tile", x, at.integers([op.tiles if axis == op.axis else 1 for axis in range(at.x.rank)])
        ),
        vision_ops.Columns: columns,
        vision_ops.Cubic: cubic,
        vision_ops.Detect: detect,
        vision_ops.Local: local,
        vision_ops.Margin: margin,
        vision_ops.Part: lambda op, at, x: at.add(
            "Slice", x, at.integers((op.begin,)), at.integers((op.end,)), at.integers((op.axis,))
        ),
        vision_ops.Propose: propose,
        vision_ops.PsRoiPool: ps_roi_pool,
        vision_ops.Priors: lambda op, at: at.array(op.array(), "priors"),
        vision_ops.Resize: resize,
        vision_ops.RoiPool: lambda op, at, x, regions: at.add(
            *("MaxRoiPool", x, at.reshape(regions, (-1, 5))),
            pooled_shape=(op.height, op.width),
            spatial_scale=op.scale,
        ),
        vision_ops.Unpool: unpool,
    },
    limits={
        ops.BatchNorm: "as in inference",
        ops.Crop: "to a size that stands in the code",
        ops.Dropout: "as in inference",
        ops.Pool: "the image's size is fixed where windows reach over its edge",
        vision_ops.Detect: "as many images as the net has; locations shared by all classes; eta of 1",
        vision_ops.Margin: "as in the first forward after `iteration`",
        vision_ops.PsRoiPool: "one image",
        vision_ops.Unpool: "of values for one place any may stay",
    },
    functions={},
)
