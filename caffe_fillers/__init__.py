"""Initial weights of Caffe nets, without Caffe: the very bytes that Caffe would have saved."""

from caffe_fillers._version import __version__
from caffe_fillers.api import Net, Weights, fill, load_net, load_weights
from caffe_fillers.errors import CaffeFillersError
from caffe_fillers.fans import VarianceNorm
from caffe_fillers.fillers import (
    MSRA,
    Bilinear,
    Constant,
    Filler,
    Gaussian,
    PositiveUnitball,
    Uniform,
    Xavier,
    filler,
)
from caffe_fillers.rng import Stream

__all__ = [
    "MSRA",
    "Bilinear",
    "CaffeFillersError",
    "Constant",
    "Filler",
    "Gaussian",
    "Net",
    "PositiveUnitball",
    "Stream",
    "Uniform",
    "VarianceNorm",
    "Weights",
    "Xavier",
    "__version__",
    "fill",
    "filler",
    "load_net",
    "load_weights",
]
