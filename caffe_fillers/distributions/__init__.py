"""The distributions that blobs are drawn from: how Caffe draws them, moments, cdf and density."""

from caffe_fillers.distributions.constant import Constant
from caffe_fillers.distributions.contract import Distribution, Reals, Values
from caffe_fillers.distributions.exact import Exact
from caffe_fillers.distributions.goodness import Test
from caffe_fillers.distributions.normal import Normal
from caffe_fillers.distributions.sparse_normal import SparseNormal
from caffe_fillers.distributions.truncated_normal import TruncatedNormal
from caffe_fillers.distributions.uniform import Uniform
from caffe_fillers.distributions.unit_norm import UnitNorm
from caffe_fillers.distributions.unit_sum import UnitSum
from caffe_fillers.rng import CHUNK

__all__ = [
    "CHUNK",
    "Constant",
    "Distribution",
    "Exact",
    "Normal",
    "Reals",
    "SparseNormal",
    "Test",
    "TruncatedNormal",
    "Uniform",
    "UnitNorm",
    "UnitSum",
    "Values",
]
