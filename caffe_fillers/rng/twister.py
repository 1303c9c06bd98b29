"""Mersenne twisters as Boost parametrizes them: seeding, the recurrence, tempering and its inverse.

Matsumoto and Nishimura, Mersenne Twister, ACM TOMACS 8(1), 1998; the parameters and the seeding are those of
boost/random/mersenne_twister.hpp (boost-1.74.0, the same since 2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.errors import UnknownNameError, UsageError

Words: TypeAlias = NDArray[np.unsignedinteger[Any]]


@dataclass(frozen=True)
class Twister:
    """The parameters of a Mersenne twister, under the names they have in the paper and in Boost.

    Words of w bits, n of them in the state, m the distance to the middle
    word, r low bits taken from the next word, a the bottom row of the twist's
    matrix, f the multiplier of the seeding. `tempering` lists shifts (to the
    left where positive) with the mask that follows each.
    """

    name: str
    w: int
    n: int
    m: int
    r: int
    a: int
    f: int
    tempering: tuple[tuple[int, int], ...]

    @property
    def dtype(self) -> np.dtype[np.unsignedinteger[Any]]:
        """The unsigned integers that hold a word."""
        return np.dtype(f"u{self.w // 8}")

    @property
    def degree(self) -> int:
        """Bits of state that count, which is the degree of the characteristic polynomial."""
        return self.n * self.w - self.r


MT19937 = Twister(
    *("mt19937", 32, 624, 397, 31, 0x9908B0DF, 1812433253),
    ((-11, 0xFFFFFFFF), (7, 0x9D2C5680), (15, 0xEFC60000), (-18, 0xFFFFFFFF)),
)
MT19937_64 = Twister(
    *("mt19937_64", 64, 312, 156, 31, 0xB5026F5AA96619E9, 6364136223846793005),
    ((-29, 0x5555555555555555), (17, 0x71D67FFFEDA60000), (37, 0xFFF7EEE000000000), (-43, 2**64 - 1)),
)
_NOT_HERE = {
    "curand": (
        "cuRAND's streams cannot be had without a GPU: NVIDIA/caffe draws uniforms from it there, from "
        "1,000,000 values on; on a CPU that fork draws from mt19937 as all do"
    ),
}
_TWISTERS = {twister.name: twister for twister in (MT19937, MT19937_64)}


def find_twister(name: str) -> Twister:
    """mt19937, or the mt19937_64 of the BVLC opencl branch.

    >>> find_twister("mt19937_64").w
    64
    """
    if name in _NOT_HERE:
        raise UsageError(_NOT_HERE[name])
    try:
        return _TWISTERS[name]
    except KeyError:
        raise UnknownNameError("generator", name, _TWISTERS) from None


def first_words(twister: Twister, seed: int) -> Words:
    """The first n words that a generator gives after `seed`, reduced to w bits as C++ would.

    >>> first_words(MT19937, 5489)[:2].tolist()
    [3499211612, 581869302]
    """
    top = (1 << twister.w) - 1
    state = [seed & top]
    for index in range(1, twister.n):
        state.append((twister.f * (state[-1] ^ state[-1] >> (twister.w - 2)) + index) & top)
    return temper(twister, twist(twister, np.array(state, twister.dtype)))


def twist(twister: Twister, state: Words) -> Words:
    """The n words of state that follow these n.

    A word needs the one n - m before it, so n - m of them are made at a time.
    """
    n, m = twister.n, twister.m
    upper, one, a = (
        twister.dtype.type(value) for value in (-1 << twister.r & (1 << twister.w) - 1, 1, twister.a)
    )
    history = np.concatenate((state, np.empty_like(state)))
    for begin in range(0, n, n - m):
        end = min(begin + n - m, n)
        mixed = history[begin:end] & upper | history[begin + 1 : end + 1] & ~upper
        history[n + begin : n + end] = history[m + begin : m + end] ^ mixed >> one ^ (mixed & one) * a
    return history[n:]


def temper(twister: Twister, state: Words) -> Words:
    """The words given for words of state."""
    words = state
    for shift, mask in twister.tempering:
        words = words ^ _shifted(words, shift) & twister.dtype.type(mask)
    return words


def untemper(twister: Twister, words: Words) -> Words:
    """The words of state behind given words.

    Each step of the tempering leaves as many bits as it shifts by, and then
    uncovers as many again.
    """
    state = words
    for shift, mask in reversed(twister.tempering):
        given = state
        for _ in range(twister.w // abs(shift)):
            state = given ^ _shifted(state, shift) & twister.dtype.type(mask)
    return state


def _shifted(words: Words, shift: int) -> Words:
    distance = words.dtype.type(abs(shift))
    result: Words = words << distance if shift > 0 else words >> distance
    return result
