"""Test whether words are outputs of mt19937, by sums of few leading bits that are always even.

With x the outputs before tempering, D the step to the next output, B and C what the twist makes of the
lower bits of one word and of the upper bits of the word before: (D**n + D**m) x = (B D + C) x. As D
commutes with all of that, Z**j x = N**j x for Z = D**n + D**m and N = B D + C. So every row of polynomials
g_j(D) for which the sum of g_j N**j vanishes is a relation: the sum of g_j Z**j y is 0 for outputs y, N being
tempered as well. Of relations that read the leading 17 bits of each output there are some over 624 outputs,
with 12 bits over 1,247, with 8 over 2,493, and with one bit, the characteristic polynomial, over 19,938.
They have 5 to 135 terms. Wrong bits only weaken the bias of such sums, so that values that were rounded,
moved, scaled or negated show their origin, and all others show in milliseconds that they have none.

Harase, On the F2-linear relations of Mersenne Twister pseudorandom number generators, Mathematics and
Computers in Simulation 100, 2014, found that such relations are sparse.
"""

from __future__ import annotations

import math
from collections import Counter
from functools import cache

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.distributions import Distribution
from caffe_fillers.recover.linear import KnownBits
from caffe_fillers.rng.twister import MT19937, Words, temper, untemper

_POWERS = {17: 1, 12: 2, 8: 4, 4: 8, 2: 16, 1: 32}
"""The highest power of Z that a relation needs, by the number of leading bits."""
_SURE = 6.0
"""Standard errors by which the sums of foreign words are never biased: by chance in one case of 2**29."""
_MIN_VALUES = 900
"""Uniforms, as they were drawn, that show whether mt19937 drew them."""
_MOST_SUMS, _FEWEST_SUMS = 1 << 18, 40
"""Sums that are looked at."""

Relation = tuple[tuple[int, int], ...]


@cache
def relation(leading: int) -> Relation:
    """Return pairs (output, bit) of so many leading bits, whose sum is even wherever it begins.

    >>> [len(relation(leading)) for leading in (17, 12, 8, 1)]
    [7, 5, 15, 135]
    """
    highest = _POWERS[leading]
    rows: dict[tuple[int, int, int], int] = {}
    for bit in range(MT19937.w - leading, MT19937.w):
        power = [1 << bit]
        for j in range(highest + 1):
            packed = sum(part << MT19937.w * d for d, part in enumerate(power))
            rows |= {(j, d, bit): packed << MT19937.w * d for d in range(highest - j + 1)}
            power = _times_n(power)
    return min((_terms(list(rows), chosen) for chosen in _vanishing(list(rows.values()))), key=len)


def is_mt19937(words: Words, fewest_bits: int = 1) -> bool:
    """Return whether words are successive outputs, or all negated; a few leading bits may be wrong.

    With `fewest_bits` of 2 every second output is none, whose leading bits alone keep the relation: squaring
    maps the roots of the characteristic polynomial to one another. numpy's `RandomState` draws such doubles.

    >>> from caffe_fillers.rng import Stream
    >>> words = Stream(3).words(3000)
    >>> is_mt19937(words), is_mt19937(~words), is_mt19937(words & 0xFFE00000), is_mt19937(words[::-1])
    (True, True, True, False)
    >>> each_second = Stream(3).words(48_000)[::2]
    >>> is_mt19937(each_second), is_mt19937(each_second, fewest_bits=2), is_mt19937(words, fewest_bits=2)
    (True, False, True)
    """
    for leading in _POWERS:
        terms = relation(leading)
        size = min(_MOST_SUMS, words.size - terms[-1][0])
        if size < _FEWEST_SUMS or leading < fewest_bits:
            return False
        sums = np.zeros(size, np.uint32)
        for output, bit in terms:
            sums ^= words[output : output + size] >> np.uint32(bit)
        odd = int((sums & np.uint32(1)).sum())
        if abs(size - 2 * odd) >= _SURE * math.sqrt(size):
            return True
    return False


def may_be_drawn(distribution: Distribution, values: NDArray[np.floating], fewest_bits: int = 1) -> bool:
    """Return whether mt19937 may have drawn values; True for few values or an unbounded distribution.

    >>> from caffe_fillers.distributions import Uniform
    >>> values = np.random.default_rng(0).uniform(-1, 1, 3000)
    >>> may_be_drawn(Uniform(-1.0, 1.0), values), may_be_drawn(Uniform(-1.0, 1.0), values[:100])
    (False, True)
    """
    low, high = distribution.support
    if values.size < _MIN_VALUES or not math.isfinite(high - low) or not high > low:
        return True
    share = (np.nan_to_num(values.astype(np.float64)) - low) / (high - low)
    return is_mt19937(np.clip(share * 2.0**32, 0, 2.0**32 - 1).astype(np.uint32), fewest_bits)


def is_contradicted(known: KnownBits) -> bool:
    """Return whether known bits cannot be those of successive outputs, since a sum of them is odd."""
    for leading in _POWERS:
        terms = relation(leading)
        size = min(_MOST_SUMS, known.mask.size - terms[-1][0])
        if size < 1:
            break
        sums, all_known = np.zeros(size, np.uint32), np.ones(size, np.uint32)
        for output, bit in terms:
            sums ^= known.bits[output : output + size] >> np.uint32(bit)
            all_known &= known.mask[output : output + size] >> np.uint32(bit)
        if (sums & all_known).any():
            return True
    return False


def _times_n(polynomial: list[int]) -> list[int]:
    """Multiply a row of polynomials in D, by coefficients, by N."""
    product = [0] * (len(polynomial) + 1)
    for d, row in enumerate(polynomial):
        for bit, (lower, upper) in enumerate(zip(*_twist(), strict=True)):
            product[d] ^= ((row & upper).bit_count() & 1) << bit
            product[d + 1] ^= ((row & lower).bit_count() & 1) << bit
    return product


@cache
def _twist() -> tuple[list[int], list[int]]:
    """Return what B and C make of each bit of a tempered output, tempered."""
    word = MT19937.dtype.type
    state = untemper(MT19937, np.left_shift(word(1), np.arange(MT19937.w, dtype=MT19937.dtype)))
    below = state & word((1 << MT19937.r) - 1)
    lower = below >> word(1) ^ (below & word(1)) * word(MT19937.a)
    upper = (state ^ below) >> word(1)
    return temper(MT19937, lower).tolist(), temper(MT19937, upper).tolist()


def _vanishing(rows: list[int]) -> list[int]:
    """Return a basis of the sums of rows that vanish, each as a number whose bits say which rows."""
    pivots: dict[int, tuple[int, int]] = {}
    found = []
    for number, begin in enumerate(rows):
        row, chosen = begin, 1 << number
        while row and row.bit_length() in pivots:
            other, also = pivots[row.bit_length()]
            row, chosen = row ^ other, chosen ^ also
        if row:
            pivots[row.bit_length()] = row, chosen
        else:
            found.append(chosen)
    return found


def _terms(places: list[tuple[int, int, int]], chosen: int) -> Relation:
    """Return the bits that a sum of D**d Z**j reads."""
    read: Counter[tuple[int, int]] = Counter()
    for number, (j, d, bit) in enumerate(places):
        if chosen >> number & 1:
            for power in range(j + 1):
                if math.comb(j, power) & 1:
                    read[(MT19937.n * (j - power) + MT19937.m * power + d, bit)] += 1
    return tuple(sorted(place for place, times in read.items() if times & 1))
