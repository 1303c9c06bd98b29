"""The normal distribution of Boost up to 1.55: pairs by Box and Muller's transformation."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.rng import glibc
from caffe_fillers.rng.stream import Stream


def box_muller(stream: Stream, size: int, dtype: type[np.floating]) -> NDArray[np.floating]:
    """`size` standard normals: rho * cos and rho * sin of one angle in turn.

    Two uniforms make two values; where `size` is odd the last sine is lost
    with the distribution object (boost/random/normal_distribution.hpp,
    boost-1.54.0).
    """
    uniforms = unit_uniforms(stream, size + size % 2, dtype)
    one, two, pi = dtype(1), dtype(2), dtype(math.pi)
    angle = two * pi * uniforms[0::2]
    rho = np.sqrt(-two * _log(one - uniforms[1::2]))
    values = np.empty(uniforms.size, dtype)
    values[0::2] = rho * _cos(angle)
    values[1::2] = rho * _sin(angle)
    return values[:size]


def unit_uniforms(stream: Stream, size: int, dtype: type[np.floating]) -> NDArray[np.floating]:
    """`boost::uniform_01`: words over 2**32, those that round to 1 drawn again."""
    values: NDArray[np.floating] = stream.words(size).astype(dtype)
    values *= dtype(2.0**-32)
    while values.size and values.max() >= 1:
        kept = values[values < 1]
        values = np.concatenate((kept, unit_uniforms(stream, size - kept.size, dtype)))
    return values


def _log(values: NDArray[np.floating]) -> NDArray[np.floating]:
    return glibc.logf(values) if values.dtype == np.float32 else _by_value(math.log, values)


def _cos(values: NDArray[np.floating]) -> NDArray[np.floating]:
    return glibc.cosf(values) if values.dtype == np.float32 else _by_value(math.cos, values)


def _sin(values: NDArray[np.floating]) -> NDArray[np.floating]:
    return glibc.sinf(values) if values.dtype == np.float32 else _by_value(math.sin, values)


def _by_value(function: Callable[[float], float], values: NDArray[np.floating]) -> NDArray[np.floating]:
    """The C library's own double function, the one exception to "no loop per value".

    numpy's double functions differ from it, and between processors, by an ulp,
    which here would be the answer's own. Only `Dtype` double on a Boost before
    1.56 pays for it.
    """
    return np.array(list(map(function, values.tolist())), np.float64)
