"""Layers that join, cut and copy blobs.

concat_layer.cpp, slice_layer.cpp, split_layer.cpp, eltwise_layer.cpp.
"""

from __future__ import annotations

from itertools import pairwise
from typing import cast

from caffe_fillers.errors import NetError
from caffe_fillers.layers.contract import Role, Setup, layer, refuse_in_place
from caffe_fillers.schema import ConcatParameter, EltwiseParameter, LayerParameter, SliceParameter
from caffe_fillers.shapes import UNKNOWN, Shape, canonical_axis, format_shape, merge


@layer("Concat", bottoms=(1, None))
def concat(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Concatenate bottoms along an axis."""
    axis = _axis(parameter.concat_param, "concat_dim", len(bottoms[0]))
    if len({len(each) for each in bottoms}) > 1:
        raise NetError(f"its bottoms {', '.join(map(format_shape, bottoms))} must have equally many axes")
    try:
        shape = merge([(*each[:axis], *each[axis + 1 :]) for each in bottoms])
    except NetError as error:
        raise NetError(f"beside axis {axis} its bottoms have the {error}") from None
    return Setup(((*shape[:axis], sum(each[axis] for each in bottoms), *shape[axis:]),))


@layer("Slice", tops=(1, None))
def slice_layer(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The bottom cut along an axis, at `slice_point` or into equal parts."""
    shape, num_tops = bottoms[0], len(parameter.top)
    if num_tops > 1:
        refuse_in_place(parameter)
    axis = _axis(parameter.slice_param, "slice_dim", len(shape))
    points = list(parameter.slice_param.slice_point)
    parts = _cut_at(points, shape[axis], num_tops) if points else _equal_parts(shape[axis], num_tops)
    return Setup(tuple((*shape[:axis], part, *shape[axis + 1 :]) for part in parts))


@layer("Split", tops=(1, None), role=Role.COPY)
def split(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The same blob under each top."""
    if parameter.bottom[0] in parameter.top:
        raise NetError("Split cannot work in place: give its tops other names")
    return Setup(bottoms * len(parameter.top))


@layer("Eltwise", bottoms=(2, None), accepts_unranked=True)
def eltwise(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """All bottoms are alike, so one that is known tells the top's shape."""
    coefficients, operation = parameter.eltwise_param.coeff, parameter.eltwise_param.operation
    if coefficients and len(coefficients) != len(bottoms):
        raise NetError(f"it has {len(coefficients)} coeff for {len(bottoms)} bottoms: give one each or none")
    if coefficients and operation == EltwiseParameter.PROD:
        raise NetError("coeff is for sums; a product takes none")
    ranked = [shape for shape in cast("tuple[Shape | None, ...]", bottoms) if shape is not None]
    return Setup((merge(ranked) if ranked else None,))


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


def _cut_at(points: list[int], length: int, num_tops: int) -> list[int]:
    """Parts between the points; only the last one may be empty."""
    if len(points) != num_tops - 1:
        raise NetError(f"it has {len(points)} slice_point for {num_tops} tops: give one fewer than tops")
    *parts, last = (after - before for before, after in pairwise([0, *points, length]))
    if min(parts) < 1 or last < 0 or num_tops > length:
        raise NetError(f"slice_point {points} must rise and stay inside the {length} of its axis")
    return [*parts, last]


def _equal_parts(length: int, num_tops: int) -> list[int]:
    if length is not UNKNOWN and length % num_tops:
        raise NetError(f"the {length} of its axis cannot be cut into {num_tops} equal tops")
    return [length // num_tops] * num_tops
