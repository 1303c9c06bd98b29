"""The generator behind all of Caffe's draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from caffe_fillers.errors import UsageError
from caffe_fillers.rng.families import BOOST, boost_family
from caffe_fillers.rng.jumps import jump, words_needed
from caffe_fillers.rng.source import Source, make_source
from caffe_fillers.rng.twister import MT19937, Words, find_twister, first_words

if TYPE_CHECKING:
    from caffe_fillers.rng.attempts import Attempts
    from caffe_fillers.rng.prepared import Prepare, Prepared

_AT_ONCE = 1 << 13
_FAR = 1 << 20
"""Words from which on a jump is faster than drawing."""
_WORTH_THREADS = 1 << 23


class Stream:
    """Words of `boost::mt19937(seed)`, one after another.

    `seed` is Caffe's, an unsigned number of 32 bits; what is more is cut off
    as by a cast in C++. `boost` is the release whose distributions draw from
    the stream; the words are the same in all. `generator` is mt19937, or
    mt19937_64 as in the BVLC opencl branch, whose seeds have 64 bits.
    `position` counts the words taken since seeding; `is_ahead` says whether
    threads draw words that are still to come.

    >>> stream = Stream(5489)
    >>> stream.words(2).tolist(), stream.position
    ([3499211612, 581869302], 2)
    """

    def __init__(self, seed: int, boost: str = BOOST, generator: str = MT19937.name) -> None:
        self.twister = find_twister(generator)
        self.family = boost_family(boost)
        self.position = 0
        self._source: Source | None
        self._prepared: Prepared | None
        self._cursor: int
        self._restart(first_words(self.twister, seed))

    def words(self, size: int) -> Words:
        """The next `size` words, as a read-only array."""
        end = self._cursor + size
        if end > self._buffer.size:
            self._refill(size)
            end = size
        taken: Words = self._buffer[end - size : end]
        self._cursor = end
        self.position += size
        return taken

    def some_words(self, size: int) -> Words:
        """At most `size` of the next words, at least one: those that are there and need no copy."""
        there = self._buffer.size - self._cursor
        return self.words(min(size, there or size))

    def give_back(self, size: int) -> None:
        """Step back over the last `size` of the words that the last call of `words` gave."""
        self._cursor -= size
        self.position -= size

    def peek(self, size: int) -> Words:
        """The next `size` words, which stay in the stream.

        >>> Stream(5489).peek(1).tolist()
        [3499211612]
        """
        ahead = self.words(size)
        self.give_back(size)
        return ahead

    @property
    def state(self) -> Words:
        """The next n words (624 of 32 bits, 312 of 64): all that follow depend on them alone."""
        state: Words = self.peek(self.twister.n).copy()
        return state

    def skip(self, size: int) -> None:
        """Pass over `size` words, any number of them: far ones by a jump, in some milliseconds.

        >>> stream = Stream(1701)
        >>> stream.skip(10**12)
        >>> stream.position
        1000000000000
        """
        if size < 0:
            raise UsageError(f"a stream cannot skip {size} words; it only goes forward")
        if size >= _FAR:
            self._restart(jump(self.twister, self.peek(words_needed(self.twister)), size))
            self.position += size
            return
        while size > 0:
            size -= self.words(min(size, _AT_ONCE)).size

    def jumped(self, size: int) -> Stream:
        """A stream of its own, `size` words further.

        >>> Stream(1701).jumped(3) == Stream(1701)
        False
        """
        twin = self.copy()
        twin.skip(size)
        return twin

    def copy(self) -> Stream:
        """A stream that goes on from here by itself; until it is used it takes 2.5 kB."""
        twin = object.__new__(Stream)
        twin.twister, twin.family, twin.position = self.twister, self.family, self.position
        twin._restart(self.state)
        return twin

    def draw_ahead(self, size: int, threads: int, prepare: Prepare | None = None) -> None:
        """Have `threads` threads draw some `size` of the next words before they are asked for.

        The words stay the same. One thread never jumps, and keeps up with a
        reader who writes what it is given to a file. With `prepare` one more
        thread makes of them what `prepared` gives. It pays from some eight
        million words on, and does nothing below.
        """
        if threads > 0 and size >= _WORTH_THREADS:
            from caffe_fillers.rng import ahead, prepared  # and with them thread pools: 5 ms

            words = self.peek(words_needed(self.twister))
            self._restart(words[: self.twister.n])
            self._source, self.is_ahead = ahead.Ahead(self.twister, words, size, threads), True
            if prepare is not None:
                self._source = self._prepared = prepared.Prepared(self._source, size, prepare)

    def prepared(self, size: int, dtype: np.dtype[np.floating]) -> Attempts | None:
        """What threads have prepared of that type for up to `size` of the next words, if they have."""
        if self._prepared is None:
            return None
        if self._cursor == self._buffer.size:
            self._refill(1)
        ready, begin = self._prepared.attempts, self._cursor - self._kept
        if ready is None or ready.values.dtype != dtype or not 0 <= begin < ready.values.size:
            return None
        return ready.part(begin, begin + size)

    def pass_over(self, size: int) -> None:
        """Pass over words that are prepared, and over those behind that they took."""
        here = min(size, self._buffer.size - self._cursor)
        self.words(here)
        self.words(size - here)

    def __eq__(self, other: object) -> bool:
        """Whether both are the same generator, at the same position and in the same state."""
        if not isinstance(other, Stream):
            return NotImplemented
        if (self.twister, self.position) != (other.twister, other.position):
            return False
        return bool(np.array_equal(self.state, other.state))

    __hash__ = None  # type: ignore[assignment]

    def _restart(self, words: Words) -> None:
        """Go on with n words and what follows them; nothing is made of them before it is needed."""
        self._next = words
        self._source, self._prepared, self.is_ahead = None, None, False
        self._buffer, self._cursor, self._kept = words[:0], 0, 0

    def _refill(self, size: int) -> None:
        if self._source is None:
            self._source = make_source(self.twister, self._next)
        rest = self._buffer[self._cursor :]
        fresh = self._source(max(size - rest.size, _AT_ONCE))
        self._buffer = np.concatenate((rest, fresh)) if rest.size else fresh
        self._buffer.flags.writeable = False
        self._cursor, self._kept = 0, rest.size
