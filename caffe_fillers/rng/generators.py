"""Two generators of raw outputs: compiled loops on a state, or a buffer that numpy fills."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from caffe_fillers.rng import kernel
from caffe_fillers.rng.source import Source, make_source
from caffe_fillers.rng.twister import Twister, Words, untemper

_AT_ONCE = 1 << 13


class Generator(Protocol):
    """Raw outputs, one after another."""

    @property
    def key(self) -> Words | None:
        """What the compiled loops work on; None where numpy draws.

        These are n words of state, before they are tempered, and how many of
        them are used up.
        """

    def words(self, size: int) -> Words:
        """Draw `size` words, as a read-only array."""

    def some_words(self, size: int) -> Words:
        """Draw from one up to `size` words, as many as cost no copy."""

    def skip(self, size: int) -> None:
        """Pass over `size` words."""

    def give_back(self, size: int) -> None:
        """Step back over the last `size` of the words that the last call gave."""

    def copy(self) -> Generator:
        """Return a generator that goes on from here by itself."""


class Compiled:
    """A state that compiled loops move on; it steps back over any number of words."""

    def __init__(self, twister: Twister, words: Words) -> None:
        self._twister = twister
        self.key: Words = np.append(untemper(twister, words), twister.dtype.type(0))

    def words(self, size: int) -> Words:
        """Draw `size` words."""
        drawn: Words = np.empty(size, self.key.dtype)
        kernel.loops.words(self.key, drawn)
        drawn.flags.writeable = False
        return drawn

    some_words = words

    def skip(self, size: int) -> None:
        """Twist without tempering, which is half the work."""
        kernel.loops.skip(self.key, size)

    def give_back(self, size: int) -> None:
        """Undo as many twists as it takes."""
        index = int(self.key[-1]) - size
        while index < 0:
            kernel.loops.untwist(self.key)
            index += self._twister.n
        self.key[-1] = index

    def copy(self) -> Compiled:
        """Copy the state."""
        twin = object.__new__(Compiled)
        twin._twister, twin.key = self._twister, self.key.copy()
        return twin


class Buffered:
    """Words that numpy drew and nobody has taken yet; nothing is drawn before it is needed."""

    key: Words | None = None

    def __init__(self, twister: Twister, words: Words) -> None:
        self._twister, self._next = twister, words
        self._source: Source | None = None
        self._buffer, self._cursor = words[:0], 0

    def words(self, size: int) -> Words:
        """Take `size` words from the buffer, which is filled up first."""
        end = self._cursor + size
        if end > self._buffer.size:
            self._refill(size)
            end = size
        taken: Words = self._buffer[end - size : end]
        self._cursor = end
        return taken

    def some_words(self, size: int) -> Words:
        """Take those that are there."""
        there = self._buffer.size - self._cursor
        return self.words(min(size, there or size))

    def skip(self, size: int) -> None:
        """Draw them, some at a time."""
        while size > 0:
            size -= self.words(min(size, _AT_ONCE)).size

    def give_back(self, size: int) -> None:
        """Step back in the buffer."""
        self._cursor -= size

    def copy(self) -> Buffered:
        """Begin a buffer of its own at the next words."""
        words = self.words(self._twister.n).copy()
        self.give_back(words.size)
        return Buffered(self._twister, words)

    def _refill(self, size: int) -> None:
        if self._source is None:
            self._source = make_source(self._twister, self._next)
        rest = self._buffer[self._cursor :]
        fresh = self._source(max(size - rest.size, _AT_ONCE))
        self._buffer = np.concatenate((rest, fresh)) if rest.size else fresh
        self._buffer.flags.writeable = False
        self._cursor = 0


def make_generator(twister: Twister, words: Words) -> Generator:
    """Return a generator whose next n words are `words`, of the path that is in use.

    >>> from caffe_fillers.rng.twister import MT19937, first_words
    >>> make_generator(MT19937, first_words(MT19937, 5489)).words(2).tolist()
    [3499211612, 581869302]
    """
    return Compiled(twister, words) if kernel.is_used else Buffered(twister, words)
