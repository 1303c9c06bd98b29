"""Boost's streams and distributions one value at a time, in plain Python: the truth of the vectorized ones.

Written from boost/random/*.hpp at tags boost-1.54.0, 1.58.0 and 1.74.0, with Python's own arithmetic: a float
is a numpy scalar, whose operations round to its type, and the C library itself gives log, exp, sin and cos.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import itertools
import math
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from caffe_fillers.rng import Family
from caffe_fillers.rng.tables import EXPONENTIAL, NORMAL

Real = Any


def mersenne(bits: int, seed: int) -> Iterator[int]:
    """All words of mt19937 or mt19937_64, one state word at a time."""
    n, f = {32: (624, 1812433253), 64: (312, 6364136223846793005)}[bits]
    top = 2**bits - 1
    state = [seed & top]
    for index in range(1, n):
        state.append((f * (state[-1] ^ state[-1] >> bits - 2) + index) & top)
    return recurrence(bits, state)


def recurrence(bits: int, state: list[int]) -> Iterator[int]:
    """All words that follow n words of state."""
    n, m, a, steps = {
        32: (624, 397, 0x9908B0DF, ((11, 2**32 - 1), (7, 0x9D2C5680), (15, 0xEFC60000), 18)),
        64: (
            *(312, 156, 0xB5026F5AA96619E9),
            ((29, 0x5555555555555555), (17, 0x71D67FFFEDA60000), (37, 0xFFF7EEE000000000), 43),
        ),
    }[bits]
    top = 2**bits - 1
    (u, d), (s, b), (t, c), last = steps
    for index in itertools.cycle(range(n)):
        mixed = state[index] & (top ^ 0x7FFFFFFF) | state[(index + 1) % n] & 0x7FFFFFFF
        word = state[index] = state[(index + m) % n] ^ mixed >> 1 ^ (a if mixed & 1 else 0)
        word ^= word >> u & d
        word ^= word << s & b
        word ^= word << t & c
        yield word ^ word >> last


class Draw:
    """The distributions over an iterator of words, in one C++ type; `taken` counts the words."""

    def __init__(self, words: Iterator[int], bits: int, dtype: type[np.floating], family: Family) -> None:
        self._words, self.bits, self.dtype, self.family = words, bits, dtype, family
        self.taken = 0
        self._cached: tuple[Real, Real] | None = None

    def word(self) -> int:
        self.taken += 1
        return next(self._words)

    def real(self, value: int | float) -> Real:
        """`static_cast<RealType>`; numpy would convert a large int by way of double, and round twice."""
        if isinstance(value, int) and self.dtype is np.float32:
            return np.array(value, np.uint64).astype(np.float32)[()]
        return self.dtype(value)

    def uniform_real(self, low: Real, upper: Real) -> Real:
        two = self.dtype(2)
        if upper / two - low / two > np.finfo(self.dtype).max / two:
            return two * self.uniform_real(low / two, upper / two)
        while True:
            value = self.real(self.word()) / self.real(2.0**self.bits) * (upper - low) + low
            if value < upper:
                return value

    def uniform_01(self) -> Real:
        while True:
            value = self.real(self.word()) * (self.dtype(1) / self.real(2.0**self.bits))
            if value < 1:
                return value

    def bernoulli(self, p: Real) -> bool:
        return bool(p != 0 and self.real(self.word()) <= p * self.real(2**self.bits - 1))

    def normal(self, mean: Real, sigma: Real) -> Real:
        standard = self._box_muller if self.family is Family.BOX_MULLER else self._ziggurat
        return standard() * sigma + mean

    def _box_muller(self) -> Real:
        if self._cached is None:
            first, second = self.uniform_01(), self.uniform_01()
            rho = np.sqrt(self.dtype(-2) * self._c(math.log, self.dtype(1) - second))
            self._cached = first, rho
            circle = math.cos
        else:
            (first, rho), self._cached = self._cached, None
            circle = math.sin
        return rho * self._c(circle, self.dtype(2) * self.dtype(math.pi) * first)

    def _pair(self) -> tuple[Real, int]:
        """`generate_int_float_pair<RealType, 8>`."""
        digits = np.finfo(self.dtype).nmant + 1
        word = self.word()
        bucket = word & 0xFF
        if self.bits - 8 > digits:
            word &= ~(1 << self.bits - digits)
        fraction = self.real(word >> 8) * self.real(2.0 ** (8 - self.bits))
        if self.bits - 8 < digits:
            remaining = (digits - self.bits + 8) % self.bits
            fraction += self.real(self.word() & (1 << remaining) - 1)
            fraction *= self.real(2.0**-remaining)
        return fraction, bucket

    def _ziggurat(self) -> Real:
        corner_x, corner_y = NORMAL
        real = self.real
        while True:
            fraction, bucket = self._pair()
            sign, i = self.dtype((bucket & 1) * 2 - 1), bucket >> 1
            x = fraction * real(corner_x[i])
            if float(x) < corner_x[i + 1]:
                return x * sign
            if i == 0:
                return self._tail() * sign
            uniform = self.uniform_01()
            y = real(corner_y[i]) + uniform * real(corner_y[i + 1] - corner_y[i])
            density = self._c(math.exp, -(x * x / self.dtype(2)))
            if self.family is Family.ZIGGURAT_1_56:
                if y < density:
                    return x * sign
                continue
            left = real(corner_x[i]) - x
            chord = real(corner_x[i] - corner_x[i + 1]) * uniform - left
            tangent = y - (real(corner_y[i]) + left * real(corner_y[i]) * real(corner_x[i]))
            upper, lower = (chord, tangent) if corner_x[i] >= 1 else (tangent, chord)
            if upper < 0 and (lower < 0 or y < density):
                return x * sign

    def _tail(self) -> Real:
        start = self.real(NORMAL.x[1])
        while True:
            x = self._exponential() / start
            y = self._exponential()
            if self.dtype(2) * y > x * x:
                return x + start

    def _exponential(self) -> Real:
        if self.family is Family.ZIGGURAT_1_56:
            return -self._c(math.log, self.dtype(1) - self.uniform_01())
        corner_x, corner_y = EXPONENTIAL
        real = self.real
        shift = self.dtype(0)
        while True:
            fraction, i = self._pair()
            x = fraction * real(corner_x[i])
            if x < real(corner_x[i + 1]):
                return shift + x
            if i == 0:
                shift += real(corner_x[1])
                continue
            uniform = self.uniform_01()
            y = real(corner_y[i]) + uniform * real(corner_y[i + 1] - corner_y[i])
            chord = real(corner_x[i] - corner_x[i + 1]) * uniform - (real(corner_x[i]) - x)
            tangent = y - (real(corner_y[i + 1]) + (real(corner_x[i + 1]) - x) * real(corner_y[i + 1]))
            if chord < 0 and (tangent < 0 or y < self._c(math.exp, -x)):
                return x + shift

    def _c(self, function: Callable[[float], float], x: Real) -> Real:
        """The C library's function of this type."""
        if self.dtype is np.float64:
            return np.float64(function(x))
        return np.float32(c_float_function(function.__name__)(float(x)))


@cache
def c_float_function(name: str) -> Callable[[float], float]:
    """`logf` for "log", and so on, from the C library that runs here."""
    function = getattr(ctypes.CDLL(ctypes.util.find_library("m")), name + "f")
    function.argtypes, function.restype = [ctypes.c_float], ctypes.c_float
    return function
