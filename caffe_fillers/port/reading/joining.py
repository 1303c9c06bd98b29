"""Layers that join, cut and reshape."""

from __future__ import annotations

from itertools import pairwise

from caffe_fillers.port.ops import Concat, Crop, Dims, Flatten, Reduce, Reshape, Split, Tile
from caffe_fillers.port.reading.contract import Node, reads
from caffe_fillers.port.reading.pointwise import known_length
from caffe_fillers.port.values import Binary, Function, Tops, Value, function
from caffe_fillers.schema import ReductionParameter
from caffe_fillers.shapes import canonical_axis


@reads("Concat", makes=(Concat,))
def concat(node: Node) -> Value:
    """Along one axis, by its name of either age."""
    parameter = node.layer.concat_param
    axis = parameter.concat_dim if parameter.HasField("concat_dim") else parameter.axis
    return node.top(Concat(canonical_axis(axis, node.rank)), *node.all_bottoms)


@reads("Slice", makes=(Split,))
def slice_(node: Node) -> Tops:
    """At points, or into equal parts."""
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


@reads("Flatten", makes=(Flatten,))
def flatten(node: Node) -> Value:
    """Axes from one to another become one."""
    parameter = node.layer.flatten_param
    start, end = (canonical_axis(axis, node.rank) for axis in (parameter.axis, parameter.end_axis))
    return node.top(Flatten(start, end))


@reads("Reshape", makes=(Reshape,))
def reshape(node: Node) -> Value:
    """0 keeps the length of the axis, -1 takes what is left."""
    parameter = node.layer.reshape_param
    first = parameter.axis if parameter.axis >= 0 else node.rank + parameter.axis + 1
    last = node.rank if parameter.num_axes == -1 else first + parameter.num_axes
    dims: Dims = tuple(str(axis) for axis in range(first))
    given = enumerate(parameter.shape.dim)
    dims += tuple(str(first + index) if dim == 0 else int(dim) for index, dim in given)
    return node.top(Reshape(dims + tuple(str(axis) for axis in range(last, node.rank))))


@reads("Crop", makes=(Crop,))
def crop(node: Node) -> Value:
    """To the lengths of the second bottom, from an axis on."""
    parameter = node.layer.crop_param
    axis, offsets = canonical_axis(parameter.axis, node.rank), list(parameter.offset) or [0]
    offsets = offsets if len(offsets) > 1 else offsets * (node.rank - axis)
    return node.top(Crop(axis, tuple(offsets)), *node.all_bottoms)


@reads("Tile", makes=(Tile,))
def tile(node: Node) -> Value:
    """The whole axis over and over."""
    return node.top(Tile(canonical_axis(node.layer.tile_param.axis, node.rank), node.layer.tile_param.tiles))


_TERMS = {
    ReductionParameter.SUM: ("sum", ""),
    ReductionParameter.ASUM: ("sum", "abs"),
    ReductionParameter.SUMSQ: ("sum", "square"),
    ReductionParameter.MEAN: ("mean", ""),
}


@reads("Reduction", makes=(Reduce, Function, Binary))
def reduction(node: Node) -> Value:
    """All axes from one on."""
    parameter = node.layer.reduction_param
    kind, term = _TERMS[parameter.operation]
    axes = tuple(range(canonical_axis(parameter.axis, node.rank), node.rank))
    reduced = node.top(Reduce(kind, axes), function(term, node.x) if term else node.x)
    return reduced if parameter.coeff == 1 else parameter.coeff * reduced
