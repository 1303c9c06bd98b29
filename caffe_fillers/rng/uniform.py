"""`caffe_rng_uniform`: Boost's uniform_real over an interval whose upper bound Caffe raised by one step."""

from __future__ import annotations

import math

import numpy as np

from caffe_fillers.errors import UsageError
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
    low, high = dtype(low), dtype(high)
    greatest = np.finfo(dtype).max
    if not -greatest <= low <= high <= greatest or low == greatest:
        raise UsageError(f"Caffe cannot draw uniformly from {low} to {high}")
    upper = np.nextafter(high, greatest)
    two = dtype(2)
    if upper / two - low / two <= greatest / two:
        below(stream, low, upper, out)
    elif stream.family is Family.BOX_MULLER:
        raise UsageError(f"Boost up to 1.55 never ends drawing from {low} to {high}: the width overflows")
    else:
        below(stream, low / two, upper / two, out)
        out *= two
    return out


def below(stream: Stream, low: np.floating, upper: np.floating, out: Reals) -> None:
    """Fill `out` with `generate_uniform_real`: from low up to but without upper."""
    filled = 0
    while filled < out.size:
        values = out[filled : filled + BLOCK]
        np.copyto(values, stream.words(values.size), casting="unsafe")
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
