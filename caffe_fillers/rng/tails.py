"""Beyond the lowest layer of the normal ziggurat: one value in some 3,700, so plain scalars serve."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np

from caffe_fillers.rng import glibc
from caffe_fillers.rng.tables import EXPONENTIAL, NORMAL

Words: TypeAlias = Iterator[int]
Real: TypeAlias = Any
"""A scalar of the `dtype` at hand; numpy's arithmetic on them has no static type that says so."""


def logarithm_tail(words: Words, dtype: type[np.floating]) -> Real:
    """Boost 1.56 to 1.63: exponentials are -log(1 - u) (Marsaglia's rejection from the tail)."""
    start = dtype(NORMAL.x[1])
    while True:
        x = _logarithm_exponential(words, dtype) / start
        y = _logarithm_exponential(words, dtype)
        if dtype(2) * y > x * x:
            return x + start


def exponential_ziggurat_tail(words: Words, dtype: type[np.floating]) -> Real:
    """Boost from 1.64: the same rejection, its exponentials from a ziggurat of their own."""
    start = dtype(NORMAL.x[1])
    while True:
        x = _ziggurat_exponential(words, dtype) / start
        y = _ziggurat_exponential(words, dtype)
        if dtype(2) * y > x * x:
            return x + start


def unit_uniform(words: Words, dtype: type[np.floating]) -> Real:
    """`boost::uniform_01`: a word over 2**32, drawn again where rounding makes it 1."""
    while True:
        value = dtype(next(words)) * dtype(2.0**-32)
        if value < 1:
            return value


def fraction_and_bucket(words: Words, dtype: type[np.floating]) -> tuple[Real, int]:
    """`generate_int_float_pair<RealType, 8>`: eight bits choose, all mantissa bits make the fraction."""
    word = next(words)
    fraction = dtype(word >> 8) * dtype(2.0**-24)
    if dtype is np.float64:
        fraction = (fraction + dtype(next(words) & (1 << 29) - 1)) * dtype(2.0**-29)
    return fraction, word & 0xFF


def _logarithm_exponential(words: Words, dtype: type[np.floating]) -> Real:
    complement = dtype(1) - unit_uniform(words, dtype)
    if dtype is np.float32:
        return -glibc.logf(np.array([complement]))[0]
    return dtype(-math.log(complement))


def _ziggurat_exponential(words: Words, dtype: type[np.floating]) -> Real:
    """`unit_exponential_distribution`, boost/random/exponential_distribution.hpp, boost-1.74.0."""
    table_x, table_y = EXPONENTIAL
    shift = dtype(0)
    while True:
        fraction, i = fraction_and_bucket(words, dtype)
        x = fraction * dtype(table_x[i])
        if x < dtype(table_x[i + 1]):
            return shift + x
        if i == 0:
            shift += dtype(table_x[1])
            continue
        y01 = unit_uniform(words, dtype)
        y = dtype(table_y[i]) + y01 * dtype(table_y[i + 1] - table_y[i])
        above_chord = dtype(table_x[i] - table_x[i + 1]) * y01 - (dtype(table_x[i]) - x)
        tangent = dtype(table_y[i + 1]) + (dtype(table_x[i + 1]) - x) * dtype(table_y[i + 1])
        if above_chord < 0 and (y - tangent < 0 or y < dtype(math.exp(-x))):
            return x + shift
