"""The normal ziggurat of Boost from 1.56, a block of words at a time.

An attempt takes one int-float pair and nearly always gives a value. One in eighty is slow: it ends in a
wedge or in the tail and takes more words, so that where later attempts begin depends on it. Here every word
is first taken for the beginning of an attempt. How far the slow ones among them reach is worked out for all;
those that really begin are then found by following the chain from the block's first word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.rng.pieces import Places, mantissas, pair_words, unit_uniforms
from caffe_fillers.rng.reals import BLOCK, Dtype, Reals
from caffe_fillers.rng.stream import Stream
from caffe_fillers.rng.tables import NORMAL
from caffe_fillers.rng.tails import Exponentials, tails
from caffe_fillers.rng.twister import Words

Wedge: TypeAlias = Callable[[Reals, Reals, Places, Dtype], NDArray[np.bool_]]

_SPARE = 64


@dataclass(frozen=True)
class Ziggurat:
    """What tells the releases of Boost apart: how a wedge's point is judged, what the tail is made of."""

    wedge: Wedge
    exponentials: Exponentials

    def fill(self, stream: Stream, out: Reals) -> None:
        """Fill `out` with standard normals; the stream then stands behind the last word that one needed."""
        stride = pair_words(stream.peek(0), out.dtype.type)
        filled, spare = 0, _SPARE
        while filled < out.size:
            missing = out.size - filled
            words = stream.words(stride * min(missing + missing // 50, BLOCK) + spare)
            values, used = self._block(words, missing, out.dtype.type)
            stream.give_back(words.size - used)
            out[filled : filled + values.size] = values
            filled += values.size
            spare = spare if used else 2 * spare  # a single attempt that takes more than all of them

    def _block(self, words: Words, size: int, dtype: Dtype) -> tuple[Reals, int]:
        """Up to `size` values from these words, and how many of the words they took."""
        stride = pair_words(words, dtype)
        values, slow, layer = _attempts(words, dtype)
        uniforms, behind = unit_uniforms(words, slow + stride, dtype)
        accepted = self.wedge(np.abs(values[slow]), uniforms, layer, dtype)
        tail = np.flatnonzero(layer == 0)
        sizes, behind[tail] = tails(words, slow[tail] + stride, dtype, self.exponentials)
        values[slow[tail]] = np.copysign(sizes, values[slow[tail]])
        accepted[tail] = True

        begun = np.flatnonzero(_begun(slow, behind, stride))
        beyond = begun[behind[begun] > words.size]
        if beyond.size:
            begun = begun[begun < beyond[0]]
            stop = int(slow[beyond[0]])
        else:
            resumed = int(behind[begun[-1]]) if begun.size else 0
            stop = words.size - (words.size - resumed) % stride
        slow, behind = slow[begun], behind[begun]
        gives = _giving(slow, behind, accepted[begun], stop, stride)
        return _first(size, values[:stop], gives, slow, behind, stop, stride)


def _attempts(words: Words, dtype: Dtype) -> tuple[Reals, Places, Places]:
    """For an attempt at each word its signed value; which of them are slow, and those ones' layers."""
    size = words.size - pair_words(words, dtype) + 1
    width, limit = bucket_tables(np.dtype(dtype).char)
    bucket = np.bitwise_and(words[:size], words.dtype.type(0xFF)).astype(np.intp)
    values = mantissas(words[:size], words[-size:], dtype)
    values *= width.take(bucket, mode="clip")
    slow = np.flatnonzero(np.abs(values) >= limit.take(bucket, mode="clip"))
    return values, slow, bucket[slow] >> 1


@cache
def bucket_tables(code: str) -> tuple[Reals, Reals]:
    """By eight bits, of which the lowest is the sign: the layer's width over 2**24, and the next corner.

    Boost compares a float with the double corner, which is a comparison with
    the first float not below it.
    """
    bucket = np.arange(256)
    scale = NORMAL.x[bucket >> 1].astype(code) * ((bucket & 1) * 2 - 1) * 2.0**-24
    corner = NORMAL.x[(bucket >> 1) + 1]
    limit = corner.astype(code)
    below = limit < corner
    limit[below] = np.nextafter(limit[below], limit.dtype.type(np.inf))
    return scale.astype(code), limit


def _begun(slow: Places, behind: Places, stride: int) -> NDArray[np.bool_]:
    """Which slow attempts begin, seen from an attempt at the first word.

    With a stride of one all do that no earlier one reaches over: for nearly
    all of them that is sure whatever the earlier ones are.
    """
    reach = np.maximum.accumulate(np.concatenate(([0], behind[:-1])))
    begun = (slow >= reach) & (stride == 1)
    unsure = np.flatnonzero(~begun)
    begins, ends = slow[unsure].tolist(), behind[unsure].tolist()
    before = np.where(unsure > 0, begun[unsure - 1], False)
    resumes = np.where(before, behind[unsure - 1], -1).tolist()
    resume = 0
    for index, begin, end, known in zip(unsure.tolist(), begins, ends, resumes, strict=True):
        resume = max(resume, known)
        if begin >= resume and (begin - resume) % stride == 0:
            begun[index] = True
            resume = end
    return begun


def _giving(
    slow: Places, behind: Places, accepted: NDArray[np.bool_], stop: int, stride: int
) -> NDArray[np.bool_]:
    """For each word before `stop` whether an attempt begins there that gives a value."""
    if stride == 1:
        gives = np.ones(stop, np.bool_)
    else:
        resumed = np.concatenate(([0], behind))
        runs = np.diff(np.append(resumed, stop))
        gives = (np.arange(stop) - np.repeat(resumed, runs)) % stride == 0
    length = behind - slow
    for word in range(1, int(length.max(initial=1))):
        gives[slow[length > word] + word] = False
    gives[slow[~accepted]] = False
    return gives


def _first(
    size: int, values: Reals, gives: NDArray[np.bool_], slow: Places, behind: Places, stop: int, stride: int
) -> tuple[Reals, int]:
    """The first `size` values given, and the place behind the last one's attempt."""
    given = values[gives[: values.size]]
    if given.size <= size:
        return given, stop
    last = np.flatnonzero(gives)[size - 1]
    index = int(np.searchsorted(slow, last))
    ends_slow = index < slow.size and slow[index] == last
    return given[:size], int(behind[index] if ends_slow else last + stride)
