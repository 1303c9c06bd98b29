"""The pieces that Boost's distributions are made of, for many places of a block of words at once.

Every function here says how far into the block it read. Where a place lies at the block's end that is beyond
the block, and the values are worth nothing: the caller asks again with more words.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.rng.reals import Dtype, Reals
from caffe_fillers.rng.twister import Words

Places: TypeAlias = NDArray[np.intp]


def unit_uniforms(words: Words, place: Places, dtype: Dtype) -> tuple[Reals, Places]:
    """`boost::uniform_01`: a word over 2**w, drawn again where rounding makes it 1."""
    values, behind = words.take(place, mode="clip").astype(dtype), place + 1
    limit = dtype(math.ldexp(1.0, bits(words)))
    pending = np.flatnonzero(values >= limit)
    while pending.size:
        pending = pending[behind[pending] <= words.size]
        values[pending] = words.take(behind[pending], mode="clip")
        behind[pending] += 1
        pending = pending[values[pending] >= limit]
    values *= dtype(math.ldexp(1.0, -bits(words)))
    return values, behind


def int_float_pairs(words: Words, place: Places, dtype: Dtype) -> tuple[Reals, Words, Places]:
    """`generate_int_float_pair<RealType, 8>`: a fraction of 1 in units of 2**-24, and eight bits."""
    first = words.take(place, mode="clip")
    second = words.take(place + 1, mode="clip")
    fraction = np.empty(place.size, dtype)
    mantissas(first, second, fraction)
    return fraction, first & first.dtype.type(0xFF), place + pair_words(words, dtype)


def pair_words(words: Words, dtype: Dtype) -> int:
    """How many words an int-float pair takes: two where one of 32 bits must fill a double."""
    return 2 if dtype is np.float64 and bits(words) == 32 else 1


def mantissas(first: Words, second: Words, out: Reals) -> None:
    """Into `out` the fractions of int-float pairs, times 2**24 (boost/random/detail/int_float_pair.hpp).

    The eight low bits of the first word are for the int. Of 32 bits the other
    24 fill a float, and a double takes 29 from the second word. Of 64 bits one
    word is enough for either; Boost means to clear the bits that do not fit,
    but clears one of them, so the rest is rounded and may come to 2**24.
    """
    word, real = first.dtype.type, out.dtype.type
    if bits(first) == 64:
        first = first & ~word(1 << (40 if real is np.float32 else 11))
    np.copyto(out, first >> word(8), casting="unsafe")
    if bits(first) == 64:
        out *= real(2.0**-32)
    elif real is np.float64:
        out *= real(2.0**-24)
        out += second & word((1 << 29) - 1)
        out *= real(2.0**-5)


def bits(words: Words) -> int:
    """The width of a word."""
    return words.itemsize * 8
