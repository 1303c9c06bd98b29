"""Layers that join, cut, reorder and pick values."""

from __future__ import annotations

from itertools import pairwise

from caffe_fillers.errors import UsageError
from caffe_fillers.layers.forks.common import fork_param
from caffe_fillers.layers.windows import windows
from caffe_fillers.port.ops import (
    Affine,
    Concat,
    Crop,
    Dims,
    Flatten,
    Pool,
    Reduce,
    Reshape,
    Split,
    Tensor,
    Tile,
)
from caffe_fillers.port.reading import Node, Reader, reads, single
from caffe_fillers.port.values import Op, Tops, Value, function
from caffe_fillers.port.vision_ops import (
    ArgMax,
    Columns,
    Flip,
    Local,
    Permute,
    Select,
    Take,
)
from caffe_fillers.schema import ReductionParameter, SPPParameter
from caffe_fillers.shapes import UNKNOWN, Shape, canonical_axis


@reads("Concat", makes=(Concat,))
def concat(node: Node) -> Value:
    """Read a concatenation along `axis`, or `concat_dim` of older nets."""
    parameter = node.layer.concat_param
    axis = parameter.concat_dim if parameter.HasField("concat_dim") else parameter.axis
    return node.top(Concat(canonical_axis(axis, node.rank)), *node.all_bottoms)


@reads("Slice", makes=(Split,))
def slice_(node: Node) -> Tops:
    """Read a split at points, or into equal parts."""
    parameter = node.layer.slice_param
    axis = parameter.slice_dim if parameter.HasField("slice_dim") else parameter.axis
    axis = canonical_axis(axis, node.rank)
    if len(node.outputs) == 1:
        return node.x
    length = known_length(node.x, axis)
    lengths = [end - begin for begin, end in pairwise([0, *parameter.slice_point, length])]
    if not parameter.slice_point:
        lengths = [length // len(node.outputs)] * len(node.outputs)
    return node.top(Split(tuple(lengths), axis))


@reads("Reshape", makes=(Reshape,))
def reshape(node: Node) -> Value:
    """Read a new shape: 0 keeps the length of the axis, -1 takes what is left."""
    parameter = node.layer.reshape_param
    first = parameter.axis if parameter.axis >= 0 else node.rank + parameter.axis + 1
    last = node.rank if parameter.num_axes == -1 else first + parameter.num_axes
    dims: Dims = tuple(str(axis) for axis in range(first))
    given = enumerate(parameter.shape.dim)
    dims += tuple(str(first + index) if dim == 0 else int(dim) for index, dim in given)
    return node.top(Reshape(dims + tuple(str(axis) for axis in range(last, node.rank))))


@reads("Crop", makes=(Crop,))
def crop(node: Node) -> Value:
    """Read a crop to the lengths of the second bottom, from an axis on."""
    parameter = node.layer.crop_param
    axis, offsets = canonical_axis(parameter.axis, node.rank), list(parameter.offset) or [0]
    offsets = offsets if len(offsets) > 1 else offsets * (node.rank - axis)
    return node.top(Crop(axis, tuple(offsets)), *node.all_bottoms)


_TERMS = {
    ReductionParameter.SUM: ("sum", ""),
    ReductionParameter.ASUM: ("sum", "abs"),
    ReductionParameter.SUMSQ: ("sum", "square"),
    ReductionParameter.MEAN: ("mean", ""),
}


@reads("Reduction", makes=(Reduce,))
def reduction(node: Node) -> Value:
    """Read a reduction of all axes from one on."""
    parameter = node.layer.reduction_param
    kind, term = _TERMS[parameter.operation]
    axes = tuple(range(canonical_axis(parameter.axis, node.rank), node.rank))
    reduced = node.top(Reduce(kind, axes), function(term, node.x) if term else node.x)
    return reduced if parameter.coeff == 1 else parameter.coeff * reduced


def known_length(value: Value, axis: int) -> int:
    """Return the length of an axis, which must be known."""
    length = (value.shape or (UNKNOWN,) * (axis + 1))[axis]
    if length is UNKNOWN:
        raise UsageError("how long its bottom is, is not known: give it with --shape")
    return length


@reads("ShuffleChannel", makes=(Reshape, Permute))
def shuffle_channel(node: Node) -> Value:
    """Read channels as groups x channels of a group, transposed: farmingyard/ShuffleNet."""
    group = fork_param(node.layer, "shuffle_channel_param").group
    items, channels, height, width = node.x.known
    split: Shape = (items, group, channels // group, height, width)
    grouped = Value(Reshape(("0", group, channels // group, "2", "3")), (node.x,), split)
    dealt = (items, channels // group, group, height, width)
    return node.top(Reshape(("0", channels, "3", "4")), Value(Permute((0, 2, 1, 3, 4)), (grouped,), dealt))


@reads("Reorg", makes=(Reshape, Permute))
def reorg(node: Node) -> Value:
    """Read squares of pixels moved out of the channels, or into them: eric612/MobileNet-YOLO reorg_layer.hpp.

    Into them as Darknet has it: by the way back on an image of another shape.
    """
    parameter = fork_param(node.layer, "reorg_param")
    stride, (items, channels, height, width) = parameter.stride, node.x.known
    square = stride * stride
    if channels % square or (not parameter.reverse and (height % stride or width % stride)):
        raise UsageError(f"channels and image are no multiples of the stride {stride}")
    inner = channels // square
    if parameter.reverse:
        order, split = (0, 3, 4, 1, 5, 2), (items, stride, stride, inner, height, width)
    else:
        order, split = (0, 3, 5, 1, 2, 4), (items, inner, height, stride, width, stride)
    made = Value(Reshape(("0", *split[1:])), (node.x,), split)
    made = Value(Permute(order), (made,), tuple(split[axis] for axis in order))
    return node.top(Reshape(("0", *node.result[1:])), made)


@reads("Local", makes=(Columns, Local))
def local(node: Node) -> Value:
    """Read a convolution with kernels for each place: happynear/caffe-windows local_layer.cpp."""
    parameter, (items, *_) = fork_param(node.layer, "local_param"), node.x.known
    inputs, size = node.blobs[0][2], node.result[2:]
    lengths = [(each, each) for each in (parameter.kernel_size, parameter.stride, parameter.pad, 1)]
    columns = Value(Columns(*lengths), (node.x,), (items, inputs, *size))
    op = Local(inputs=inputs, outputs=parameter.num_output, size=size, bias=parameter.bias_term)
    return node.top(op, columns)


@reads("Normalize", makes=(Reduce, Affine))
def normalize(node: Node) -> Value:
    """Read values over the norm of a place or an item, times a scale: weiliu89/caffe."""
    parameter, rank = fork_param(node.layer, "norm_param"), node.rank
    axes = tuple(range(1, rank)) if parameter.across_spatial else (1,)
    lengths = tuple(1 if axis in axes else length for axis, length in enumerate(node.x.shape or ()))
    total = Value(Reduce("sum", axes, keep=True), (function("square", node.x),), lengths)
    scaled = node.x / function("sqrt", total + parameter.eps)
    return node.top(Affine(node.blobs[0], axis=1), scaled)


@reads("GRN", makes=(Reduce,))
def grn(node: Node) -> Value:
    """Read values over the norm of their place: training_toolbox_caffe grn_layer.cpp."""
    lengths = tuple(1 if axis == 1 else length for axis, length in enumerate(node.x.shape or ()))
    total = Value(Reduce("sum", (1,), keep=True), (function("square", node.x),), lengths)
    return node.x / function("sqrt", total + fork_param(node.layer, "grn_param").bias)


@reads("ArgMax", makes=(ArgMax, Flatten, Reshape, Concat), limits="of equal values another may come first")
def arg_max(node: Node) -> Value:
    """Read maxima along an axis, or over all axes of an item as 1 or 2 x top_k; argmax_layer.cpp."""
    parameter = node.layer.argmax_param
    if parameter.HasField("axis"):
        axis = canonical_axis(parameter.axis, node.rank)
        return node.top(ArgMax(axis, parameter.top_k, parameter.out_max_val))
    items, top_k = node.x.known[0], parameter.top_k
    flat = Value(Flatten(1, node.rank - 1), (node.x,), (items, -1)) if node.rank > 2 else node.x

    def found(values: bool) -> Value:
        return Value(ArgMax(1, top_k, values), (flat,), (items, top_k))

    made = found(values=False)
    if not parameter.out_max_val:
        return node.top(Reshape(("0", *node.result[1:])), made)
    lengths = (1, *node.result[2:])
    rows = (Value(Reshape(("0", *lengths)), (x,), (items, *lengths)) for x in (made, found(values=True)))
    return node.top(Concat(1), *rows)


@reads("SPP", makes=(Pool, Flatten, Concat), limits="not stochastic")
def spp(node: Node) -> Value:
    """Read poolings into 1, 2, 4, ... windows along each axis, in one row; spp_layer.cpp."""
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


def _flatten(node: Node) -> Value:
    parameter = node.layer.flatten_param
    start, end = (canonical_axis(axis, node.rank) for axis in (parameter.axis, parameter.end_axis))
    return node.top(Flatten(start, end))


def _permute(node: Node) -> Value:
    """Axes that `order` leaves out follow: weiliu89/caffe permute_layer.cpp."""
    order = list(fork_param(node.layer, "permute_param").order)
    return node.top(Permute((*order, *(axis for axis in range(node.rank) if axis not in order))))


def _flip(node: Node) -> Value:
    """happynear/caffe-windows flip_layer.cpp."""
    parameter = fork_param(node.layer, "flip_param")
    axes = (2,) * parameter.flip_height + (3,) * parameter.flip_width
    return node.top(Flip(axes)) if axes else node.x


def _im2col(node: Node) -> Value:
    parameter = node.layer.convolution_param
    if node.rank != 4 or canonical_axis(parameter.axis, node.rank) != 1:
        raise UsageError("only images with their channels on axis 1 are ported")
    window = windows(parameter, 2)
    return node.top(Columns(window.kernel, window.stride, window.pad, window.dilation))


def _filter(node: Node) -> Tops:
    """The last bottom chooses the items of each other."""
    *bottoms, selector = node.all_bottoms
    return tuple(Value(Select(), (each, selector), each.shape) for each in bottoms)


_SINGLE: dict[str, tuple[type[Op], Reader]] = {
    "BatchReindex": (Take, lambda node: node.top(Take(), *node.all_bottoms)),
    "Filter": (Select, _filter),
    "Flatten": (Flatten, _flatten),
    "Flip": (Flip, _flip),
    "Im2col": (Columns, _im2col),
    "Parameter": (Tensor, lambda node: Value(Tensor(node.blobs[0]), (), node.tops[0])),
    "Permute": (Permute, _permute),
    "Tile": (
        Tile,
        lambda node: node.top(
            Tile(canonical_axis(node.layer.tile_param.axis, node.rank), node.layer.tile_param.tiles)
        ),
    ),
}
"""Layers that are one operation."""

for _type, (_op, _read) in _SINGLE.items():
    reads(_type, makes=(_op,))(_read)
