"""`caffe_rng_bernoulli`: Boost's bernoulli_distribution."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.rng.stream import Stream


def bernoulli(
    stream: Stream, size: int, probability: np.floating, dtype: type[np.floating]
) -> NDArray[np.bool_]:
    """`size` times true with `probability`, one word each; none is taken where it is 0.

    The word is rounded to `dtype` and compared with probability times the
    greatest word, rounded as well (boost/random/bernoulli_distribution.hpp).

    >>> bernoulli(Stream(3), 4, np.float32(0.5), np.float32).tolist()
    [False, True, False, False]
    """
    if probability == 0:
        return np.zeros(size, np.bool_)
    limit = dtype(probability) * dtype(2**32 - 1)
    kept: NDArray[np.bool_] = stream.words(size).astype(dtype) <= limit
    return kept
