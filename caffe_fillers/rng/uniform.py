"""`caffe_rng_uniform`: Boost's uniform_real over an interval whose upper bound Caffe raised by one step."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from caffe_fillers.errors import UsageError
from caffe_fillers.rng import kernel
from caffe_fillers.rng.chunks import chunks
from caffe_fillers.rng.families import Family
from caffe_fillers.rng.reals import BLOCK, Dtype, Reals, new_or_given
from caffe_fillers.rng.stream import Stream


def uniform(
    stream: Stream, size: int, low: np.floating, high: np.floating, dtype: Dtype, out: Reals | None = None
) -> Reals:
    """`size` values of `dtype` from low to high, both included (`src/caffe/util/math_functions.cpp`).

    A word w of 32 bits becomes w / 2**32 * (upper - low) + low in the
    arithmetic of `dtype`, upper being the number after high; a result that
    rounding brings up to upper is drawn again (`detail::generate_uniform_real`,
    boost/random/uniform_real_distribution.hpp, all releases). They are
    written to `out` where it is given.

    >>> uniform(Stream(0), 2, np.float32(0), np.float32(1), np.float32).tolist()
    [0.5488135814666748, 0.5928446650505066]
    """
    out = new_or_given(size, dtype, out)
    low, upper, halved = _bounds(stream, dtype(low), dtype(high))
    below(stream, out, low=low, upper=upper)
    if halved:
        out *= dtype(2)
    return out


def uniform_chunks(
    stream: Stream, size: int, low: np.floating, high: np.floating, dtype: Dtype
) -> Iterator[Reals]:
    """Draw as `uniform` does, in chunks; one thread makes them as fast as memory takes them.

    >>> [chunk.size for chunk in uniform_chunks(Stream(0), 300_000, 0, 1, np.float32)]
    [262144, 37856]
    """
    low, upper, halved = _bounds(stream, dtype(low), dtype(high))
    for values in chunks(stream, size, dtype, partial(below, low=low, upper=upper)):
        yield values * dtype(2) if halved else values


def may_redraw(stream: Stream, low: np.floating, high: np.floating, dtype: Dtype) -> bool:
    """Whether any word is drawn again: a value takes one word where none is.

    The greatest word decides, for nothing here makes a greater word a smaller
    value. For bounds -b and b it depends on b's last bit, which says how the
    width is rounded.

    >>> [may_redraw(Stream(0), -b, b, np.float32) for b in np.float32([0.25, 0.1])]
    [False, True]
    """
    low, upper, _ = _bounds(stream, dtype(low), dtype(high))
    greatest = np.array([math.ldexp(1.0, stream.twister.w) - 1], dtype)
    _scale(greatest, upper - low, stream.twister.w)
    return bool(greatest[0] + low >= upper)


def _bounds(stream: Stream, low: np.floating, high: np.floating) -> tuple[np.floating, np.floating, bool]:
    """From where and below what Boost draws, and whether that is half of what it was asked for."""
    greatest, two = np.finfo(low.dtype).max, low.dtype.type(2)
    if not -greatest <= low <= high <= greatest or low == greatest:
        raise UsageError(f"Caffe cannot draw uniformly from {low} to {high}")
    upper = np.nextafter(high, greatest)
    if upper / two - low / two <= greatest / two:
        return low, upper, False
    if stream.family is Family.BOX_MULLER:
        raise UsageError(f"Boost up to 1.55 never ends drawing from {low} to {high}: the width overflows")
    return low / two, upper / two, True


def below(stream: Stream, out: Reals, *, low: np.floating, upper: np.floating) -> None:
    """Fill `out` with `generate_uniform_real`: from low up to but without upper."""
    if stream.key is not None:
        _, words = kernel.loops.uniform(stream.key, out, out.dtype == np.float64, float(low), float(upper))
        stream.position += words
        return
    filled = 0
    while filled < out.size:
        taken = stream.some_words(min(out.size - filled, BLOCK))
        values = out[filled : filled + taken.size]
        np.copyto(values, taken, casting="unsafe")
        _scale(values, upper - low, stream.twister.w)
        values += low
        if values.max() >= upper:
            kept = values[values < upper]
            values[: kept.size] = kept
            values = kept
        filled += values.size


def _scale(values: Reals, width: np.floating, bits: int) -> None:
    """Boost divides by 2**bits, then multiplies by the width: exact, then rounded.

    The two join to one factor as long as that is no subnormal number.
    """
    divisor = values.dtype.type(math.ldexp(1.0, -bits))
    if width * divisor < np.finfo(values.dtype).tiny:
        values *= divisor
        values *= width
    else:
        values *= width * divisor
