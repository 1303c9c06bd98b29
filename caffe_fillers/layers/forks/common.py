"""What the rules of forks share."""

from __future__ import annotations

from typing import Any

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import Constant, Filler, from_parameter
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, format_shape


def fork_param(parameter: LayerParameter, name: str) -> Any:
    """A fork's own parameter message, which the types of BVLC's schema do not know.

    >>> fork_param(LayerParameter(), "upsample_param").scale
    2
    """
    return getattr(parameter, name)


def filler_or(parameter: Any, name: str, default: float) -> Filler:
    """The filler of a field, or a constant where the field is not set."""
    return from_parameter(getattr(parameter, name)) if parameter.HasField(name) else Constant(default)


def four_axes(shape: Shape) -> tuple[int, int, int, int]:
    """Num, channels, height and width, or the refusal of any other number of axes."""
    if len(shape) != 4:
        raise NetError(
            f"a bottom has shape {format_shape(shape)}; four axes are needed: num, channels, height, width"
        )
    num, channels, height, width = shape
    return num, channels, height, width
