"""Run the state of a Mersenne twister backwards until it is a seeding.

With x the outputs before tempering, x[k + n] = x[k + m] ^ A(y) where y has the upper bits of x[k] and the
lower ones of x[k + 1]. A can be inverted, so two words tell what y was, and n words in a row tell the one
before them. The n words before the first output are those that the seed made, each from the one before:
s[i] = f * (s[i - 1] ^ s[i - 1] >> w - 2) + i. That holds by chance for one pair of words in 2**22.

Matsumoto and Nishimura, Mersenne Twister, ACM TOMACS 8(1), 1998; boost/random/mersenne_twister.hpp.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from caffe_fillers.rng.twister import Twister, Words

MOST_WORDS = 1 << 28
"""Words that a state is run back at most, 7 seconds or so: twice what VGG's 138 million weights take."""

_AT_ONCE = 1 << 18
_FEW = 8
"""Words of a seeding that must follow one another: by chance in one case of 2**150."""


class Seeding(NamedTuple):
    """A seed, and how many outputs came before a state."""

    seed: int
    position: int


def inverse_twist(twister: Twister, mixed: Words) -> Words:
    """Invert the matrix A: return the y that it makes these words of.

    >>> from caffe_fillers.rng.twister import MT19937
    >>> hex(inverse_twist(MT19937, np.array([0x9908B0DF ^ 0x12345678 >> 1], np.uint32))[0])
    '0x12345679'
    """
    word = twister.dtype.type
    lowest = mixed >> word(twister.w - 1)
    found: Words = (mixed ^ lowest * word(twister.a)) << word(1) | lowest
    return found


def find_seeding(
    twister: Twister,
    state: Words,
    most: int = MOST_WORDS,
    progress: Callable[[int], None] = lambda words: None,
) -> Seeding | None:
    """Find the seed of n successive words before tempering, and their position in its stream.

    `progress` is told of words that were run back. None if none of the `most` words before are a seeding.

    >>> from caffe_fillers.rng import Stream
    >>> from caffe_fillers.rng.twister import MT19937, untemper
    >>> words = Stream(1701).words(10_624)[10_000:]
    >>> find_seeding(MT19937, untemper(MT19937, words))
    Seeding(seed=1701, position=10000)
    """
    n = twister.n
    history = np.zeros(1 + _AT_ONCE + n, twister.dtype)
    history[-n:] = state
    history[-n] = _whole_first_word(twister, state)
    passed = 0
    while passed < most + n:
        _run_back(twister, history)
        found = _seeding_among(twister, history)
        if found is not None:
            seed, first_output = found
            return Seeding(seed, 1 + _AT_ONCE + passed - first_output)
        history[-n:] = history[1 : n + 1].copy()
        passed += _AT_ONCE
        progress(_AT_ONCE)
    return None


def _whole_first_word(twister: Twister, state: Words) -> int:
    """Complete the first word: its lower bits, on which nothing later depends, follow from two others."""
    lower = (1 << twister.r) - 1
    before = inverse_twist(twister, state[-1:] ^ state[twister.m - 1])
    return int(state[0]) & ~lower | int(before[0]) & lower


def _run_back(twister: Twister, history: Words) -> None:
    """Fill all but the first word and the last n, m - 1 at a time: a word needs those m - 1 to n later."""
    n, m, word = twister.n, twister.m, twister.dtype.type
    full = (1 << twister.w) - 1
    lower, upper = word((1 << twister.r) - 1), word(-1 << twister.r & full)
    top, one, doubled = word(twister.w - 1), word(1), word(twister.a << 1 & full)
    buffers = [np.empty(m, twister.dtype) for _ in range(2)]
    end = history.size - n
    while end > 1:
        begin = max(end - m + 1, 1)
        mixed, lowest = (buffer[: end - begin + 1] for buffer in buffers)
        np.bitwise_xor(history[begin - 1 + n : end + n], history[begin - 1 + m : end + m], out=mixed)
        np.right_shift(mixed, top, out=lowest)
        mixed <<= one
        mixed |= lowest
        lowest *= doubled
        mixed ^= lowest
        np.bitwise_and(mixed[1:], upper, out=lowest[1:])
        mixed &= lower
        np.bitwise_or(lowest[1:], mixed[:-1], out=history[begin:end])
        end = begin


def _seeding_among(twister: Twister, history: Words) -> tuple[int, int] | None:
    """Return the seed, and the place of the first output, if words of the seeding are among these."""
    places = np.arange(1, history.size - _FEW - 1, twister.n - 2 * _FEW)
    step = _steps(twister, history[places], history[places + 1])
    for place in places[step < twister.n].tolist():
        run = history[place : place + _FEW + 1]
        steps = _steps(twister, run[:-1], run[1:])
        index = int(steps[0])
        if index and (steps - steps[0] == np.arange(_FEW)).all() and index + _FEW <= twister.n:
            seed = _seed_of(twister, int(history[place]), index - 1)
            return seed, place - (index - 1) + twister.n
    return None


def _steps(twister: Twister, words: Words, following: Words) -> Words:
    word = twister.dtype.type
    steps: Words = following - word(twister.f) * (words ^ words >> word(twister.w - 2))
    return steps


def _seed_of(twister: Twister, state: int, index: int) -> int:
    """Compute the word of state number 0, which is the seed, from that of number `index`."""
    top = (1 << twister.w) - 1
    inverse = pow(twister.f, -1, 1 << twister.w)
    for number in range(index, 0, -1):
        mixed = (state - number) * inverse & top
        state = mixed ^ mixed >> twister.w - 2
    return state
