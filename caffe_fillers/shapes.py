"""Blob shapes, whose axes may be unknown, and Caffe's arithmetic on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from operator import index
from typing import Any, TypeAlias

from caffe_fillers.errors import NetError, UsageError

Shape: TypeAlias = tuple[int, ...]
INT_MAX = 2**31 - 1
MAX_AXES = 32  # kMaxBlobAxes, include/caffe/blob.hpp


class UnknownDim(int):
    """The length of an axis that the net alone does not tell.

    It absorbs arithmetic, so the formulas of the layers need no case for it,
    and it is neither below nor above anything, so a check of the form "if
    too small: refuse" lets it pass. It equals only itself; `differ` compares.

    >>> (UNKNOWN + 2 * 3 - 1) // 2, UNKNOWN < 1, UNKNOWN > 1, math.prod((2, UNKNOWN, 3))
    (?, False, False, ?)
    """

    def _absorb(self, *_: Any) -> UnknownDim:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _absorb
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __neg__ = __abs__ = _absorb

    def _neither(self, _: object) -> bool:
        return False

    __lt__ = __le__ = __gt__ = __ge__ = _neither

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return "?"

    __str__ = __repr__


UNKNOWN = UnknownDim(-1)


def is_known(shape: Shape | None) -> bool:
    """Return whether every axis is known.

    >>> is_known((2, 3)), is_known((2, UNKNOWN)), is_known(None)
    (True, False, False)
    """
    return shape is not None and all(dim is not UNKNOWN for dim in shape)


def differ(left: int | Shape, right: int | Shape) -> bool:
    """Return whether two lengths or two shapes surely differ: an unknown may be equal to anything.

    >>> differ((2, UNKNOWN), (2, 5)), differ((2, 3), (2, 3, 1)), differ(4, 5)
    (False, True, True)
    """
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) != len(right) or any(map(differ, left, right))
    return left is not UNKNOWN and right is not UNKNOWN and left != right


def merge(shapes: Sequence[Shape]) -> Shape:
    """Return what shapes that must be equal tell together: a known length fills in an unknown one.

    >>> merge([(2, UNKNOWN), (UNKNOWN, 3)])
    (2, 3)
    """
    merged = shapes[0]
    for shape in shapes[1:]:
        if differ(merged, shape):
            raise NetError(f"shapes {format_shape(merged)} and {format_shape(shape)} must be equal")
        merged = tuple(right if left is UNKNOWN else left for left, right in zip(merged, shape, strict=True))
    return merged


def count(shape: Shape, start: int = 0, end: int | None = None) -> int:
    """Number of values in the axes from `start` up to `end`, as `Blob::count`; 1 for no axes.

    >>> count((2, 3, 4)), count((2, 3, 4), 1), count(())
    (24, 12, 1)
    """
    return math.prod(shape[start:end])


def canonical_axis(axis: int, num_axes: int) -> int:
    """`Blob::CanonicalAxisIndex`: an axis counted from the end becomes one from the front.

    >>> canonical_axis(-1, 4)
    3
    """
    if not -num_axes <= axis < num_axes:
        raise NetError(f"axis {axis} is out of range for a blob of {num_axes} axes")
    return axis % num_axes


def legacy_dim(shape: Shape, index: int) -> int:
    """`Blob::LegacyShape`: num, channels, height or width of a blob of up to four axes.

    >>> legacy_dim((5, 6), 1), legacy_dim((5, 6), 3)
    (6, 1)
    """
    if len(shape) > 4:
        raise NetError(f"a blob of {len(shape)} axes has no num, channels, height and width")
    return shape[index] if index < len(shape) else 1


def check_blob_shape(shape: Shape) -> None:
    """The limits of `Blob::Reshape`: up to 32 axes, each an int, none negative, fewer than 2**31 values."""
    if len(shape) > MAX_AXES:
        raise NetError(f"a blob has {len(shape)} axes; Caffe allows {MAX_AXES}")
    if any(dim < 0 for dim in shape):
        raise NetError(f"shape {format_shape(shape)} has a negative axis")
    if any(dim > INT_MAX for dim in shape) or count(shape) > INT_MAX:
        raise NetError(
            f"shape {format_shape(shape)} holds {count(shape):,} values; Caffe's blobs end at {INT_MAX:,}"
        )


def format_shape(shape: Shape | None) -> str:
    """A shape as people write it.

    >>> format_shape((2, 3, UNKNOWN)), format_shape(()), format_shape(None)
    ('2x3x?', 'scalar', 'unknown')
    """
    if shape is None:
        return "unknown"
    return "x".join(map(str, shape)) or "scalar"


def parse_shape(text: str) -> Shape:
    """The value of `--shape BLOB=...`: lengths and `?`, with commas between.

    >>> parse_shape("2,3,?,224")
    (2, 3, ?, 224)
    """
    try:
        return tuple(UNKNOWN if dim.strip() == "?" else int(dim) for dim in text.split(",") if text.strip())
    except ValueError:
        raise UsageError(f"shape {text!r} is not a list of lengths such as 2,3,224,224 or 1,3,?,?") from None


def given_shape(dims: object) -> Shape:
    """A shape that a caller gave: a sequence of whole numbers, which may be `UNKNOWN`.

    >>> given_shape([2, 3])
    (2, 3)
    """
    try:
        return tuple(dim if dim is UNKNOWN else index(dim) for dim in dims)  # type: ignore[attr-defined]
    except TypeError:
        raise UsageError(
            f"shape {dims!r} is no sequence of whole numbers, such as (2, 3, 224, 224)"
        ) from None


def as_shape(dims: Sequence[int]) -> Shape:
    """A shape from any sequence of lengths, a protobuf one included."""
    return tuple(int(dim) for dim in dims)
