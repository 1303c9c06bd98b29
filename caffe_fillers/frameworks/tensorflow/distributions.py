"""TensorFlow's unit distributions on the CPU, as functions of a place in the Philox sequence.

What TensorFlow shares out among threads it cuts into groups of four values
(two in float64), and each group starts at a counter of its own: the values
do not depend on the number of threads. Sources: tsl/lib/random/
random_distributions.h and random_distributions_utils.h, and
tensorflow/core/kernels/random_op_cpu.h (TensorFlow 2.21).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import libm
from caffe_fillers.frameworks.tensorflow.dtypes import Dtype
from caffe_fillers.frameworks.tensorflow.philox import BLOCKS_PER_CHUNK, WORDS_PER_BLOCK, Philox

TRUNCATION = 2.0
"""Normal values this far from zero, or farther, are drawn again."""

_RESERVED_WORDS = 256
"""A group of values that may be drawn again has this many words for each of its values to itself."""

_SMALLEST = 1e-7
"""Smaller uniform values are raised to this one before their logarithm is taken."""

Words = NDArray[np.uint32]
Values = NDArray[np.generic]
Distribution = Callable[[Philox, int, Dtype], Values]


def uniform(philox: Philox, size: int, dtype: Dtype) -> Values:
    """`size` values in [0, 1): the low bits of each word as the fraction of a float.

    >>> from caffe_fillers.frameworks.tensorflow.dtypes import dtype_of
    >>> uniform(Philox(key=0), 2, dtype_of("float32")).tolist()
    [0.3117929697036743, 0.8263412714004517]
    """
    return _in_chunks(philox, size, dtype, _uniform_chunk)


def normal(philox: Philox, size: int, dtype: Dtype) -> Values:
    """`size` values of N(0, 1) by Box and Muller's transform, computed in float32 at least."""
    return _in_chunks(philox, size, dtype, lambda words, dtype: box_muller(words, dtype).ravel())


def truncated_normal(philox: Philox, size: int, dtype: Dtype) -> Values:
    """`size` values of N(0, 1) inside (-2, 2): a group goes on in its own words until it is full."""
    blocks_per_group = dtype.values_per_block * _RESERVED_WORDS // WORDS_PER_BLOCK
    result = np.empty((-(-size // dtype.values_per_block), dtype.values_per_block), dtype.compute)
    for start, stop in _chunks(len(result)):
        places = np.arange(start, stop, dtype=np.uint64) * np.uint64(blocks_per_group)
        result[start:stop] = _truncated_groups(philox, places, dtype)
    return result.ravel()[:size].astype(dtype.numpy)


def box_muller(words: Words, dtype: Dtype) -> NDArray[np.floating]:
    """Each block's pairs of uniform values as pairs of normal ones, in the type computed in."""
    units = _uniform_chunk(words, dtype.computed).reshape(len(words), -1, 2)
    kind = dtype.compute
    first, second = np.maximum(units[..., 0], kind(_SMALLEST)), units[..., 1]
    angle = (2 * math.pi * second.astype(np.float64)).astype(kind)
    sin, cos = libm.sincos(angle)
    radius = np.sqrt(kind(-2) * libm.log(first))
    pairs: NDArray[np.floating] = np.stack((sin * radius, cos * radius), axis=-1)
    return pairs.reshape(len(words), -1)


def _truncated_groups(philox: Philox, places: NDArray[np.uint64], dtype: Dtype) -> NDArray[np.floating]:
    group_size = dtype.values_per_block
    groups = np.empty((len(places), group_size), dtype.compute)
    filled = np.zeros(len(places), np.int64)
    unfinished = np.arange(len(places))
    while unfinished.size:
        values = box_muller(philox.blocks(places[unfinished]), dtype)
        kept = np.abs(values) < TRUNCATION
        column = filled[unfinished, None] + np.cumsum(kept, axis=1) - 1
        kept &= column < group_size
        row = np.broadcast_to(unfinished[:, None], kept.shape)
        groups[row[kept], column[kept]] = values[kept]
        filled[unfinished] += kept.sum(axis=1)
        places[unfinished] += np.uint64(1)
        unfinished = unfinished[filled[unfinished] < group_size]
    return groups


def _uniform_chunk(words: Words, dtype: Dtype) -> Values:
    if dtype.values_per_block < WORDS_PER_BLOCK:
        high, low = words[:, ::2].astype(np.uint64), words[:, 1::2]
        bits = (high << np.uint64(32) | low) & np.uint64((1 << dtype.fraction_bits) - 1)
    else:
        bits = words & np.uint32((1 << dtype.fraction_bits) - 1)
    # Exact in every type: the fraction has no more bits than the type holds.
    units: Values = (bits.ravel() * 2.0**-dtype.fraction_bits).astype(dtype.numpy)
    return units


def _in_chunks(philox: Philox, size: int, dtype: Dtype, values: Callable[[Words, Dtype], Values]) -> Values:
    result = np.empty(size, dtype.numpy)
    for start, stop in _chunks(-(-size // dtype.values_per_block)):
        chunk = values(philox.blocks(np.arange(start, stop, dtype=np.uint64)), dtype)
        place = result[start * dtype.values_per_block : stop * dtype.values_per_block]
        place[:] = chunk[: place.size]
    return result


def _chunks(blocks: int) -> Iterator[tuple[int, int]]:
    for start in range(0, blocks, BLOCKS_PER_CHUNK):
        yield start, min(start + BLOCKS_PER_CHUNK, blocks)
