"""Boost.Random's streams in vectorized numpy: mt19937 and three distributions. Knows nothing of nets."""

from caffe_fillers.rng.bernoulli import bernoulli
from caffe_fillers.rng.chunks import CHUNK
from caffe_fillers.rng.families import BOOST, Family, boost_family
from caffe_fillers.rng.normal import normal, normal_chunks
from caffe_fillers.rng.stream import Stream
from caffe_fillers.rng.uniform import may_redraw, uniform, uniform_chunks

__all__ = [
    "BOOST",
    "CHUNK",
    "Family",
    "Stream",
    "bernoulli",
    "boost_family",
    "may_redraw",
    "normal",
    "normal_chunks",
    "uniform",
    "uniform_chunks",
]
