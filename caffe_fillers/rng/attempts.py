"""The first step of the normal ziggurat, at every word of a block; the rest is for one value in eighty."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.rng.pieces import Places, mantissas, pair_words
from caffe_fillers.rng.reals import Dtype, Reals
from caffe_fillers.rng.tables import NORMAL
from caffe_fillers.rng.twister import Words

_PIECE = 1 << 15
"""Attempts that are worked out at a time, few enough for a processor's second-level cache."""


@dataclass(frozen=True)
class Attempts:
    """Results of an attempt at each word of a block, wherever attempts really begin.

    `values` has one for each. Those at the places `slow` end in a wedge or in
    the tail; `behind` is the place that follows each of these, `accepted`
    whether it gives its value. `size` words were there to read, perhaps more
    than attempts: a place beyond them is unknown.
    """

    values: Reals
    slow: Places
    behind: Places
    accepted: NDArray[np.bool_]
    size: int


def first_steps(words: Words, dtype: Dtype) -> tuple[Reals, Places]:
    """For an attempt at each word its signed value; and the places of those that are slow.

    Every array but the result is used again for each piece: new ones would
    cost as much as the work itself.
    """
    size = words.size - pair_words(words, dtype) + 1
    scale, limit = bucket_tables(np.dtype(dtype).char)
    values, slow = np.empty(size, dtype), np.empty(size, np.bool_)
    length = min(size, _PIECE)
    low_bytes, buckets, looked_up = (np.empty(length, kind) for kind in (np.uint8, np.intp, dtype))
    for begin in range(0, size, _PIECE):
        piece = values[begin : begin + _PIECE]
        low_byte, bucket, found = (each[: piece.size] for each in (low_bytes, buckets, looked_up))
        first = words[begin : begin + piece.size]
        np.copyto(low_byte, first, casting="unsafe")
        np.copyto(bucket, low_byte)
        mantissas(first, words[begin + 1 : begin + 1 + piece.size], piece)
        piece *= scale.take(bucket, out=found, mode="clip")
        limit.take(bucket, out=found, mode="clip")
        np.greater_equal(np.abs(piece), found, out=slow[begin : begin + piece.size])
    return values, np.flatnonzero(slow)


@cache
def bucket_tables(code: str) -> tuple[Reals, Reals]:
    """By eight bits, of which the lowest is the sign: the layer's width over 2**24, and the next corner.

    Boost compares a float with the double corner, which is a comparison with
    the first float not below it.

    >>> scale, limit = bucket_tables("f")
    >>> float(scale[1] * 2**24), float(limit[1])
    (3.7130861282348633, 3.442620038986206)
    """
    bucket = np.arange(256)
    scale = NORMAL.x[bucket >> 1].astype(code) * ((bucket & 1) * 2 - 1) * 2.0**-24
    corner = NORMAL.x[(bucket >> 1) + 1]
    limit = corner.astype(code)
    below = limit < corner
    limit[below] = np.nextafter(limit[below], limit.dtype.type(np.inf))
    return scale.astype(code), limit
