"""The random stream that all of Caffe's draws come from."""

from __future__ import annotations

import numpy as np

from caffe_fillers.errors import UsageError
from caffe_fillers.rng.families import BOOST, boost_family
from caffe_fillers.rng.generators import make_generator
from caffe_fillers.rng.jumps import jump, words_needed
from caffe_fillers.rng.twister import MT19937, Words, find_twister, first_words

_FAR = 1 << 20
"""Words beyond which a jump is faster than drawing."""


class Stream:
    """Words of `boost::mt19937(seed)`, one after another.

    `seed` is Caffe's, an unsigned number of 32 bits; what is more is cut off
    as by a cast in C++. `boost` is the release whose distributions draw from
    the stream; the words are the same in all. `generator` is mt19937, or
    mt19937_64 as in the BVLC opencl branch, whose seeds have 64 bits.
    `position` counts the words taken since seeding. `threads` may draw from
    it at a time where much is drawn; they change no word.

    >>> stream = Stream(5489)
    >>> stream.words(2).tolist(), stream.position
    ([3499211612, 581869302], 2)
    """

    def __init__(self, seed: int, boost: str = BOOST, generator: str = MT19937.name) -> None:
        self.twister = find_twister(generator)
        self.family = boost_family(boost)
        self.position = 0
        self.threads = 1
        self._generator = make_generator(self.twister, first_words(self.twister, seed))

    @property
    def key(self) -> Words | None:
        """What the compiled loops work on (`generators.Generator`); None where numpy draws."""
        return self._generator.key

    def words(self, size: int) -> Words:
        """The next `size` words, as a read-only array."""
        self.position += size
        return self._generator.words(size)

    def some_words(self, size: int) -> Words:
        """At most `size` of the next words, at least one: those that are there and need no copy."""
        words = self._generator.some_words(size)
        self.position += words.size
        return words

    def give_back(self, size: int) -> None:
        """Step back over the last `size` of the words that the last call of `words` gave."""
        self._generator.give_back(size)
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
        if size > _FAR:
            words = self._generator.words(words_needed(self.twister))
            self._generator = make_generator(self.twister, jump(self.twister, words, size))
        else:
            self._generator.skip(size)
        self.position += size

    def move_to(self, other: Stream) -> None:
        """Go on from where another stream of the same generator stands, and leave that to its own way."""
        self.position, self._generator = other.position, other._generator.copy()

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
        twin.threads, twin._generator = self.threads, self._generator.copy()
        return twin

    def __eq__(self, other: object) -> bool:
        """Whether both are the same generator, at the same position and in the same state."""
        if not isinstance(other, Stream):
            return NotImplemented
        if (self.twister, self.position) != (other.twister, other.position):
            return False
        return bool(np.array_equal(self.state, other.state))

    __hash__ = None  # type: ignore[assignment]
