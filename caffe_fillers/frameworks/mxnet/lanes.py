"""Many mt19937 generators side by side, as `std::mt19937` is seeded and gives words.

Matsumoto and Nishimura, "Mersenne Twister", ACM TOMACS 8(1), 1998; seeding
as in ISO C++ 26.5.3.2 [rand.eng.mers].
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

STATE_WORDS = 624

_MIDDLE = 397
_MATRIX = np.uint32(0x9908B0DF)
_UPPER, _LOWER = np.uint32(0x80000000), np.uint32(0x7FFFFFFF)
_ONE = np.uint32(1)
_MULTIPLIER, _SEED_SHIFT = np.uint32(1812433253), np.uint32(30)

Words = NDArray[np.uint32]
Counts = NDArray[np.int64]


class Lanes:
    """One generator a lane; each moves on only by the words taken from it.

    >>> lanes = Lanes(np.array([5489, 1], np.uint32))
    >>> lanes.take(np.array([2, 1])).tolist()
    [3499211612, 581869302, 1791095845]
    >>> lanes.take(np.array([1])).tolist()
    [3890346734]
    """

    def __init__(self, seeds: Words) -> None:
        self._state = _seeded(seeds)
        self._position = np.full(len(seeds), STATE_WORDS)

    def take(self, counts: Counts) -> Words:
        """The next `counts[lane]` words of each of the first len(counts) lanes, lane after lane."""
        result = np.empty(int(counts.sum()), np.uint32)
        place, missing = starts(counts), counts.copy()
        while (lanes := np.flatnonzero(missing)).size:
            self._renew(lanes[self._position[lanes] == STATE_WORDS])
            size = np.minimum(missing[lanes], STATE_WORDS - self._position[lanes])
            column = ragged(self._position[lanes], size)
            result[ragged(place[lanes], size)] = _tempered(self._state[np.repeat(lanes, size), column])
            for moved, sign in ((self._position, 1), (place, 1), (missing, -1)):
                moved[lanes] += sign * size
        return result

    def _renew(self, lanes: Counts) -> None:
        if lanes.size:
            self._state[lanes] = _twisted(self._state[lanes])
            self._position[lanes] = 0


def starts(counts: Counts) -> Counts:
    """Return where each lane's part begins in an array of all parts one after another.

    >>> starts(np.array([2, 0, 3])).tolist()
    [0, 2, 2]
    """
    return np.cumsum(counts) - counts


def ragged(first: Counts, counts: Counts) -> Counts:
    """The ranges first[0], first[0] + 1, ... of counts[0] numbers, then first[1], ... and so on.

    >>> ragged(np.array([10, 20]), np.array([2, 3])).tolist()
    [10, 11, 20, 21, 22]
    """
    return np.arange(int(counts.sum())) + np.repeat(first - starts(counts), counts)


def _seeded(seeds: Words) -> Words:
    state = np.empty((STATE_WORDS, len(seeds)), np.uint32)
    state[0] = seeds
    for index in range(1, STATE_WORDS):
        previous = state[index - 1]
        state[index] = _MULTIPLIER * (previous ^ previous >> _SEED_SHIFT) + np.uint32(index)
    return np.ascontiguousarray(state.T)


def _twisted(state: Words) -> Words:
    """The next state; in pieces, for a word depends on one made 227 words before."""
    new = np.empty_like(state)
    step = STATE_WORDS - _MIDDLE
    mixed = (state[:, :-1] & _UPPER) | (state[:, 1:] & _LOWER)
    mixed = (mixed >> _ONE) ^ (mixed & _ONE) * _MATRIX
    new[:, :step] = state[:, _MIDDLE:] ^ mixed[:, :step]
    for start in range(step, STATE_WORDS - 1, step):
        stop = min(start + step, STATE_WORDS - 1)
        new[:, start:stop] = new[:, start - step : stop - step] ^ mixed[:, start:stop]
    last = (state[:, -1] & _UPPER) | (new[:, 0] & _LOWER)
    new[:, -1] = new[:, _MIDDLE - 1] ^ (last >> _ONE) ^ (last & _ONE) * _MATRIX
    return new


def _tempered(words: Words) -> Words:
    words = words ^ words >> np.uint32(11)
    words ^= words << np.uint32(7) & np.uint32(0x9D2C5680)
    words ^= words << np.uint32(15) & np.uint32(0xEFC60000)
    tempered: Words = words ^ words >> np.uint32(18)
    return tempered
