"""The normal distribution of Boost up to 1.55: pairs by Box and Muller's transformation."""

from __future__ import annotations

import math

import numpy as np

from caffe_fillers import libm
from caffe_fillers.rng.reals import BLOCK, Reals
from caffe_fillers.rng.stream import Stream
from caffe_fillers.rng.uniform import below


def box_muller(stream: Stream, out: Reals) -> None:
    """Fill `out` with standard normals: rho * cos and rho * sin of one angle in turn.

    Two uniforms make two values; where the size is odd the last sine is lost
    with the distribution object (boost/random/normal_distribution.hpp,
    boost-1.54.0).
    """
    real = out.dtype.type
    one, two, pi = real(1), real(2), real(math.pi)
    for begin in range(0, out.size, BLOCK):
        values = out[begin : begin + BLOCK]
        uniforms = np.empty(values.size + values.size % 2, out.dtype)
        below(stream, uniforms, low=real(0), upper=one)
        angle = two * pi * uniforms[0::2]
        rho = np.sqrt(-two * libm.log(one - uniforms[1::2]))
        sine, cosine = libm.sincos(angle)
        values[0::2] = rho * cosine
        values[1::2] = (rho * sine)[: values.size // 2]
