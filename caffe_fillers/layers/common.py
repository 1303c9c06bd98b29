"""Layers that join, cut, copy and turn blobs."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import Constant
from caffe_fillers.layers.contract import Param, Setup, layer
from caffe_fillers.schema import ConcatParameter, EltwiseParameter, LayerParameter, SliceParameter
from caffe_fillers.shapes import UNKNOWN, Shape, as_shape, canonical_axis, count, differ, format_shape


@layer("Split", tops=(1, None))
def split(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The same blob under each top."""
    return Setup(bottoms * len(parameter.top))


@layer("Silence", bottoms=(1, None), tops=0, accepts_unranked=True)
def silence(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Takes blobs that nobody wants."""
    return Setup(())


@layer("Parameter", bottoms=0)
def parameter_layer(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Its top is its blob; fresh memory is zero."""
    shape = as_shape(parameter.parameter_param.shape.dim)
    return Setup((shape,), (Param(shape, Constant()),))


@layer("Python", bottoms=(0, None), tops=(0, None), accepts_unranked=True)
def python(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """What its code does to shapes cannot be seen."""
    return Setup((None,) * len(parameter.top))


@layer("Eltwise", bottoms=(2, None), accepts_unranked=True)
def eltwise(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """All bottoms are alike, so one that is known tells the top's shape."""
    coefficients, operation = parameter.eltwise_param.coeff, parameter.eltwise_param.operation
    if coefficients and len(coefficients) != len(bottoms):
        raise NetError(f"it has {len(coefficients)} coeff for {len(bottoms)} bottoms: give one each or none")
    if coefficients and operation == EltwiseParameter.PROD:
        raise NetError("coeff is for sums; a product takes none")
    ranked = [shape for shape in cast("tuple[Shape | None, ...]", bottoms) if shape is not None]
    for other in ranked[1:]:
        if differ(ranked[0], other):
            raise NetError(f"its bottoms have the shapes {format_shape(ranked[0])} and {format_shape(other)}")
    if not ranked:
        return Setup((None,))
    merged = tuple(
        next((dim for dim in dims if dim is not UNKNOWN), UNKNOWN) for dims in zip(*ranked, strict=True)
    )
    return Setup((merged,))


@layer("Concat", bottoms=(1, None))
def concat(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Bottoms one behind the other along an axis."""
    shape = bottoms[0]
    axis = _axis(parameter.concat_param, "concat_dim", len(shape))
    total = 0
    for other in bottoms:
        if len(other) != len(shape) or differ(_without(shape, axis), _without(other, axis)):
            raise NetError(
                f"bottoms of shape {format_shape(shape)} and {format_shape(other)} differ beside axis {axis}"
            )
        total += other[axis]
    return Setup(((*shape[:axis], total, *shape[axis + 1 :]),))


@layer("Slice", tops=(1, None))
def slice_layer(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The bottom cut along an axis, at `slice_point` or into equal parts."""
    shape, num_tops = bottoms[0], len(parameter.top)
    axis = _axis(parameter.slice_param, "slice_dim", len(shape))
    points = list(parameter.slice_param.slice_point)
    if points:
        if len(points) != num_tops - 1:
            raise NetError(f"it has {len(points)} slice_point for {num_tops} tops: give one fewer than tops")
        edges = [0, *points, shape[axis]]
        parts = [after - before for before, after in pairwise(edges)]
        if any(part < 1 for part in parts):
            raise NetError(f"slice_point {points} must rise and stay inside the {shape[axis]} of axis {axis}")
    else:
        if shape[axis] is not UNKNOWN and shape[axis] % num_tops:
            raise NetError(f"the {shape[axis]} of axis {axis} cannot be cut into {num_tops} equal tops")
        parts = [shape[axis] // num_tops] * num_tops
    return Setup(tuple((*shape[:axis], part, *shape[axis + 1 :]) for part in parts))


@layer("Crop", bottoms=2)
def crop(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """From `axis` on the first bottom is cut to the lengths of the second."""
    shape, reference = bottoms
    start = canonical_axis(parameter.crop_param.axis, len(shape))
    offsets = list(parameter.crop_param.offset)
    if len(offsets) > 1 and start + len(offsets) != len(shape):
        raise NetError(
            f"it has {len(offsets)} offset for {len(shape) - start} axes: give one or one per axis"
        )
    for axis in range(start, len(shape)):
        offset = offsets[axis - start if len(offsets) > 1 else 0] if offsets else 0
        if axis >= len(reference) or shape[axis] - offset < reference[axis]:
            raise NetError(
                f"in axis {axis} bottom 0 of shape {format_shape(shape)} with offset {offset} does not "
                f"hold bottom 1 of shape {format_shape(reference)}"
            )
    return Setup(((*shape[:start], *reference[start : len(shape)]),))


@layer("Tile")
def tile(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """One axis repeated."""
    axis = canonical_axis(parameter.tile_param.axis, len(bottoms[0]))
    if parameter.tile_param.tiles < 1:
        raise NetError("tiles must be given and at least 1")
    shape = list(bottoms[0])
    shape[axis] *= parameter.tile_param.tiles
    return Setup((tuple(shape),))


@layer("Flatten")
def flatten(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The axes from `axis` to `end_axis` become one."""
    _refuse_in_place(parameter)
    shape = bottoms[0]
    start = canonical_axis(parameter.flatten_param.axis, len(shape))
    end = canonical_axis(parameter.flatten_param.end_axis, len(shape)) + 1
    return Setup(((*shape[:start], count(shape, start, end), *shape[end:]),))


@layer("Reshape")
def reshape(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """New lengths for some axes: 0 copies one from the bottom, -1 is worked out."""
    _refuse_in_place(parameter)
    shape, reshape_param = bottoms[0], parameter.reshape_param
    start = reshape_param.axis if reshape_param.axis >= 0 else len(shape) + reshape_param.axis + 1
    end = len(shape) if reshape_param.num_axes == -1 else start + reshape_param.num_axes
    if not 0 <= start <= end <= len(shape):
        raise NetError(
            f"axis {reshape_param.axis} and num_axes {reshape_param.num_axes} leave {format_shape(shape)}"
        )
    dims = list(reshape_param.shape.dim)
    if dims.count(-1) > 1:
        raise NetError("only one length of the new shape may be -1")
    if any(dim == 0 and start + index >= len(shape) for index, dim in enumerate(dims)):
        raise NetError(f"a 0 in the new shape has no axis of {format_shape(shape)} to copy")
    dims = [shape[start + index] if dim == 0 else dim for index, dim in enumerate(dims)]
    if -1 in dims:
        explicit = count(shape[:start]) * count(tuple(dim for dim in dims if dim != -1)) * count(shape[end:])
        if explicit == 0 or (explicit is not UNKNOWN and differ(count(shape) % explicit, 0)):
            raise NetError(f"{format_shape(shape)} cannot be divided into rows of {explicit} values")
        dims[dims.index(-1)] = count(shape) // explicit
    top = (*shape[:start], *dims, *shape[end:])
    if differ(count(top), count(shape)):
        raise NetError(f"{format_shape(shape)} holds {count(shape)} values, {format_shape(top)} {count(top)}")
    return Setup((top,))


@layer("Reduction")
def reduction(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Everything from an axis on becomes one value."""
    return Setup((bottoms[0][: canonical_axis(parameter.reduction_param.axis, len(bottoms[0]))],))


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


def _axis(parameter: ConcatParameter | SliceParameter, old_name: str, num_axes: int) -> int:
    """The axis, or the field that said it before blobs had any number of axes."""
    if not parameter.HasField(old_name):
        return canonical_axis(parameter.axis, num_axes)
    if parameter.HasField("axis"):
        raise NetError(f"give either axis or {old_name}, not both")
    old = int(getattr(parameter, old_name))
    if old >= num_axes:
        raise NetError(f"{old_name} {old} is out of range for a blob of {num_axes} axes")
    return old


def _without(shape: Shape, axis: int) -> Shape:
    return (*shape[:axis], *shape[axis + 1 :])


def _refuse_in_place(parameter: LayerParameter) -> None:
    if parameter.top[0] == parameter.bottom[0]:
        raise NetError(f"{parameter.type} cannot work in place: give its top another name")
