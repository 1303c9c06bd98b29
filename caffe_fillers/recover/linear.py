"""Solve for the state of a Mersenne twister from outputs of which only some bits are known.

Everything that the generator does to a bit is linear over GF(2). So with the unknown bits of the first n
outputs as unknowns, every known bit of a later output is an equation in them. The bits of the first word
below its upper ones never count.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.recover.elimination import Bits, Matrix, packed_columns, solve
from caffe_fillers.rng.twister import Twister, Words, temper, untemper

_PER_UNKNOWN = 2.2
"""Equations taken for each unknown, if there are as many: neighbors' top bits depend on one another."""
_LEAST = 1.02
_FEW_UNKNOWNS = 6000
"""Unknowns for which more equations are taken: whole words are missing then, which few equations hold."""
_AT_ONCE = 1 << 17
"""Numbers of 64 bits that are worked on at a time: few enough for a processor's cache."""


@dataclass(frozen=True)
class KnownBits:
    """Successive outputs of which the bits in `mask` are those in `bits`; other bits of `bits` are 0."""

    mask: Words
    bits: Words

    def part(self, begin: int, end: int) -> KnownBits:
        """Return the known bits of some of the outputs."""
        return KnownBits(mask=self.mask[begin:end], bits=self.bits[begin:end])


def is_enough(twister: Twister, known: KnownBits) -> bool:
    """Return whether there are as many equations as unknowns."""
    equations, unknowns = _numbers(twister, known)
    return int(equations.sum()) >= _LEAST * unknowns


def solve_state(twister: Twister, known: KnownBits) -> Words | None:
    """Return the first n outputs before tempering, if the known bits leave exactly one possibility.

    >>> from caffe_fillers.rng import Stream
    >>> from caffe_fillers.rng.twister import MT19937
    >>> words = Stream(3).words(1250)
    >>> mask = np.full(words.size, 2**32 - 1, np.uint32)
    >>> mask[100:110] = 0
    >>> state = solve_state(MT19937, KnownBits(mask=mask, bits=words & mask))
    >>> np.array_equal(temper(MT19937, state[1:]), words[1:624])
    True
    """
    equations, unknowns = _numbers(twister, known)
    enough = np.flatnonzero(np.cumsum(equations) >= _PER_UNKNOWN * unknowns)
    end = int(enough[0]) + 1 if enough.size else equations.size
    if twister.w < unknowns <= _FEW_UNKNOWNS:
        end = min(equations.size, 3 * twister.n)
    if equations[:end].sum() < _LEAST * unknowns:
        return None
    state = _symbolic_state(twister, known)
    rows = _equations(twister, state.copy(), known.part(twister.n, twister.n + end), unknowns)
    solution = solve(rows, unknowns)
    return None if solution is None else _insert(twister, state, solution)


def _numbers(twister: Twister, known: KnownBits) -> tuple[NDArray[np.intp], int]:
    """Count the equations that each output after the first n gives, and the unknowns that these leave."""
    counts = _bit_table(known.mask).sum(axis=1, dtype=np.intp)
    n, w = twister.n, twister.w
    return counts[n:], int((w - counts[1:n]).sum()) + w - twister.r


def _bit_table(words: Words) -> Bits:
    """Return the bits of each word, the lowest first."""
    octets = np.ascontiguousarray(words).view(np.uint8).reshape(words.size, -1)
    return np.unpackbits(octets, axis=1, bitorder="little")


def _units(twister: Twister) -> Words:
    units: Words = np.left_shift(twister.dtype.type(1), np.arange(twister.w, dtype=twister.dtype))
    return units


def _symbolic_state(twister: Twister, known: KnownBits) -> Matrix:
    """Return each bit of the first n words before tempering as a sum of unknowns: n, w, packed columns."""
    n, w = twister.n, twister.w
    known_bits = _bit_table(known.mask[:n]).astype(np.bool_)
    known_bits[0] = np.arange(w) < twister.r  # of the first word only what counts is unknown, untempered
    columns = np.where(known_bits, -1, np.cumsum(~known_bits.ravel()).reshape(n, w) - 1)
    unknowns = int(columns.max()) + 1
    state = np.zeros((n, w, packed_columns(unknowns)), np.uint64)
    depends = _bit_table(untemper(twister, _units(twister)))  # of row b the bits that bit b changes
    for bit in range(w):
        words = np.flatnonzero(~known_bits[1:, bit]) + 1
        column = columns[words, bit]
        for target in np.flatnonzero(depends[bit]).tolist():
            state[words, target, column >> 6] ^= np.left_shift(np.uint64(1), (column & 63).astype(np.uint64))
    for bit in np.flatnonzero(~known_bits[0]).tolist():
        state[0, bit, columns[0, bit] >> 6] = np.uint64(1 << int(columns[0, bit] & 63))
    constant = _bit_table(untemper(twister, known.bits[1:n])).astype(np.uint64)
    state[1:, :, unknowns >> 6] ^= constant << np.uint64(unknowns & 63)
    return state


def _equations(twister: Twister, state: Matrix, known: KnownBits, unknowns: int) -> Matrix:
    """Return each known bit's equation as a row; `state` advances in place, as the generator's does."""
    table = _bit_table(known.mask).astype(np.bool_)
    values = _bit_table(known.bits).astype(np.uint64) << np.uint64(unknowns & 63)
    rows = np.empty((int(table.sum()), state.shape[2]), np.uint64)
    depends = _bit_table(temper(twister, _units(twister)))
    sources = [np.flatnonzero(depends[:, bit]) for bit in range(twister.w)]
    filled = begin = 0
    while begin < known.mask.size:
        fresh = _step(twister, state, begin, known.mask.size)
        here = slice(begin, begin + fresh.shape[0])
        for bit in np.flatnonzero(table[here].any(axis=0)):
            words = np.flatnonzero(table[here, bit])
            part = rows[filled : filled + words.size]
            np.bitwise_xor.reduce(fresh[words[:, None], sources[bit]], axis=1, out=part)
            part[:, unknowns >> 6] ^= values[here, bit][words]
            filled += words.size
        begin += fresh.shape[0]
    return rows


def _step(twister: Twister, state: Matrix, begin: int, end: int) -> Matrix:
    """Replace some words of the state, from number `begin` on, by the words n later, and return these."""
    n, m, w = twister.n, twister.m, twister.w
    slot = begin % n
    size = min(end - begin, n - m, m, max(1, _AT_ONCE // (w * state.shape[2])))
    size = min([size, *(n - place for place in (slot, (slot + 1) % n, (slot + m) % n))])
    mixed = np.zeros((size, w, state.shape[2]), np.uint64)
    following = (slot + 1) % n
    mixed[:, : twister.r - 1] = state[following : following + size, 1 : twister.r]
    mixed[:, twister.r - 1 : w - 1] = state[slot : slot + size, twister.r :]
    twisted = np.flatnonzero(_bit_table(np.array([twister.a], twister.dtype))[0])
    mixed[:, twisted] ^= state[following : following + size, :1]
    later = (slot + m) % n
    mixed ^= state[later : later + size]
    state[slot : slot + size] = mixed
    return mixed


def _insert(twister: Twister, state: Matrix, solution: Bits) -> Words:
    """Compute the words of a state from its unknowns."""
    packed = np.zeros(state.shape[2] * 64, np.uint8)
    packed[: solution.size] = solution
    packed[solution.size] = 1
    chosen = np.bitwise_xor.reduce(state & np.packbits(packed, bitorder="little").view(np.uint64), axis=2)
    for shift in (32, 16, 8, 4, 2, 1):
        chosen ^= chosen >> np.uint64(shift)
    bits = (chosen & np.uint64(1)).astype(np.uint8)
    words: Words = np.packbits(bits, axis=1, bitorder="little").view(twister.dtype).ravel()
    return words
