"""`caffe_rng_gaussian`: `boost::normal_distribution`, whose algorithm depends on the release of Boost."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.rng.box_muller import box_muller
from caffe_fillers.rng.families import Family
from caffe_fillers.rng.stream import Stream
from caffe_fillers.rng.tails import exponential_ziggurat_tail, logarithm_tail
from caffe_fillers.rng.ziggurat import below_curve, between_bounds, ziggurat

_Standard = Callable[[Stream, int, "type[np.floating]"], NDArray[np.floating]]

_FAMILIES: dict[Family, _Standard] = {
    Family.BOX_MULLER: box_muller,
    Family.ZIGGURAT_1_56: lambda stream, size, dtype: ziggurat(
        stream, size, dtype, below_curve, logarithm_tail
    ),
    Family.ZIGGURAT_1_64: lambda stream, size, dtype: ziggurat(
        stream, size, dtype, between_bounds, exponential_ziggurat_tail
    ),
}


def normal(
    stream: Stream, size: int, mean: np.floating, std: np.floating, dtype: type[np.floating]
) -> NDArray[np.floating]:
    """`size` values of N(mean, std) in `dtype`, by the algorithm of the stream's release of Boost.

    Each call is a fresh distribution object, as in Caffe: the second value of
    a Box-Muller pair does not outlive it. The stream then stands behind the
    last word that a value needed.

    >>> normal(Stream(0), 2, np.float32(0), np.float32(1), np.float32).dtype
    dtype('float32')
    """
    values = _FAMILIES[stream.family](stream, size, dtype)
    values *= dtype(std)
    values += dtype(mean)
    return values
