"""`caffe_rng_bernoulli`: Boost's bernoulli_distribution."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.errors import UsageError
from caffe_fillers.rng import kernel
from caffe_fillers.rng.reals import BLOCK, Dtype, new_or_given
from caffe_fillers.rng.stream import Stream


def bernoulli(stream: Stream, size: int, probability: np.floating, dtype: Dtype) -> NDArray[np.bool_]:
    """`size` times true with `probability`, one word each; none is taken where it is 0.

    The word is rounded to `dtype` and compared with probability times the
    greatest word, rounded as well (boost/random/bernoulli_distribution.hpp).

    >>> bernoulli(Stream(3), 4, np.float32(0.5), np.float32).tolist()
    [False, True, False, False]
    """
    probability = dtype(probability)
    if not 0 <= probability <= 1:
        raise UsageError(f"a probability lies between 0 and 1, {probability} does not")
    drawn = np.zeros(size, np.bool_)
    if probability == 0:
        return drawn
    limit = probability * dtype((1 << stream.twister.w) - 1)
    if stream.key is not None:
        _, words = kernel.loops.bernoulli(stream.key, drawn, dtype is np.float64, float(limit))
        stream.position += words
        return drawn
    rounded = new_or_given(min(size, BLOCK), dtype, None)
    for begin in range(0, size, BLOCK):
        block = drawn[begin : begin + BLOCK]
        values = rounded[: block.size]
        np.copyto(values, stream.words(block.size), casting="unsafe")
        np.less_equal(values, limit, out=block)
    return drawn
