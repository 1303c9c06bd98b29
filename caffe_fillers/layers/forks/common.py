"""Functions that the rules of forks share."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import Constant, Filler, from_parameter
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import UNKNOWN, Shape, format_shape


def fork_param(parameter: LayerParameter, name: str) -> Any:
    """A fork's own parameter message, which the types of BVLC's schema do not know.

    >>> fork_param(LayerParameter(), "upsample_param").scale
    2
    """
    return getattr(parameter, name)


def chosen(message: Any, name: str) -> str:
    """The name of a field's enum value; the number of one that a fork adds is private.

    >>> chosen(fork_param(LayerParameter(), "pooling3d_param"), "pool")
    'MAX'
    """
    value: str = (
        message.DESCRIPTOR.fields_by_name[name].enum_type.values_by_number[getattr(message, name)].name
    )
    return value


def filler_or(parameter: Any, name: str, default: float) -> Filler:
    """The filler of a field, or a constant where the field is not set."""
    return from_parameter(getattr(parameter, name)) if parameter.HasField(name) else Constant(default)


def require_axes(shape: Shape, at_least: int) -> Shape:
    """The shape itself, or the refusal of fewer axes than a rule reads."""
    if len(shape) < at_least:
        raise NetError(f"a bottom has shape {format_shape(shape)}; {at_least} axes or more are needed")
    return shape


def five_axes(shape: Shape) -> tuple[int, int, int, int, int]:
    """Num, channels, length, height and width, or the refusal of any other number of axes."""
    if len(shape) != 5:
        raise NetError(
            f"a bottom has shape {format_shape(shape)}; five axes are needed: "
            "num, channels, length, height, width"
        )
    num, channels, length, height, width = shape
    return num, channels, length, height, width


def ceil_divide(length: int, divisor: float) -> int:
    """A length divided in float as C++ does, then rounded up; an unknown one stays unknown.

    >>> ceil_divide(7, 2), ceil_divide(6, 2)
    (4, 3)
    """
    return UNKNOWN if length is UNKNOWN else math.ceil(np.float32(length) / np.float32(divisor))


def saved_with(parameter: LayerParameter, **fields: object) -> LayerParameter:
    """A copy of a layer's parameters in which some fields are set, as layers do that change their own."""
    saved = LayerParameter()
    saved.CopyFrom(parameter)
    for name, value in fields.items():
        setattr(saved, name, value)
    return saved


def four_axes(shape: Shape) -> tuple[int, int, int, int]:
    """Num, channels, height and width, or the refusal of any other number of axes."""
    if len(shape) != 4:
        raise NetError(
            f"a bottom has shape {format_shape(shape)}; four axes are needed: num, channels, height, width"
        )
    num, channels, height, width = shape
    return num, channels, height, width
