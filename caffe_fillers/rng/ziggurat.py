"""The normal ziggurat of Boost from 1.56, a block of words at a time.

An attempt takes one int-float pair and nearly always gives a value. One in eighty is slow: it ends in a
wedge or in the tail and takes more words, so that where later attempts begin depends on it. Here every word
is first taken for the beginning of an attempt. How far the slow ones among them reach is worked out for all;
those that really begin are then found by following the chain from the block's first word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.rng.attempts import Attempts, first_steps
from caffe_fillers.rng.pieces import Places, pair_words, unit_uniforms
from caffe_fillers.rng.reals import BLOCK, Dtype, Reals
from caffe_fillers.rng.stream import Stream
from caffe_fillers.rng.tails import Exponentials, tails
from caffe_fillers.rng.twister import Words

Wedge: TypeAlias = Callable[[Reals, Reals, Places, Dtype], NDArray[np.bool_]]

_BLOCK = 1 << 19
"""Words at a time. What the slow attempts cost hardly depends on how many there are at once."""
_SPARE = 64
_PER_SLOW = 22
"""One word in 24 makes no value by itself, in one-word attempts; less in attempts of two."""


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
            likely = stride * min(missing + missing // _PER_SLOW, _BLOCK)
            words = stream.words(likely + spare)
            values, used = _choose(self.attempts(words, out.dtype.type), out[filled:], stride)
            stream.give_back(words.size - used)
            filled += values
            spare = spare if used else 2 * spare  # a single attempt that takes more than all of them

    def attempts(self, words: Words, dtype: Dtype) -> Attempts:
        """An attempt at each word."""
        values, slow = first_steps(words, dtype)
        behind, accepted = self._slow(words, values, slow)
        return Attempts(values, slow, behind, accepted, words.size)

    def _slow(self, words: Words, values: Reals, slow: Places) -> tuple[Places, NDArray[np.bool_]]:
        """Go through with the slow attempts: the places behind them, and which give their value."""
        dtype, place = values.dtype.type, slow + pair_words(words, values.dtype.type)
        layer = (words[slow] & words.dtype.type(0xFF)).astype(np.intp) >> 1
        uniforms, behind = unit_uniforms(words, place, dtype)
        accepted = self.wedge(np.abs(values[slow]), uniforms, layer, dtype)
        tail = np.flatnonzero(layer == 0)
        sizes, behind[tail] = tails(words, place[tail], dtype, self.exponentials)
        values[slow[tail]] = np.copysign(sizes, values[slow[tail]])
        accepted[tail] = True
        return behind, accepted


def _choose(attempts: Attempts, out: Reals, stride: int) -> tuple[int, int]:
    """Fill `out` with what begins, the first at the first word: how many values, and how many words."""
    values, slow, behind = attempts.values, attempts.slow, attempts.behind
    begun = np.flatnonzero(_begun(slow, behind, stride))
    beyond = begun[behind[begun] > attempts.size]
    if beyond.size:
        begun = begun[begun < beyond[0]]
        stop = int(slow[beyond[0]])
    else:
        end = values.size + stride - 1
        resumed = int(behind[begun[-1]]) if begun.size else 0
        stop = max(resumed, end - (end - resumed) % stride)
    slow, behind = slow[begun], behind[begun]
    gives = _giving(slow, behind, attempts.accepted[begun], stop, stride)
    given, last = _compress(values[:stop], gives[: values.size], out)
    if given < out.size:
        return given, stop
    index = int(np.searchsorted(slow, last))
    ends_slow = index < slow.size and slow[index] == last
    return given, int(behind[index]) if ends_slow else last + stride


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
    gives[slow[~accepted]] = False
    taken = slow + 1
    while taken.size:
        within = taken < behind
        taken, behind = taken[within], behind[within]
        gives[taken] = False
        taken = taken + 1
    return gives


def _compress(values: Reals, gives: NDArray[np.bool_], out: Reals) -> tuple[int, int]:
    """Copy the values given into `out`: how many, and the place of the last one where `out` is full.

    A piece at a time: the selection from a large array would be new memory each time.
    """
    filled = 0
    for begin in range(0, gives.size, BLOCK):
        piece = slice(begin, begin + BLOCK)
        given = values[piece][gives[piece]][: out.size - filled]
        out[filled : filled + given.size] = given
        filled += given.size
        if filled == out.size:
            return filled, begin + int(np.flatnonzero(gives[piece])[given.size - 1])
    return filled, -1
