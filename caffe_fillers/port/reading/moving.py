"""Layers that join, cut, reorder and pick values."""

from __future__ import annotations

from itertools import pairwise

from caffe_fillers.errors import UsageError
from caffe_fillers.layers.forks.common import fork_param
from caffe_fillers.layers.windows import windows
from caffe_fillers.port import Op, Tops, Value, function, ops, vision_ops
from caffe_fillers.port.reading import Node, Reader, reads, single
from caffe_fillers.schema import ReductionParameter, SPPParameter
from caffe_fillers.shapes import UNKNOWN, Shape, canonical_axis


@reads("Concat", makes=(ops.Concat,))
def concat(node: Node) -> Value:
    """Read a concatenation along `axis`, or `concat_dim` of older nets."""
    parameter = node.layer.concat_param
    axis = parameter.concat_dim if parameter.HasField("concat_dim") else parameter.axis
    return node.top(ops.Concat(canonical_axis(axis, node.rank)), *node.all_bottoms)


@reads("Slice", makes=(ops.Split,))
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
    return node.top(ops.Split(tuple(lengths), axis))


@reads("Reshape", makes=(ops.Reshape,))
def reshape(node: Node) -> Value:
    """Read a new shape: 0 keeps the length of the axis, -1 takes what is left."""
    parameter = node.layer.reshape_param
    first = parameter.axis if parameter.axis >= 0 else node.rank + parameter.axis + 1
    last = node.rank if parameter.num_axes == -1 else first + parameter.num_axes
    dims: ops.Dims = tuple(str(axis) for axis in range(first))
    given = enumerate(parameter.shape.dim)
    dims += tuple(str(first + index) if dim == 0 else int(dim) for index, dim in given)
    return node.top(ops.Reshape(dims + tuple(str(axis) for axis in range(last, node.rank))))


@reads("Crop", makes=(vision_ops.Crop,))
def crop(node: Node) -> Value:
    """Read a crop to the lengths of the second bottom, from an axis on."""
    parameter = node.layer.crop_param
    axis, offsets = canonical_axis(parameter.axis, node.rank), list(parameter.offset) or [0]
    offsets = offsets if len(offsets) > 1 else offsets * (node.rank - axis)
    return node.top(vision_ops.Crop(axis, tuple(offsets)), *node.all_bottoms)


_TERMS = {
    ReductionParameter.SUM: ("sum", ""),
    ReductionParameter.ASUM: ("sum", "abs"),
    ReductionParameter.SUMSQ: ("sum", "square"),
    ReductionParameter.MEAN: ("mean", ""),
}


@reads("Reduction", makes=(ops.Reduce,))
def reduction(node: Node) -> Value:
    """Read a reduction of all axes from one on."""
    parameter = node.layer.reduction_param
    kind, term = _TERMS[parameter.operation]
    axes = tuple(range(canonical_axis(parameter.axis, node.rank), node.rank))
    reduced = node.top(ops.Reduce(kind, axes), function(term, node.x) if term else node.x)
    return reduced if parameter.coeff == 1 else parameter.coeff * reduced


def known_length(value: Value, axis: int) -> int:
    """Return the length of an axis, which must be known."""
    length = (value.shape or (UNKNOWN,) * (axis + 1))[axis]
    if length is UNKNOWN:
        raise UsageError("how long its bottom is, is not known: give it with --shape")
    return length


@reads("ShuffleChannel", makes=(ops.Reshape, vision_ops.Permute))
def shuffle_channel(node: Node) -> Value:
    """Read channels as groups x channels of a group, transposed: farmingyard/ShuffleNet."""
    group = fork_param(node.layer, "shuffle_channel_param").group
    items, channels, height, width = node.x.image
    split: Shape = (items, group, channels // group, height, width)
    grouped = Value(ops.Reshape(("0", group, channels // group, "2", "3")), (node.x,), split)
    dealt = (items, channels // group, group, height, width)
    return node.top(
        ops.Reshape(("0", channels, "3", "4")), Value(vision_ops.Permute((0, 2, 1, 3, 4)), (grouped,), dealt)
    )


@reads("Reorg", makes=(ops.Reshape, vision_ops.Permute))
def reorg(node: Node) -> Value:
    """Read squares of pixels moved out of the channels, or into them: eric612/MobileNet-YOLO reorg_layer.hpp.

    Into them as Darknet has it: by the way back on an image of another shape.
    """
    parameter = fork_param(node.layer, "reorg_param")
    stride, (items, channels, height, width) = parameter.stride, node.x.image
    square = stride * stride
    if channels % square:
        raise UsageError(f"its {channels} channels are no multiple of {square}, the stride's square")
    if not parameter.reverse and (height % stride or width % stride):
        raise UsageError(f"its image of {height} x {width} is no multiple of the stride {stride}")
    inner = channels // square
    if parameter.reverse:
        order, split = (0, 3, 4, 1, 5, 2), (items, stride, stride, inner, height, width)
    else:
        order, split = (0, 3, 5, 1, 2, 4), (items, inner, height, stride, width, stride)
    made = Value(ops.Reshape(("0", *split[1:])), (node.x,), split)
    made = Value(vision_ops.Permute(order), (made,), tuple(split[axis] for axis in order))
    return node.top(ops.Reshape(("0", *node.result[1:])), made)


@reads("Local", makes=(vision_ops.Columns, vision_ops.Local))
def local(node: Node) -> Value:
    """Read a convolution with kernels for each place: happynear/caffe-windows local_layer.cpp."""
    parameter, (items, *_) = fork_param(node.layer, "local_param"), node.x.known
    inputs, size = node.blobs[0][2], node.result[2:]
    lengths = [(each, each) for each in (parameter.kernel_size, parameter.stride, parameter.pad, 1)]
    columns = Value(vision_ops.Columns(*lengths), (node.x,), (items, inputs, *size))
    op = vision_ops.Local(inputs=inputs, outputs=parameter.num_output, size=size, bias=parameter.bias_term)
    return node.top(op, columns)


@reads(
    "ArgMax",
    makes=(vision_ops.ArgMax, ops.Flatten, ops.Reshape, ops.Concat),
    limits="of equal values another may come first",
)
def arg_max(node: Node) -> Value:
    """Read maxima along an axis, or over all axes of an item as 1 or 2 x top_k; argmax_layer.cpp."""
    parameter = node.layer.argmax_param
    if parameter.HasField("axis"):
        axis = canonical_axis(parameter.axis, node.rank)
        return node.top(vision_ops.ArgMax(axis, parameter.top_k, parameter.out_max_val))
    items, top_k = node.x.known[0], parameter.top_k
    flat = node.x
    if node.rank > 2:
        flat = Value(ops.Flatten(1, node.rank - 1), (node.x,), (items, UNKNOWN))
    elif node.rank == 1:
        flat = Value(ops.Reshape(("0", 1)), (node.x,), (items, 1))

    def found(values: bool) -> Value:
        return Value(vision_ops.ArgMax(1, top_k, values), (flat,), (items, top_k))

    made = found(values=False)
    if not parameter.out_max_val:
        return node.top(ops.Reshape(("0", *node.result[1:])), made)
    lengths = (1, *node.result[2:])
    rows = (Value(ops.Reshape(("0", *lengths)), (x,), (items, *lengths)) for x in (made, found(values=True)))
    return node.top(ops.Concat(1), *rows)


@reads("SPP", makes=(ops.Pool, ops.Flatten, ops.Concat), limits="not stochastic")
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
        op = ops.Pool(average=parameter.pool == SPPParameter.AVE, kernel=kernel, stride=kernel, pad=pad)
        pooled = Value(op, (x,), (items, channels, bins, bins))
        rows.append(Value(ops.Flatten(1, 3), (pooled,), (items, channels * bins * bins)))
    return node.top(ops.Concat(1), *rows) if len(rows) > 1 else rows[0].inputs[0]


def _flatten(node: Node) -> Value:
    parameter = node.layer.flatten_param
    start, end = (canonical_axis(axis, node.rank) for axis in (parameter.axis, parameter.end_axis))
    return node.top(ops.Flatten(start, end))


def _permute(node: Node) -> Value:
    """Axes that `order` leaves out follow: weiliu89/caffe permute_layer.cpp."""
    order = list(fork_param(node.layer, "permute_param").order)
    return node.top(vision_ops.Permute((*order, *(axis for axis in range(node.rank) if axis not in order))))


def _flip(node: Node) -> Value:
    """happynear/caffe-windows flip_layer.cpp."""
    parameter = fork_param(node.layer, "flip_param")
    axes = (2,) * parameter.flip_height + (3,) * parameter.flip_width
    return node.top(vision_ops.Flip(axes)) if axes else node.x


def _im2col(node: Node) -> Value:
    parameter = node.layer.convolution_param
    if node.rank != 4 or canonical_axis(parameter.axis, node.rank) != 1:
        raise UsageError("only images with their channels on axis 1 are ported")
    window = windows(parameter, 2)
    return node.top(vision_ops.Columns(window.kernel, window.stride, window.pad, window.dilation))


def _filter(node: Node) -> Tops:
    """The last bottom chooses the items of each other."""
    *bottoms, selector = node.all_bottoms
    return tuple(Value(vision_ops.Select(), (each, selector), each.shape) for each in bottoms)


_SINGLE: dict[str, tuple[type[Op], Reader]] = {
    "BatchReindex": (vision_ops.Take, lambda node: node.top(vision_ops.Take(), *node.all_bottoms)),
    "Filter": (vision_ops.Select, _filter),
    "Flatten": (ops.Flatten, _flatten),
    "Flip": (vision_ops.Flip, _flip),
    "Im2col": (vision_ops.Columns, _im2col),
    "Parameter": (ops.Tensor, lambda node: Value(ops.Tensor(node.blobs[0]), (), node.tops[0])),
    "Permute": (vision_ops.Permute, _permute),
    "Tile": (
        vision_ops.Tile,
        lambda node: node.top(
            vision_ops.Tile(
                canonical_axis(node.layer.tile_param.axis, node.rank), node.layer.tile_param.tiles
            )
        ),
    ),
}
"""Layers that are one operation."""

for _type, (_op, _read) in _SINGLE.items():
    reads(_type, makes=(_op,))(_read)
