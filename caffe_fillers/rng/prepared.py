"""Words of which a thread has already worked out what attempts at normals would make of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeAlias

import numpy as np

from caffe_fillers.rng.attempts import Attempts
from caffe_fillers.rng.source import Source
from caffe_fillers.rng.twister import Words

PIECE = 1 << 19
"""Words that are prepared at a time: 5 MB, and few enough calls for what slow attempts cost."""
SPARE = 64
"""Words behind a piece that its last attempts may read; one that needs more is made without the thread."""
_WAITING = 2

Prepare: TypeAlias = Callable[[Words, int], Attempts]
"""From words, attempts at all of them but the last so many, which are there to be read."""


class Prepared:
    """A source of what another source gives, the first `size` words of it prepared by a thread.

    Each call gives one piece, or several where more is asked for; `attempts`
    is what was prepared of the first of them.
    """

    def __init__(self, source: Source, size: int, prepare: Prepare) -> None:
        self.attempts: Attempts | None = None
        self._source, self._prepare = source, prepare
        self._left = -(-size // PIECE)
        self._following = source(SPARE)
        self._pool = ThreadPoolExecutor(1, "normals-ahead")
        self._turns: deque[Future[tuple[Words, Attempts]]] = deque()
        for _ in range(1 + _WAITING):
            self._start()

    def __call__(self, size: int) -> Words:
        """The next words, at least `size` of them."""
        words, self.attempts = self._piece(size)
        pieces = [words]
        while (missing := size - sum(map(len, pieces))) > 0:
            pieces.append(self._piece(missing)[0])
        return np.concatenate(pieces) if len(pieces) > 1 else words

    def _piece(self, size: int) -> tuple[Words, Attempts | None]:
        if self._turns:
            turn = self._turns.popleft().result()
            self._start()
            return turn
        words, self._following = self._following, self._following[:0]
        return (words if words.size else self._source(size)), None

    def _start(self) -> None:
        if self._left:
            self._left -= 1
            self._turns.append(self._pool.submit(self._turn))

    def _turn(self) -> tuple[Words, Attempts]:
        """One piece; the pool has one thread, so each begins where the one before it ended."""
        words = np.concatenate((self._following, self._source(PIECE)))
        self._following = words[-SPARE:]
        return words[:-SPARE], self._prepare(words, SPARE)
