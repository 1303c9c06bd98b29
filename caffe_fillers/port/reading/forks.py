"""Layers of forks that move values or work on each by itself; BVLC's ArgMax, Filter, SPP and the like."""

from __future__ import annotations

import ast

from caffe_fillers.errors import UsageError
from caffe_fillers.layers.forks.common import fork_param
from caffe_fillers.port.ops import Affine, Align, Concat, Flatten, Pool, Reduce, Reshape
from caffe_fillers.port.reading.contract import Node, reads, single
from caffe_fillers.port.reading.norms import aligned
from caffe_fillers.port.values import Binary, Function, Tops, Value, function
from caffe_fillers.port.vision_ops import ArgMax, Flip, Permute, Resize, Select, Take, Tensor, Unpool
from caffe_fillers.schema import SPPParameter
from caffe_fillers.shapes import Shape, canonical_axis


@reads("ReLU6", makes=(Function,))
def relu6(node: Node) -> Value:
    """Up to 6, chuanqi305/ssd and eric612/MobileNet-YOLO."""
    if getattr(getattr(node.layer, "relu6_param", None), "negative_slope", 0.0):
        raise UsageError("a negative slope is not ported")
    return function("clip", node.x, 0.0, 6.0)


@reads("HardSigmoid", makes=(Function, Binary))
def hard_sigmoid(node: Node) -> Value:
    """X / 5 + 1 / 2 between 0 and 1, eric612/MobileNet-YOLO math_functions.hpp."""
    return function("clip", 0.2 * node.x + 0.5, 0.0, 1.0)


@reads("HardSwish", makes=(Function, Binary))
def hard_swish(node: Node) -> Value:
    """X ReLU6(x + 3) / 6, Howard et al. 2019, equation 1."""
    return node.x * function("clip", node.x + 3.0, 0.0, 6.0) / 6.0


@reads("Mish", makes=(Function, Binary))
def mish(node: Node) -> Value:
    """X tanh(softplus(x)), Misra 2019."""
    return node.x * function("tanh", function("softplus", node.x))


@reads("Axpy", makes=(Align, Binary))
def axpy(node: Node) -> Value:
    """A factor for each channel times x plus y, hujie-frank/SENet axpy_layer.cpp."""
    factors, x, y = node.all_bottoms
    return aligned(factors, 0, x.rank) * x + y


@reads("Permute", makes=(Permute,))
def permute(node: Node) -> Value:
    """The axes that `order` begins with, then the others, weiliu89/caffe permute_layer.cpp."""
    order = list(fork_param(node.layer, "permute_param").order)
    order += [axis for axis in range(node.rank) if axis not in order]
    return node.top(Permute(tuple(order)))


@reads("ShuffleChannel", makes=(Reshape, Permute))
def shuffle_channel(node: Node) -> Value:
    """Channels as groups x channels of a group, transposed, farmingyard/ShuffleNet."""
    group = fork_param(node.layer, "shuffle_channel_param").group
    items, channels, height, width = node.x.known
    split: Shape = (items, group, channels // group, height, width)
    grouped = Value(Reshape(("0", group, channels // group, "2", "3")), (node.x,), split)
    dealt = (items, channels // group, group, height, width)
    return node.top(Reshape(("0", channels, "3", "4")), Value(Permute((0, 2, 1, 3, 4)), (grouped,), dealt))


@reads("Flip", makes=(Flip,))
def flip(node: Node) -> Value:
    """Along the width, the height, or both, happynear/caffe-windows flip_layer.cpp."""
    parameter = fork_param(node.layer, "flip_param")
    axes = (2,) * parameter.flip_height + (3,) * parameter.flip_width
    return node.top(Flip(axes)) if axes else node.x


@reads("Normalize", makes=(Function, Binary, Reduce, Affine))
def normalize(node: Node) -> Value:
    """Over the root of the sum of squares of a place or an item, times a scale; weiliu89/caffe."""
    parameter, rank = fork_param(node.layer, "norm_param"), node.rank
    axes = tuple(range(1, rank)) if parameter.across_spatial else (1,)
    lengths = tuple(1 if axis in axes else length for axis, length in enumerate(node.x.shape or ()))
    total = Value(Reduce("sum", axes, keep=True), (function("square", node.x),), lengths)
    scaled = node.x / function("sqrt", total + parameter.eps)
    return node.top(Affine(node.blobs[0], axis=1), scaled)


@reads("Interp", makes=(Resize,))
def interp(node: Node) -> Value:
    """Bilinear between the corners, hszhao/PSPNet interp.cpp."""
    parameter = fork_param(node.layer, "interp_param")
    if parameter.pad_beg or parameter.pad_end:
        raise UsageError("a crop before the resizing is not ported")
    if node.result[2:] == node.x.known[2:]:
        return node.x
    return _resized(node, bilinear=True)


@reads("Upsample", "Upsample@yolo", makes=(Unpool, Resize))
def upsample(node: Node) -> Value:
    """By the mask of a pooling, alexgkendall/caffe-segnet; without one each value is repeated."""
    if len(node.bottoms) == 1:
        height, width = node.x.known[2:]
        top = node.result[2:]
        if top[0] % height or top[1] % width:
            raise UsageError(f"{height} x {width} to {top[0]} x {top[1]} is no whole factor")
        return _resized(node, bilinear=False)
    return node.top(Unpool(*node.result[2:]), *node.all_bottoms)


def _resized(node: Node, *, bilinear: bool) -> Value:
    height, width = node.result[2:]
    return node.top(Resize(height, width, bilinear))


@reads("ArgMax", makes=(ArgMax, Flatten, Reshape, Concat), limits="of equal values another may come first")
def arg_max(node: Node) -> Value:
    """Along an axis, or over all axes of an item as 1 or 2 x top_k; argmax_layer.cpp."""
    parameter = node.layer.argmax_param
    if parameter.HasField("axis"):
        axis = canonical_axis(parameter.axis, node.rank)
        return node.top(ArgMax(axis, parameter.top_k, parameter.out_max_val))
    items, top_k = node.x.known[0], parameter.top_k
    flat = Value(Flatten(1, node.rank - 1), (node.x,), (items, -1)) if node.rank > 2 else node.x

    def found(values: bool) -> Value:
        made = Value(ArgMax(1, top_k, values), (flat,), (items, top_k))
        return Value(Reshape(("0", 1, top_k)), (made,), (items, 1, top_k))

    made = found(values=False)
    if parameter.out_max_val:
        made = Value(Concat(1), (made, found(values=True)), (items, 2, top_k))
    return node.top(Reshape(("0", *node.result[1:])), made)


@reads("BatchReindex", makes=(Take,))
def batch_reindex(node: Node) -> Value:
    """Items by their indices."""
    return node.top(Take(), *node.all_bottoms)


@reads("Filter", makes=(Select,))
def filter_(node: Node) -> Tops:
    """The items of each bottom for which the last bottom is not 0."""
    *bottoms, selector = node.all_bottoms
    return tuple(Value(Select(), (each, selector), each.shape) for each in bottoms)


@reads("Parameter", makes=(Tensor,))
def parameter(node: Node) -> Value:
    """A blob as a top."""
    return Value(Tensor(node.blobs[0]), (), node.tops[0])


@reads("SPP", makes=(Pool, Flatten, Concat), limits="not stochastic")
def spp(node: Node) -> Value:
    """Poolings into 1, 2, 4, ... windows along each axis, in one row; spp_layer.cpp."""
    parameter, x = node.layer.spp_param, single(node)
    items, channels, *image = x.known
    if parameter.pool == SPPParameter.STOCHASTIC:
        raise UsageError("there is no stochastic pooling elsewhere")
    rows = []
    for level in range(parameter.pyramid_height):
        bins = 2**level
        kernel = tuple(-(-length // bins) for length in image)
        pad = tuple((size * bins - length + 1) // 2 for size, length in zip(kernel, image, strict=True))
        op = Pool(average=parameter.pool == SPPParameter.AVE, kernel=kernel, stride=kernel, pad=pad)
        pooled = Value(op, (x,), (items, channels, bins, bins))
        rows.append(Value(Flatten(1, 3), (pooled,), (items, channels * bins * bins)))
    return node.top(Concat(1), *rows) if len(rows) > 1 else rows[0].inputs[0]


@reads("Python", makes=(Binary,), limits="ENet's SpatialDropoutLayer in TEST alone")
def python(node: Node) -> Value:
    """ENet's spatial_dropout.py multiplies by 1 / (1 - p) in TEST too, TimoSaemann/caffe-enet."""
    code = node.layer.python_param
    name = f"{code.module}.{code.layer}"
    if name != "spatial_dropout.SpatialDropoutLayer":
        raise UsageError(f"the Python code {name} is not read")
    try:
        given = ast.literal_eval(code.param_str)
        phase, kept = given["phase"], 1 - float(given["p"])
    except (ValueError, SyntaxError, KeyError, TypeError):
        raise UsageError(f"param_str {code.param_str!r} does not say phase and p") from None
    if phase == "TRAIN" or not 0 < kept < 1:
        raise UsageError(f"the Python code {name} is ported for TEST and a p between 0 and 1 alone")
    return 1 / kept * node.x
