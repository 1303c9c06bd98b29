"""Words drawn ahead of time by several threads, each of which jumps over what the others draw."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from caffe_fillers.rng.jumps import jump, words_needed
from caffe_fillers.rng.source import Source, make_source
from caffe_fillers.rng.twister import Twister, Words

STRIDE = 1 << 22
"""Words that a thread draws before it jumps: 14 ms of work and 16 MB, for a jump of 1 to 2 ms."""
_PIECE = 1 << 19


class Ahead:
    """A source of `words`, which are the next `words_needed`, and of all that follow them.

    `threads` threads draw the first `size` of them in turns of `stride`, and
    at most one turn each is finished and waiting. Whatever the number of
    threads, the words are the same.

    >>> from caffe_fillers.rng.twister import MT19937, first_words
    >>> words = make_source(MT19937, first_words(MT19937, 5489))(words_needed(MT19937))
    >>> ahead = Ahead(MT19937, words, size=50_000, threads=2, stride=10_000)
    >>> ahead(9_999).size >= 9_999, int(ahead(10_000)[0]) in words
    (True, True)
    """

    def __init__(self, twister: Twister, words: Words, size: int, threads: int, stride: int = STRIDE) -> None:
        self._twister, self._following = twister, words
        self._hop = (threads - 1) * stride
        self._lengths = deque(min(stride, size - begin) for begin in range(0, size, stride))
        self._pool = ThreadPoolExecutor(threads, "words-ahead")
        self._turns: deque[Future[tuple[list[Words], Words]]] = deque()
        self._pieces: deque[Words] = deque()
        self._behind: Source | None = None
        for thread in range(threads):
            self._start(words, thread * stride)

    def __call__(self, size: int) -> Words:
        """The next words, at least `size` of them."""
        taken = [self._piece(size)]
        while (missing := size - sum(map(len, taken))) > 0:
            taken.append(self._piece(missing))
        return np.concatenate(taken) if len(taken) > 1 else taken[0]

    def _piece(self, size: int) -> Words:
        if not self._pieces and self._turns:
            pieces, self._following = self._turns.popleft().result()
            self._pieces.extend(pieces)
            self._start(self._following, self._hop)
        if self._pieces:
            return self._pieces.popleft()
        if self._behind is None:
            self._behind = make_source(self._twister, self._following[: self._twister.n])
        return self._behind(size)

    def _start(self, words: Words, distance: int) -> None:
        if self._lengths:
            turn = self._pool.submit(_turn, self._twister, words, distance, self._lengths.popleft())
            self._turns.append(turn)


def _turn(twister: Twister, words: Words, distance: int, length: int) -> tuple[list[Words], Words]:
    """The `length` words at `distance`, in pieces, and the `words_needed` behind them."""
    source = make_source(twister, jump(twister, words, distance) if distance else words[: twister.n])
    pieces = [source(min(_PIECE, length - begin)) for begin in range(0, length, _PIECE)]
    return pieces, source(words_needed(twister))
