"""`caffe_rng_uniform`: Boost's uniform_real over an interval whose upper bound Caffe raised by one step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.rng.stream import Stream


def uniform(
    stream: Stream, size: int, low: np.floating, high: np.floating, dtype: type[np.floating]
) -> NDArray[np.floating]:
    """`size` values of `dtype` from low to high, both included (`src/caffe/util/math_functions.cpp`).

    A word w becomes w / 2**32 * (upper - low) + low in the arithmetic of
    `dtype`, upper being the number after high; a result that rounding brings
    up to upper is drawn again (`detail::generate_uniform_real`,
    boost/random/uniform_real_distribution.hpp, all releases).

    >>> uniform(Stream(0), 3, np.float32(0), np.float32(1), np.float32).tolist()
    [0.5488135814666748, 0.5928446650505066, 0.7151893973350525]
    """
    low, high = dtype(low), dtype(high)
    upper = np.nextafter(high, dtype(np.inf)) if high < np.finfo(dtype).max else high
    with np.errstate(over="ignore"):
        width = upper - low
    if not np.isfinite(width):  # since Boost 1.58: the halved interval, doubled afterwards
        halves = _between(stream, size, low / dtype(2), upper / dtype(2), dtype)
        halves *= dtype(2)
        return halves
    return _between(stream, size, low, upper, dtype)


def _between(
    stream: Stream, size: int, low: np.floating, upper: np.floating, dtype: type[np.floating]
) -> NDArray[np.floating]:
    values = _scaled(stream.words(size), low, upper, dtype)
    while values.size and values.max() >= upper:
        kept = values[values < upper]
        values = np.concatenate((kept, _scaled(stream.words(size - kept.size), low, upper, dtype)))
    return values


def _scaled(
    words: NDArray[np.uint32], low: np.floating, upper: np.floating, dtype: type[np.floating]
) -> NDArray[np.floating]:
    """Three roundings for float32, as in Boost: of the word, of the product and of the sum.

    The quotient by 2**32 is exact, so it may join the width, which only
    underflow could tell apart.
    """
    values = words.astype(dtype)
    values *= dtype(2.0**-32)
    values *= upper - low
    values += low
    return values
