"""`caffe_rng_gaussian`: `boost::normal_distribution`, whose algorithm depends on the release of Boost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial

import numpy as np

from caffe_fillers.errors import UsageError
from caffe_fillers.rng import kernel
from caffe_fillers.rng.chunks import chunks, chunks_in_parts
from caffe_fillers.rng.families import Family
from caffe_fillers.rng.reals import Dtype, Reals, new_or_given
from caffe_fillers.rng.stream import Stream

_NUMBERS = {family: number for number, family in enumerate(Family)}
"""The families as `_kernel.c` names them; of double only the last, whose one function of libm is exp."""

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
    mean, std = _parameters(mean, std, dtype)
    _fill(stream, out, mean=mean, std=std)
    return out


def normal_chunks(
    stream: Stream, size: int, mean: np.floating, std: np.floating, dtype: Dtype
) -> Iterator[Reals]:
    """Draw as `normal` does, in chunks, by as many threads as the stream has.

    >>> [chunk.size for chunk in normal_chunks(Stream(0), 300_000, 0, 1, np.float32)]
    [262144, 37856]
    """
    mean, std = _parameters(mean, std, dtype)
    draw = partial(_fill, mean=mean, std=std)
    size -= yield from chunks_in_parts(stream, size, dtype, draw)
    yield from chunks(stream, size, dtype, draw)


def _parameters(mean: np.floating, std: np.floating, dtype: Dtype) -> tuple[np.floating, np.floating]:
    mean, std = dtype(mean), dtype(std)
    if not (np.isfinite(mean) and 0 < std < np.inf):
        raise UsageError(f"Caffe cannot draw normally with mean {mean} and standard deviation {std}")
    return mean, std


def _fill(stream: Stream, out: Reals, most: int = kernel.ALL, *, mean: np.floating, std: np.floating) -> int:
    """Fill `out`; the compiled loop stops when `most` words are taken. Return how many values were drawn."""
    if stream.key is not None and (out.dtype == np.float32 or stream.family is Family.ZIGGURAT_1_64):
        from caffe_fillers.libm import single

        drawn, words = kernel.loops.normal(
            *(stream.key, out, out.dtype == np.float64, float(mean), float(std), most),
            *(_NUMBERS[stream.family], kernel.ziggurat_tables(out.dtype.char), single.CONSTANTS),
        )
        stream.position += words
        return drawn
    draw = _families()[stream.family]
    for begin in range(0, out.size, _BLOCK):
        values = out[begin : begin + _BLOCK]
        draw(stream, values)
        with np.errstate(over="ignore"):  # infinite, as in C
            values *= std
            values += mean
    return out.size


@cache
def _families() -> dict[Family, Callable[[Stream, Reals], None]]:
    """Return what fills an array with standard normals in numpy, whose modules only this needs."""
    from caffe_fillers.rng.box_muller import box_muller
    from caffe_fillers.rng.tails import logarithm_exponentials, ziggurat_exponentials
    from caffe_fillers.rng.wedges import below_curve, between_bounds
    from caffe_fillers.rng.ziggurat import Ziggurat

    return {
        Family.BOX_MULLER: box_muller,
        Family.ZIGGURAT_1_56: Ziggurat(below_curve, logarithm_exponentials).fill,
        Family.ZIGGURAT_1_64: Ziggurat(between_bounds, ziggurat_exponentials).fill,
    }
