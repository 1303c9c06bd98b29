"""Philox 4x32-10: each block of four words is a function of a key and a counter.

Salmon, Moraes, Dror and Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3",
SC 2011, section 3.3; with the word order of TensorFlow's `PhiloxRandom`
(tsl/lib/random/philox_random.h, TensorFlow 2.21).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

WORDS_PER_BLOCK = 4
BLOCKS_PER_CHUNK = 1 << 14
"""How many blocks are worked on at a time, so that the arrays stay in the cache."""

_ROUNDS = 10
_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_KEY_STEPS = 0x9E3779B9, 0xBB67AE85
_WORD = 0xFFFFFFFF
_HALF = 0xFFFFFFFFFFFFFFFF
_LOW, _SHIFT = np.uint64(_WORD), np.uint64(32)


@dataclass(frozen=True)
class Philox:
    """A place in the sequence of blocks: a key of 64 and a counter of 128 bits.

    >>> Philox(key=0).blocks(np.arange(1, dtype=np.uint64)).tolist()
    [[1713891541, 3781805453, 3159862348, 2600524760]]
    """

    key: int
    counter: int = 0

    def skip(self, blocks: int) -> Philox:
        """The place that many blocks further on."""
        return replace(self, counter=(self.counter + blocks) % (1 << 128))

    def blocks(self, offsets: NDArray[np.uint64]) -> NDArray[np.uint32]:
        """The blocks at these distances from here, shape (len(offsets), 4)."""
        low = np.uint64(self.counter & _HALF) + offsets
        high = np.uint64(self.counter >> 64) + (low < offsets)
        counter = [low & _LOW, low >> _SHIFT, high & _LOW, high >> _SHIFT]
        key = [self.key & _WORD, self.key >> 32]
        for _ in range(_ROUNDS):
            counter = _round(counter, key)
            key = [(part + step) & _WORD for part, step in zip(key, _KEY_STEPS, strict=True)]
        return np.stack(counter, axis=1).astype(np.uint32)


def _round(counter: list[NDArray[np.uint64]], key: list[int]) -> list[NDArray[np.uint64]]:
    first = counter[0] * _MULTIPLIERS[0]
    second = counter[2] * _MULTIPLIERS[1]
    return [
        (second >> _SHIFT) ^ counter[1] ^ np.uint64(key[0]),
        second & _LOW,
        (first >> _SHIFT) ^ counter[3] ^ np.uint64(key[1]),
        first & _LOW,
    ]
