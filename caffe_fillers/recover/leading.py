"""Outputs of values of which only the half of the distribution that they lie in is known.

A leading bit is a sign, which scaling, rounding and a little training leave as it was. The leading bits of
19,937 successive outputs are a whole state. As the sequence is a linear recurrence with characteristic
polynomial p, two streams differ by an element r of the field GF(2)[t] / p: with R the bits of a stream as a
polynomial, highest power first, A = p R div t**19937 of the one is r times A of the other, and all outputs
of the one are those sums of the other's that r says, as in a jump ahead (`rng.jumps`). So r is found by one
division, without any linear equations.

Bits that training turned are put right before: each bit has its part in up to 135 sums that should be even,
as in Gallager's codes (Low-Density Parity-Check Codes, 1963), of which a wrong one breaks most.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.recover.relations import relation
from caffe_fillers.rng import Stream
from caffe_fillers.rng.generators import make_generator
from caffe_fillers.rng.jumps import combined, product, remainder, square, times_characteristic, words_needed
from caffe_fillers.rng.twister import MT19937, Words

Bits = NDArray[np.uint8]
Margins = NDArray[np.float64]

VALUES = MT19937.degree + 300
"""Values in a row that are enough if nearly all bits are right."""

_MOST_VALUES = 45_000
"""Values that are looked at."""
_ROUNDS = 40
_UNSURE, _SPARE = (50, 200, 500, 1500), 40
"""Numbers of bits to solve for, in the order of trials; and the sums that must be there beyond them."""
_AGREE = 0.8
"""The share of bits that a state must make again: by chance half of them."""


def outputs_of_leading_bits(bits: Bits, margins: Margins, stride: int = 1) -> tuple[int, Words] | None:
    """Compute the outputs of a stream from leading bits of each output, or of every second one.

    With the place of the bit of the first of these 624 outputs. `margins` says how far each value is from
    where its bit would turn, in parts of the whole range. None if too many are wrong, or all.

    >>> words = Stream(7).words(23_000)
    >>> share = words * 2.0**-32 + np.random.default_rng(0).normal(0, 0.002, words.size)
    >>> bits = (share >= 0.5).astype(np.uint8)
    >>> int((bits != words >> 31).sum()) > 10
    True
    >>> place, outputs = outputs_of_leading_bits(bits, np.abs(share - 0.5))
    >>> np.array_equal(outputs, words[place : place + 624])
    True
    """
    bits, margins = bits[:_MOST_VALUES], margins[:_MOST_VALUES]
    if bits.size < VALUES:
        return None
    begin = (bits.size - MT19937.degree) // 2  # the first and the last bits are in few sums
    for corrected in _corrections(bits, margins):
        outputs = outputs_of(corrected[begin:], stride)
        following = make_generator(MT19937, outputs).words((bits.size - begin) * stride)[::stride]
        again = (following[MT19937.degree :] >> np.uint32(31)).astype(np.uint8)
        if (again == bits[begin + MT19937.degree :]).mean() >= _AGREE:
            return begin, outputs
    return None


def outputs_of(bits: Bits, stride: int = 1) -> Words:
    """Compute the outputs whose leading bits these are; with a stride of 2, each second one's."""
    summed = ratio(bits, stride)
    if stride == 2:
        summed = remainder(MT19937, square(summed))
    return combined(MT19937, Stream(0).words(words_needed(MT19937)), summed)


def ratio(bits: Bits, stride: int = 1) -> int:
    """Return the polynomial that says which leading bits of seed 0 add up to a sequence of bits.

    >>> ratio((Stream(0).words(20_000)[5:] >> np.uint32(31)).astype(np.uint8)) == 1 << 5
    True
    """
    return remainder(MT19937, product(_element(bits), _reference(stride)))


def _element(bits: Bits) -> int:
    """Compute the polynomial A of the first bits, as many as a state has."""
    first = bits[: MT19937.degree][::-1]
    packed = int.from_bytes(np.packbits(first, bitorder="little").tobytes(), "little")
    return times_characteristic(MT19937, packed) >> MT19937.degree


@cache
def _reference(stride: int) -> int:
    """Return one over the A of seed 0."""
    words = Stream(0).words(MT19937.degree * stride)[::stride]
    bits = (words >> np.uint32(31)).astype(np.uint8)
    return inverse(_element(bits))


def inverse(element: int) -> int:
    """Invert a polynomial modulo the characteristic polynomial, by Euclid's algorithm.

    >>> remainder(MT19937, product(inverse(0b1011), 0b1011))
    1
    """
    larger, smaller, of_larger, of_smaller = times_characteristic(MT19937, 1), element, 0, 1
    while smaller != 1:
        shift = larger.bit_length() - smaller.bit_length()
        if shift < 0:
            larger, smaller, of_larger, of_smaller = smaller, larger, of_smaller, of_larger
            continue
        larger ^= smaller << shift
        of_larger ^= of_smaller << shift
    return of_smaller


def _corrections(bits: Bits, margins: Margins) -> Iterator[Bits]:
    """Yield bits corrected so that all sums are even, by two methods."""
    turned, surety = _turned(bits, margins)
    if not _sums(turned).any():
        yield turned
        return
    for kept, doubt in ((turned, surety), (bits, margins)):
        solved = _solved(kept, doubt)
        if solved is not None:
            yield solved


def _turned(bits: Bits, margins: Margins) -> tuple[Bits, Margins]:
    """Turn each bit while that makes its sums even; return the bits and how sure each is.

    It counts how far a value is from where its bit would turn, in units of how many are wrong, and how
    many of its sums are even more than odd, in units of how much that says.
    """
    right, surety = bits.copy(), margins
    for _ in range(_ROUNDS):
        sums = _sums(right)
        bias = 1 - 2 * float(sums.mean())
        if not 0 < bias < 1:
            break
        signed = 1 - 2 * sums.astype(np.int16)
        even = np.zeros(bits.size, np.int16)
        for output in _places():
            even[output : output + sums.size] += signed
        wrong = (1 - bias ** (1 / len(_places()))) / 2
        own = np.where(right == bits, 1, -1) * (margins / wrong + np.log(2))
        surety = own + even * np.log((1 + bias) / (1 - bias))
        if not (surety < 0).any():
            break
        right ^= surety < 0
    return right, surety


@cache
def _places() -> list[int]:
    """Return the places of the bits of a sum, counted from its first one."""
    first = relation(1)[0][0]
    return [output - first for output, _ in relation(1)]


def _sums(bits: Bits) -> Bits:
    """Compute all sums that should be even."""
    sums = np.zeros(bits.size - MT19937.degree, np.uint8)
    for output in _places():
        sums ^= bits[output : output + sums.size]
    return sums


def _solved(bits: Bits, surety: Margins) -> Bits | None:
    """Solve for the least sure bits so that all sums are even; None unless there is exactly one solution."""
    sums, order = _sums(bits), np.argsort(surety)
    for unsure in (order[:size] for size in _UNSURE if size + _SPARE <= sums.size):
        number = {place: 1 << column for column, place in enumerate(unsure.tolist())}
        pivots = _pivots(sums, number)
        if 1 << len(number) in pivots:
            continue
        if len(pivots) < len(number):
            break
        solution = 1 << len(number)
        for column in range(len(number) - 1, -1, -1):
            solution |= ((pivots[1 << column] & solution).bit_count() & 1) << column
        turned: Bits = bits.copy()
        turned[[place for place, bit in number.items() if solution & bit]] ^= 1
        if not _sums(turned).any():
            return turned
    return None


def _pivots(sums: Bits, number: dict[int, int]) -> dict[int, int]:
    """Bring equations to echelon form, by their lowest unknown, until there are as many as unknowns.

    Above the unknowns is the right side, which is a pivot itself where the equations contradict one another.
    """
    pivots: dict[int, int] = {}
    one = 1 << len(number)
    for begin in np.random.default_rng(0).permutation(sums.size).tolist():
        row = one * int(sums[begin])
        for output in _places():
            row ^= number.get(begin + output, 0)
        while row and (row & -row) in pivots:
            row ^= pivots[row & -row]
        if row:
            pivots[row & -row] = row
        if len(pivots) == len(number) or one in pivots:
            break
    return pivots
