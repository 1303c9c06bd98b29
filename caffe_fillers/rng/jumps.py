"""Jumping ahead: the words that come any number of words later, without drawing those between.

Every bit of a Mersenne twister's output follows one linear recurrence over GF(2), whose characteristic
polynomial p has degree 19937. So the word at distance d is the exclusive or of those words i for which t**i
occurs in t**d mod p (Haramoto, Matsumoto, Nishimura, Panneton and L'Ecuyer, Efficient Jump Ahead for
F2-Linear Random Number Generators, INFORMS Journal on Computing 20(3), 2008). A polynomial over GF(2) is an
int here, bit i the coefficient of t**i.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from caffe_fillers.rng import kernel
from caffe_fillers.rng.twister import Twister, Words

_WINDOW = 4
_ROWS = 128
_SPREAD = np.array([int(f"{byte:b}", 4) for byte in range(256)], "<u2")
"""The bits of a byte with a zero above each: the square of a polynomial over GF(2)."""


def words_needed(twister: Twister) -> int:
    """How many words `jump` must be given."""
    return twister.degree + twister.n + _WINDOW


def jump(twister: Twister, words: Words, distance: int) -> Words:
    """The n words at `distance` behind the first of `words`, which are the next `words_needed`."""
    return combined(twister, words, _power(twister, distance))


def combined(twister: Twister, words: Words, polynomial: int) -> Words:
    """The sum of n words each that begin at those of `words_needed` ones for which `polynomial` has a term.

    Coefficients are taken four at a time: all sixteen sums of four
    neighboring words are made first, for every place at once. Then rows of n
    sums are gathered and joined, many in one call: a call a row would take
    three times as long, and go for the interpreter's lock 5,000 times.
    """
    result = np.zeros(twister.n, words.dtype)
    if kernel.is_used:
        kernel.loops.add(np.ascontiguousarray(words), _rows(twister, polynomial), result)
        return result
    length = words.size - _WINDOW
    sums = np.zeros((1 << _WINDOW, length), words.dtype)
    for bit in range(_WINDOW):
        np.bitwise_xor(sums[: 1 << bit], words[bit : bit + length], out=sums[1 << bit : 2 << bit])
    rows = sliding_window_view(sums, twister.n, axis=1)
    choices = _windows(twister, polynomial)
    begins = np.arange(choices.size) * _WINDOW
    for first in range(0, choices.size, _ROWS):
        gathered = rows[choices[first : first + _ROWS], begins[first : first + _ROWS]]
        result ^= np.bitwise_xor.reduce(gathered, axis=0)
    return result


@lru_cache(maxsize=16)
def _rows(twister: Twister, polynomial: int) -> NDArray[np.int32]:
    """Where the rows begin that are to be added, in units of 32 bits."""
    return (np.flatnonzero(_coefficients(twister, polynomial)) * (twister.w // 32)).astype(np.int32)


@lru_cache(maxsize=16)
def _windows(twister: Twister, polynomial: int) -> NDArray[np.uint8]:
    """The coefficients, four to a number."""
    bits = _coefficients(twister, polynomial).reshape(-1, _WINDOW)
    return np.packbits(bits, axis=1, bitorder="little").ravel()


def _coefficients(twister: Twister, polynomial: int) -> NDArray[np.uint8]:
    """The coefficients, and zeros up to a multiple of four."""
    size = -(-twister.degree // _WINDOW) * _WINDOW
    octets = polynomial.to_bytes(-(-size // 8), "little")
    return np.unpackbits(np.frombuffer(octets, np.uint8), bitorder="little", count=size)


@lru_cache(maxsize=16)
def _power(twister: Twister, exponent: int) -> int:
    """t**exponent mod p, squaring from the exponent's leading bits down."""
    rest = max(exponent.bit_length() - 14, 0)
    power = 1 << (exponent >> rest)
    for bit in reversed(range(rest)):
        power = remainder(twister, square(power) << (exponent >> bit & 1))
    return power


def square(polynomial: int) -> int:
    """The square of a polynomial.

    >>> bin(square(0b111))
    '0b10101'
    """
    octets = polynomial.to_bytes(-(-polynomial.bit_length() // 8), "little")
    return int.from_bytes(_SPREAD[np.frombuffer(octets, np.uint8)].tobytes(), "little")


def product(one: int, other: int) -> int:
    """The product of two polynomials.

    >>> bin(product(0b11, 0b111))
    '0b1001'
    """
    result = 0
    for power in np.flatnonzero(_bits(one)).tolist():
        result ^= other << power
    return result


def _bits(polynomial: int) -> NDArray[np.uint8]:
    octets = polynomial.to_bytes(-(-polynomial.bit_length() // 8), "little")
    return np.unpackbits(np.frombuffer(octets, np.uint8), bitorder="little")


def remainder(twister: Twister, polynomial: int) -> int:
    """Mod p. The second term of p lies n - 1 below the first, so n - 1 leading bits go at a time."""
    while (excess := polynomial.bit_length() - twister.degree) > 0:
        kept = max(excess - twister.n + 1, 0)
        polynomial ^= times_characteristic(twister, polynomial >> (twister.degree + kept)) << kept
    return polynomial


def times_characteristic(twister: Twister, polynomial: int) -> int:
    """The product with p, which the 1998 paper gives in closed form (appendix B); by Horner's rule.

    >>> from caffe_fillers.rng.twister import MT19937
    >>> times_characteristic(MT19937, 1).bit_length() - 1
    19937
    """
    n, m = twister.n, twister.m
    product = polynomial
    for bit in range(twister.w):
        lower = 1 if bit < twister.r else 0
        product = product << (n - lower) ^ product << (m - lower)
        if twister.a >> bit & 1:
            product ^= polynomial
    return product
