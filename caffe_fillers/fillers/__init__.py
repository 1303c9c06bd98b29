"""Caffe's fillers: a frozen dataclass each, its fields named as in FillerParameter."""

from caffe_fillers.fillers.contract import Filler, filler, filler_types, from_parameter, ignored_fields
from caffe_fillers.fillers.standard import (
    MSRA,
    Bilinear,
    Constant,
    Gaussian,
    PositiveUnitball,
    Uniform,
    Xavier,
)

__all__ = [
    "MSRA",
    "Bilinear",
    "Constant",
    "Filler",
    "Gaussian",
    "PositiveUnitball",
    "Uniform",
    "Xavier",
    "filler",
    "filler_types",
    "from_parameter",
    "ignored_fields",
]
