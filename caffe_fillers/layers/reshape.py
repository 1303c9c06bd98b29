"""Layers that turn one blob into another shape or pick from it.

flatten_layer.cpp, reshape_layer.cpp, reduction_layer.cpp, tile_layer.cpp,
crop_layer.cpp, filter_layer.cpp, batch_reindex_layer.cpp.
"""

from __future__ import annotations

from caffe_fillers.errors import NetError
from caffe_fillers.layers.contract import Setup, layer, refuse_in_place
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import UNKNOWN, Shape, canonical_axis, count, differ, format_shape


@layer("Flatten")
def flatten(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The axes from `axis` to `end_axis` become one; an `end_axis` just before `axis` puts in a 1."""
    refuse_in_place(parameter)
    shape = bottoms[0]
    start = canonical_axis(parameter.flatten_param.axis, len(shape))
    end = canonical_axis(parameter.flatten_param.end_axis, len(shape)) + 1
    if start > end:
        raise NetError(f"end_axis {end - 1} is before axis {start}")
    return Setup(((*shape[:start], count(shape, start, end), *shape[end:]),))


@layer("Reshape")
def reshape(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """New lengths for some axes: 0 copies one from the bottom, -1 is worked out.

    A negative `axis` counts from the end, so that -1 appends.
    """
    refuse_in_place(parameter)
    shape, reshape_param = bottoms[0], parameter.reshape_param
    start = reshape_param.axis if reshape_param.axis >= 0 else len(shape) + reshape_param.axis + 1
    end = len(shape) if reshape_param.num_axes == -1 else start + reshape_param.num_axes
    if not 0 <= start <= end <= len(shape):
        raise NetError(
            f"axis {reshape_param.axis} and num_axes {reshape_param.num_axes} leave {format_shape(shape)}"
        )
    dims = _new_dims(list(reshape_param.shape.dim), shape, start, end)
    top = (*shape[:start], *dims, *shape[end:])
    if differ(count(top), count(shape)):
        raise NetError(f"{format_shape(shape)} holds {count(shape)} values, {format_shape(top)} {count(top)}")
    return Setup((top,))


@layer("Reduction")
def reduction(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Everything from an axis on becomes one value."""
    return Setup((bottoms[0][: canonical_axis(parameter.reduction_param.axis, len(bottoms[0]))],))


@layer("Tile")
def tile(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """One axis repeated."""
    axis = canonical_axis(parameter.tile_param.axis, len(bottoms[0]))
    if parameter.tile_param.tiles < 1:
        raise NetError("tiles must be given and at least 1")
    shape = list(bottoms[0])
    shape[axis] *= parameter.tile_param.tiles
    return Setup((tuple(shape),))


@layer("Crop", bottoms=2)
def crop(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Cut the first bottom from `axis` on to the lengths of the second."""
    shape, reference = bottoms
    start = canonical_axis(parameter.crop_param.axis, len(shape))
    offsets = list(parameter.crop_param.offset) or [0]
    if len(offsets) == 1:
        offsets *= len(shape) - start
    if len(offsets) != len(shape) - start:
        raise NetError(
            f"it has {len(offsets)} offset for {len(shape) - start} axes: give one or one per axis"
        )
    for axis, offset in enumerate(offsets, start):
        if axis >= len(reference) or shape[axis] - offset < reference[axis]:
            raise NetError(
                f"in axis {axis} bottom 0 of shape {format_shape(shape)} with offset {offset} does not "
                f"hold bottom 1 of shape {format_shape(reference)}"
            )
    return Setup(((*shape[:start], *reference[start : len(shape)]),))


@layer("Filter", bottoms=(2, None), tops=(1, None))
def filter_layer(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Items that the last bottom selects; while the net is built all of them."""
    *shapes, selector = bottoms
    if len(parameter.top) != len(shapes):
        raise NetError(f"it needs a top for each of its {len(shapes)} bottoms before the selector")
    if any(differ(dim, 1) for dim in selector[1:]):
        raise NetError(
            f"the selector has shape {format_shape(selector)}; only its axis 0 may be longer than 1"
        )
    if not selector or any(not shape or differ(shape[0], selector[0]) for shape in shapes):
        raise NetError("all bottoms must have as many items in axis 0 as the selector")
    return Setup(tuple((shapes[0][0], *shape[1:]) for shape in shapes))


@layer("BatchReindex", bottoms=2)
def batch_reindex(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Items of the first bottom in the order that the second says."""
    if len(bottoms[1]) != 1:
        raise NetError(f"the indices have shape {format_shape(bottoms[1])}; one axis is needed")
    return Setup(((bottoms[1][0], *bottoms[0][1:]),))


def _new_dims(dims: list[int], shape: Shape, start: int, end: int) -> list[int]:
    """Return the lengths that replace the axes from `start` to `end`."""
    if any(dim < -1 for dim in dims) or dims.count(-1) > 1:
        raise NetError("the new shape may have one -1 and no other negative length")
    copied = [start + index for index, dim in enumerate(dims) if dim == 0]
    if any(axis >= len(shape) for axis in copied):
        raise NetError(f"a 0 in the new shape has no axis of {format_shape(shape)} to copy")
    filled = [shape[start + index] if dim == 0 else dim for index, dim in enumerate(dims)]
    if -1 in dims:
        kept = [*range(start), *range(end, len(shape)), *copied]
        filled[dims.index(-1)] = _inferred(shape, kept, count(tuple(dim for dim in dims if dim > 0)))
    return filled


def _inferred(shape: Shape, kept: list[int], given: int) -> int:
    """Infer a length from the others: axes of the bottom that are kept, and lengths that are given.

    Axes that are kept cancel out, so they need not be known.
    """
    if any(shape[axis] == 0 for axis in kept):
        raise NetError(f"a -1 cannot be worked out beside an axis of length 0 in {format_shape(shape)}")
    gone = tuple(dim for axis, dim in enumerate(shape) if axis not in kept)
    twice = tuple(shape[axis] for axis in set(kept) for _ in range(kept.count(axis) - 1))
    rows = given * count(twice)
    if UNKNOWN not in (rows, count(gone)) and count(gone) % rows:
        raise NetError(f"{format_shape(shape)} cannot be divided by the {rows} that the new shape asks for")
    return count(gone) // rows
