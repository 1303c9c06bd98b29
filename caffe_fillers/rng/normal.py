"""`caffe_rng_gaussian`: `boost::normal_distribution`, whose algorithm depends on the release of Boost."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from caffe_fillers.errors import UsageError
from caffe_fillers.rng.box_muller import box_muller
from caffe_fillers.rng.families import Family
from caffe_fillers.rng.reals import Dtype, Reals, new_or_given
from caffe_fillers.rng.stream import Stream
from caffe_fillers.rng.tails import logarithm_exponentials, ziggurat_exponentials
from caffe_fillers.rng.wedges import below_curve, between_bounds
from caffe_fillers.rng.ziggurat import Ziggurat

_ZIGGURATS = {
    Family.ZIGGURAT_1_56: Ziggurat(below_curve, logarithm_exponentials),
    Family.ZIGGURAT_1_64: Ziggurat(between_bounds, ziggurat_exponentials),
}
_FAMILIES: dict[Family, Callable[[Stream, Reals], None]] = {
    Family.BOX_MULLER: box_muller,
    **{family: ziggurat.fill for family, ziggurat in _ZIGGURATS.items()},
}

_BLOCK = 1 << 18
"""Values at a time; even, so that no pair of the oldest family is torn."""


def normal(
    stream: Stream, size: int, mean: np.floating, std: np.floating, dtype: Dtype, out: Reals | None = None
) -> Reals:
    """`size` values of N(mean, std) in `dtype`, by the algorithm of the stream's release of Boost.

    Each call is a fresh distribution object, as in Caffe: the second value of
    a Box-Muller pair does not outlive it. The stream then stands behind the
    last word that a value needed. The values are written to `out` where it is
    given.

    >>> normal(Stream(0), 2, np.float32(0), np.float32(1), np.float32).tolist()
    [-0.6781410574913025, 1.3108277320861816]
    """
    out = new_or_given(size, dtype, out)
    mean, std = dtype(mean), dtype(std)
    if not (np.isfinite(mean) and 0 < std < np.inf):
        raise UsageError(f"Caffe cannot draw normally with mean {mean} and standard deviation {std}")
    for begin in range(0, size, _BLOCK):
        values = out[begin : begin + _BLOCK]
        _FAMILIES[stream.family](stream, values)
        values *= std
        values += mean
    return out


def draw_normals_ahead(stream: Stream, size: int, threads: int) -> None:
    """`Stream.draw_ahead` for words most of which become float32 normals: a thread prepares these as well."""
    ziggurat = _ZIGGURATS.get(stream.family)
    if ziggurat is None:
        stream.draw_ahead(size, threads)
        return
    stream.draw_ahead(size, threads, lambda words, spare: ziggurat.attempts(words, np.float32, spare))
