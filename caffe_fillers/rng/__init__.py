"""Boost.Random's streams in vectorised numpy: mt19937 and three distributions. Knows nothing of nets."""

from caffe_fillers.rng.bernoulli import bernoulli
from caffe_fillers.rng.families import BOOST, Family, boost_family
from caffe_fillers.rng.normal import draw_normals_ahead, normal
from caffe_fillers.rng.stream import Stream
from caffe_fillers.rng.uniform import may_redraw, uniform

__all__ = [
    "BOOST",
    "Family",
    "Stream",
    "bernoulli",
    "boost_family",
    "draw_normals_ahead",
    "may_redraw",
    "normal",
    "uniform",
]
