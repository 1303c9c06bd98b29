"""Seeds of two successive outputs of mt19937, both among the first 227.

With s the 624 words of state that the seed makes and x the words after the
first twist, before tempering,

    x[i] = s[i + 397] ^ A(top bit of s[i], low 31 bits of s[i + 1])    for i < 227,
    s[i + 1] = f * (s[i] ^ s[i] >> 30) + i + 1                         (the seeding).

Two neighbors x[i], x[i + 1] thus speak of two words, u = s[i + 1] and
z = s[i + 397], and of those that the seeding makes of them one step later:

    x[i] = z ^ A(top of s[i], u),
    x[i + 1] = (f * (z ^ z >> 30) + i + 398) ^ A(top of u, f * (u ^ u >> 30) + i + 2).

Of that, 32 equations for the 32 bits of u, equation number j contains bits up
to j + 1 of u only, once the top two bits of u and of z are guessed, and bit
j + 1 itself cancels. So u is found from the lowest bit up: each bit doubles
the solutions, each equation halves them (both at once, for how a bit changes
its equation is simple), and of each pair of outputs about two remain. They
are right if z is what the seeding makes of u in 396 steps, and u, run
backwards, is the seed. Of the 2**32 seeds not one is tried.

The generator is that of Matsumoto and Nishimura, Mersenne Twister, ACM TOMACS 8(1), 1998, its seeding that
of 2002 (boost/random/mersenne_twister.hpp).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.rng.twister import MT19937, untemper

Words = NDArray[np.uint32]

LAST = MT19937.n - MT19937.m - 2
"""The last output whose successor is still among the first 227."""

_AT_ONCE, _REMEMBERED = 1 << 14, 1 << 10
_ONE, _TOP_TWO = np.uint32(1), np.uint32(30)
_LOW = np.uint32(2**31 - 1)
_MATRIX, _MULTIPLIER = np.uint32(MT19937.a), np.uint32(MT19937.f)
_INVERSE = np.uint32(pow(MT19937.f, -1, 2**32))


def seeds_of_neighbors(output: int, words: Words, behind: Words) -> Words:
    """Return all seeds whose output number `output` is one of `words` and the next is one of `behind`.

    Seeds may come twice. `output` counts from 0 and is `LAST` at most.

    >>> from caffe_fillers import rng
    >>> first, second = rng.Stream(1701).words(2)
    >>> seeds_of_neighbors(0, np.array([first, 5], np.uint32), np.array([second], np.uint32)).tolist()
    [1701]
    """
    return np.frombuffer(_seeds_of_neighbors(output, words.tobytes(), behind.tobytes()), np.uint32)


@lru_cache(_REMEMBERED)
def _seeds_of_neighbors(output: int, words_bytes: bytes, behind_bytes: bytes) -> bytes:
    """Search once what several stages of a check ask for."""
    words, behind = (np.frombuffer(each, np.uint32) for each in (words_bytes, behind_bytes))
    x = np.repeat(untemper(MT19937, words), behind.size)
    y = np.tile(untemper(MT19937, behind), words.size)
    pieces = [slice(begin, begin + _AT_ONCE) for begin in range(0, x.size, _AT_ONCE)]
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda piece: _seeds_of_pairs(output, x[piece], y[piece]), pieces))
    return np.concatenate([np.empty(0, np.uint32), *found]).tobytes()


def _seeds_of_pairs(output: int, x: Words, y: Words) -> Words:
    """Return the seeds whose untempered outputs from number `output` on are a pair x[i] and y[i]."""
    solutions = [_solve(output, x, y, *guess) for guess in product(range(4), (0, 1), (0, 1))]
    u, z = (np.concatenate(parts) for parts in zip(*solutions, strict=True))
    return _seeds(u[_forwards(u, output + 1, output + MT19937.m) == z], output + 1)


def _solve(
    output: int, x: Words, y: Words, top_two: int, lowest: int, top_before: int
) -> tuple[Words, Words]:
    """Solve for u and z of these outputs, given the first two and the last bit of u and the first of s[i].

    The unknown is v = u ^ u >> 30, which differs from u in two bits that are
    guessed; all that does not change is put into x and y.
    """
    step_u, step_z = np.uint32(output + 2), np.uint32(output + 1 + MT19937.m)
    v_lowest = lowest ^ top_two & 1
    x = x ^ np.uint32(top_before << 30) ^ np.uint32(lowest) * _MATRIX  # z ^ u >> 1
    x = x ^ x >> _TOP_TWO ^ np.uint32(top_two >> 1)  # (z ^ z >> 30) ^ v >> 1
    y = y ^ np.uint32(v_lowest + output & 1) * _MATRIX ^ np.uint32(top_two >> 1 << 30)
    v = np.full(x.size, v_lowest, np.uint32)
    error, _ = _equations(x, v, step_u, step_z)
    holds = np.flatnonzero((error ^ y) & _ONE == 0)
    x, y, v = x[holds], y[holds], v[holds]
    for bit in range(1, 30):
        error, change = _equations(x, v, step_u, step_z)
        error ^= y
        change ^= error
        mask = np.uint32(1 << bit)
        clear, set_ = (np.flatnonzero(each & mask == 0) for each in (error, change))
        both = np.concatenate((clear, set_))
        x, y, v = x[both], y[both], v[both]
        v[clear.size :] |= mask
    v |= np.uint32(top_two << 30)
    mixed = x ^ (v & _LOW) >> _ONE
    error = _MULTIPLIER * mixed + step_z ^ y ^ (_MULTIPLIER * v + step_u & _LOW) >> _ONE
    holds = error >> _TOP_TWO == 0
    v, mixed = v[holds], mixed[holds]
    return v ^ v >> _TOP_TWO, mixed ^ mixed >> _TOP_TWO


def _equations(x: Words, v: Words, step_u: np.uint32, step_z: np.uint32) -> tuple[Words, Words]:
    """Evaluate all equations but for y, and how equation j changes if bit j of v becomes 1.

    The first is right up to bit 29. The multiplier ends in the bits 01, so
    that one more at bit j - 1 of what it multiplies changes that bit of the
    product, and bit j if there is a carry, or a borrow.
    """
    mixed = v >> _ONE
    mixed ^= x
    multiplied = _MULTIPLIER * mixed
    multiplied += step_z
    stepped = _MULTIPLIER * v
    stepped += step_u
    mixed ^= multiplied
    mixed <<= _ONE
    mixed ^= stepped
    stepped >>= _ONE
    multiplied ^= stepped
    return multiplied, mixed


def _forwards(state: Words, index: int, until: int) -> Words:
    """Compute the word of state number `until` from that of number `index`."""
    for number in range(index + 1, until + 1):
        state = _MULTIPLIER * (state ^ state >> _TOP_TWO) + np.uint32(number)
    return state


def _seeds(state: Words, index: int) -> Words:
    """Compute the word of state number 0, which is the seed, from that of number `index`."""
    for number in range(index, 0, -1):
        mixed = (state - np.uint32(number)) * _INVERSE
        state = mixed ^ mixed >> _TOP_TWO
    return state
