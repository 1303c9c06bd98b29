"""ONNX: nodes of opset 17 for each operation, with axes as in Caffe."""

from __future__ import annotations

import math

import numpy as np

from caffe_fillers.port import Binary, Function, Number, ops, vision_ops
from caffe_fillers.port.onnx_nodes import SYMBOLS, Place, Tensor
from caffe_fillers.port.targets import Rule, Rules
from caffe_fillers.port.targets import onnx_many as many

_NUMBERED: dict[str, Rule] = {
    "clip": lambda at, x, low, high: at.add("Clip", x, low, high),
    "elu": lambda at, x, alpha: at.add("Elu", x, alpha=alpha),
    "leaky_relu": lambda at, x, slope: at.add("LeakyRelu", x, alpha=slope),
    "log_to": lambda at, x, base: at.add("Log", x) / math.log(base),
    "maximum": lambda at, x, y: at.add("Max", x, y),
    "square": lambda at, x: x * x,
    "threshold": lambda at, x, edge: at.add("Cast", at.add("Greater", x, edge), to=at.FLOAT),
}


def function(op: Function, at: Place, *inputs: Tensor) -> Tensor:
    """A function of each value; ONNX has most by Caffe's names."""
    if op.name in _NUMBERED:
        made: Tensor = _NUMBERED[op.name](at, *inputs, *op.numbers)
        return made
    return at.add(op.name.capitalize(), *inputs)


def conv(op: ops.Conv, at: Place, x: Tensor) -> Tensor:
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


def pool(op: ops.Pool, at: Place, x: Tensor) -> Tensor | tuple[Tensor, Tensor]:
    """Padded as Caffe's last windows need it; an average does not count what lies beyond the padding.

    Masks are places in each image, where ONNX counts through all images.
    """
    after, beyond = op.edges(at.value)
    windows = {"kernel_shape": op.kernel, "strides": op.stride}
    if op.indices:
        made, places = at.add_several("MaxPool", x, outputs=2, pads=(*op.pad, *after), **windows)
        own = at.add("Mod", places, (at.x.known[2] * at.x.known[3],))
        return made, at.add("Cast", own, to=at.FLOAT)
    if not op.average:
        return at.add("MaxPool", x, pads=(*op.pad, *after), **windows)
    if max(beyond):
        padded = at.add("Pad", x, (0, 0, *op.pad, 0, 0, *op.pad))
        return at.add("AveragePool", padded, pads=(0, 0, *beyond), count_include_pad=0, **windows)
    return at.add("AveragePool", x, pads=(*op.pad, *after), count_include_pad=1, **windows)


def dense(op: ops.Dense, at: Place, x: Tensor) -> Tensor:
    """A Gemm of rows; axes before the product's come back after it."""
    axis = at.x.rank - 1 if op.flatten is None else op.flatten
    rows = x if (at.x.rank, axis) == (2, 1) else at.add("Flatten", x, axis=axis)
    made = at.add("Gemm", rows, *at.weights("weight", "bias"), transB=0 if op.transpose else 1)
    if axis == 1:
        return made
    return at.reshape(made, -1, *at.x.known[1:axis], op.outputs) if axis else at.reshape(made, op.outputs)


def embed(op: ops.Embed, at: Place, x: Tensor) -> Tensor:
    """Indices come as floats in Caffe."""
    weight, *bias = at.weights("weight", "bias")
    rows = at.add("Gather", weight, at.add("Cast", x, to=at.INT64), axis=0)
    return rows + bias[0] if bias else rows


def batch_norm(op: ops.BatchNorm, at: Place, x: Tensor) -> Tensor:
    """A factor of 1 and a bias of 0 where it has none."""
    ones, zeros = np.ones(op.channels, np.float32), np.zeros(op.channels, np.float32)
    weight = at.weights("weight")[0] if op.weight else at.array(ones, "weight")
    bias = at.weights("bias")[0] if op.bias else at.array(zeros, "bias")
    return at.add("BatchNormalization", x, weight, bias, *at.weights("mean", "variance"), epsilon=op.eps)


def affine(op: ops.Affine, at: Place, x: Tensor) -> Tensor:
    """Parameters with axes of length 1 after their own."""
    shape = (*op.lengths, *[1] * (at.x.rank - op.axis - len(op.lengths)))
    for role, kind in (("weight", "Mul"), ("bias", "Add")):
        if getattr(op, role):
            x = at.add(kind, x, *at.weights(role, shape=shape))
    return x


def lrn(op: ops.LRN, at: Place, x: Tensor) -> Tensor:
    """ONNX, too, divides alpha by the size."""
    return at.add("LRN", x, size=op.size, alpha=op.alpha, beta=op.beta, bias=op.k)


def mvn(op: ops.MVN, at: Place, x: Tensor) -> Tensor:
    """Over the spatial axes, or all but the first."""
    axes = tuple(range(1 if op.across else 2, at.x.rank))
    centered = x - at.add("ReduceMean", x, axes=axes, keepdims=1)
    if not op.variance:
        return centered
    variance = at.add("ReduceMean", centered * centered, axes=axes, keepdims=1)
    return centered / (at.add("Sqrt", variance) + op.eps)


def dropout(op: ops.Dropout, at: Place, x: Tensor) -> Tensor:
    """What Caffe does in the phase TEST; onnxruntime leaves out ONNX's own Dropout."""
    if not op.always:
        return x * (1 - op.ratio) if op.scales_later else x
    like = at.add("ReduceMax", x, axes=(2, 3), keepdims=1) if op.channels else x
    kept = at.add("Less", at.add("RandomUniformLike", like), 1 - op.ratio)
    return x * at.add("Where", kept, 1 / (1 - op.ratio), 0.0)


def flatten(op: ops.Flatten, at: Place, x: Tensor) -> Tensor:
    """To two axes, or axes from one to another as one, where the first length stays if it is the same."""
    if (op.start, op.end) == (1, at.x.rank - 1):
        return at.add("Flatten", x, axis=1)
    first, *rest = at.value.known
    return at.reshape(x, 0 if at.x.known[0] == first else first, *rest)


def reshape(op: ops.Reshape, at: Place, x: Tensor) -> Tensor:
    """An axis whose length stays is 0 where it keeps its place."""
    lengths = at.x.known
    dims = (
        dim if isinstance(dim, int) else 0 if int(dim) == index else lengths[int(dim)]
        for index, dim in enumerate(op.dims)
    )
    return at.reshape(x, *dims)


def crop(op: vision_ops.Crop, at: Place, x: Tensor, like: Tensor) -> Tensor:
    """To the lengths that the second input has."""
    axes, lengths = tuple(range(op.axis, at.x.rank)), at.value.known[op.axis :]
    ends = tuple(offset + length for offset, length in zip(op.offsets, lengths, strict=True))
    return at.add("Slice", x, op.offsets, ends, axes)


def reduce(op: ops.Reduce, at: Place, x: Tensor) -> Tensor:
    """A sum's axes are an input in this opset, others' an attribute."""
    if op.kind == "sum":
        return at.add("ReduceSum", x, op.axes, keepdims=int(op.keep))
    return at.add(f"Reduce{op.kind.capitalize()}", x, axes=op.axes, keepdims=int(op.keep))


def align(op: ops.Align, at: Place, x: Tensor) -> Tensor:
    """By axes of length 1."""
    own = range(op.axis, op.axis + at.x.rank)
    axes = tuple(axis for axis in range(op.rank) if axis not in own)
    return at.add("Unsqueeze", x, axes) if axes else x


def flip(op: vision_ops.Flip, at: Place, x: Tensor) -> Tensor:
    """A slice from the end to before the beginning."""
    back = (-1,) * len(op.axes)
    return at.add("Slice", x, back, (-(2**31),) * len(op.axes), op.axes, back)


def arg_max(op: vision_ops.ArgMax, at: Place, x: Tensor) -> Tensor:
    """The first result of a TopK, or its second as floats."""
    found, indices = at.add_several("TopK", x, (op.top_k,), outputs=2, axis=op.axis)
    return found if op.values else at.add("Cast", indices, to=at.FLOAT)


def columns(op: vision_ops.Columns, at: Place, x: Tensor) -> Tensor:
    """A convolution that takes each value of a window by itself."""
    channels, area = at.x.known[1], op.kernel[0] * op.kernel[1]
    kernels = np.tile(np.eye(area, dtype=np.float32).reshape(area, 1, *op.kernel), (channels, 1, 1, 1))
    windows = {"strides": op.stride, "pads": (*op.pad, *op.pad), "dilations": op.dilation}
    return at.add("Conv", x, at.array(kernels, "windows"), group=channels, **windows)


def local(op: vision_ops.Local, at: Place, x: Tensor) -> Tensor:
    """A product for each place."""
    weight, *bias = at.weights("weight", "bias")
    made = at.add("Einsum", at.reshape(x, 0, op.inputs, -1), weight, equation="nip,oip->nop")
    return at.reshape(made + bias[0] if bias else made, 0, op.outputs, *op.size)


def select(op: vision_ops.Select, at: Place, x: Tensor, selector: Tensor) -> Tensor:
    """By a vector of truth values."""
    return at.add("Compress", x, at.add("Cast", at.reshape(selector, -1), to=at.BOOL), axis=0)


def tile(op: vision_ops.Tile, at: Place, x: Tensor) -> Tensor:
    """All axes once but for one."""
    return at.add("Tile", x, [op.tiles if axis == op.axis else 1 for axis in range(at.x.rank)])


RULES = Rules(
    target="onnx",
    rules={
        Binary: lambda op, at, x, y: at.add(SYMBOLS[op.symbol], x, y),
        Function: function,
        Number: lambda op, at: op.value,
        ops.Affine: affine,
        ops.Align: align,
        ops.BatchNorm: batch_norm,
        ops.Concat: lambda op, at, *inputs: at.add("Concat", *inputs, axis=op.axis),
        ops.Conv: conv,
        vision_ops.Crop: crop,
        ops.Dense: dense,
        ops.Dropout: dropout,
        ops.Embed: embed,
        ops.Flatten: flatten,
        ops.GlobalPool: lambda op, at, x: at.add(f"Global{'Average' if op.average else 'Max'}Pool", x),
        ops.LRN: lrn,
        ops.LSTM: many.lstm,
        ops.RNN: many.rnn,
        ops.MVN: mvn,
        ops.PReLU: lambda op, at, x: at.add(
            "PRelu", x, *at.weights("weight", shape=(-1, *[1] * (at.x.rank - 2)))
        ),
        ops.Pool: pool,
        ops.Reduce: reduce,
        ops.Reshape: reshape,
        ops.Softmax: lambda op, at, x: at.add("Softmax", x, axis=op.axis),
        ops.Split: lambda op, at, x: at.add_several(
            "Split", x, op.lengths, outputs=len(op.lengths), axis=op.axis
        ),
        ops.Tensor: lambda op, at: at.weights("weight")[0],
        vision_ops.Tile: tile,
        vision_ops.ArgMax: arg_max,
        vision_ops.Columns: columns,
        vision_ops.Cubic: many.cubic,
        vision_ops.Detect: many.detect,
        vision_ops.Flip: flip,
        vision_ops.Local: local,
        vision_ops.Margin: many.margin,
        vision_ops.Part: lambda op, at, x: at.part(x, op.begin, op.end, op.axis),
        vision_ops.Permute: lambda op, at, x: at.transposed(x, *op.order),
        vision_ops.Priors: lambda op, at: at.array(op.array(), "priors"),
        vision_ops.Propose: many.propose,
        vision_ops.PsRoiPool: many.ps_roi_pool,
        vision_ops.Resize: many.resize,
        vision_ops.RoiPool: many.roi_pool,
        vision_ops.Select: select,
        vision_ops.Take: lambda op, at, x, index: at.add(
            "Gather", x, at.add("Cast", index, to=at.INT64), axis=0
        ),
        vision_ops.Unpool: many.unpool,
    },
    limits={
        ops.BatchNorm: "as in inference",
        vision_ops.Crop: "to a size that stands in the code",
        ops.Dropout: "as in inference",
        ops.Pool: "the image's size is fixed where windows reach over its edge",
        vision_ops.Detect: "as many images as the net has; locations shared by all classes; eta of 1",
        vision_ops.Margin: "as in the first forward after `iteration`",
        vision_ops.PsRoiPool: "one image",
        vision_ops.Unpool: "of values for one place any may stay",
    },
    functions={},
)
