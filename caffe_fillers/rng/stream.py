"""The generator behind all of Caffe's draws: mt19937 as Boost seeds it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.rng.families import BOOST, boost_family

STATE_WORDS = 624
_BLOCK = 1 << 16


class Stream:
    """Words of `boost::mt19937(seed)`, one after another.

    `seed` is Caffe's: an unsigned 32-bit number. `boost` is the release whose
    distributions draw from the stream; the words are the same in all.
    `position` counts the words taken since seeding. numpy's MT19937 is the
    same generator (Matsumoto and Nishimura, Mersenne Twister, ACM TOMACS
    8(1), 1998); it gets the state that Boost's seeding makes.

    >>> stream = Stream(5489)
    >>> stream.words(2).tolist(), stream.position
    ([3499211612, 581869302], 2)
    """

    def __init__(self, seed: int, boost: str = BOOST) -> None:
        self.family = boost_family(boost)
        self.position = 0
        self._generator = np.random.MT19937()
        self._generator.state = {
            "bit_generator": "MT19937",
            "state": {"key": _seeded(seed), "pos": STATE_WORDS},
        }
        self._buffer = np.empty(0, np.uint32)

    def words(self, size: int) -> NDArray[np.uint32]:
        """The next `size` words; the array is shared, do not write to it."""
        if self._buffer.size < size:
            self._refill(size)
        taken, self._buffer = self._buffer[:size], self._buffer[size:]
        self.position += size
        return taken

    def give_back(self, words: NDArray[np.uint32]) -> None:
        """Undo the last taking of these words, which must be the last ones taken."""
        self._buffer = np.concatenate((words, self._buffer))
        self.position -= words.size

    def skip(self, size: int) -> None:
        """Pass over words; `size` may be more than fits in memory."""
        for start in range(0, size, _BLOCK):
            self.words(min(_BLOCK, size - start))

    def copy(self) -> Stream:
        """A stream that goes on from here by itself."""
        twin = object.__new__(Stream)
        twin.family, twin.position, twin._buffer = self.family, self.position, self._buffer
        twin._generator = np.random.MT19937()
        twin._generator.state = self._generator.state
        return twin

    def __eq__(self, other: object) -> bool:
        """Whether both stand at the same position and give the same words from here on.

        mt19937 holds 624 words of state, so as many words in common are all in common.
        """
        if not isinstance(other, Stream):
            return NotImplemented
        ahead = self.copy().words(STATE_WORDS), other.copy().words(STATE_WORDS)
        return self.position == other.position and bool(np.array_equal(*ahead))

    __hash__ = None  # type: ignore[assignment]

    def _refill(self, size: int) -> None:
        missing = size - self._buffer.size
        fresh = np.random.Generator(self._generator).integers(0, 2**32, missing, dtype=np.uint32)
        self._buffer = np.concatenate((self._buffer, fresh)) if self._buffer.size else fresh


def _seeded(seed: int) -> NDArray[np.uint32]:
    """The state that `mersenne_twister_engine::seed(UIntType)` makes (boost/random/mersenne_twister.hpp)."""
    state = [seed & 0xFFFFFFFF]
    for index in range(1, STATE_WORDS):
        state.append((1812433253 * (state[-1] ^ state[-1] >> 30) + index) & 0xFFFFFFFF)
    return np.array(state, np.uint32)
