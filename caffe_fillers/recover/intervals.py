"""Intervals of outputs that can have made a uniform value, which grows with its output."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import distributions
from caffe_fillers.recover.linear import KnownBits
from caffe_fillers.rng.twister import MT19937, Twister, Words

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Interval:
    """Least and greatest possible value of each of successive outputs."""

    least: Words
    most: Words

    def part(self, begin: int, end: int) -> Interval:
        """Return the intervals of some of the outputs."""
        return Interval(least=self.least[begin:end], most=self.most[begin:end])

    def holds(self, words: Words) -> NDArray[np.bool_]:
        """Return which words lie in their interval."""
        inside: NDArray[np.bool_] = words - self.least <= self.most - self.least
        return inside


def known_bits(interval: Interval) -> KnownBits:
    """Return the leading bits that both ends of an interval share.

    >>> least, most = np.array([0xFF00, 0xFF0F], np.uint32)[:, None]
    >>> known = known_bits(Interval(least=least, most=most))
    >>> hex(known.mask[0]), hex(known.bits[0])
    ('0xfffffff0', '0xff00')
    """
    word = interval.least.dtype.type
    differs = interval.least ^ interval.most
    for power in range(differs.itemsize.bit_length() + 2):
        differs |= differs >> word(1 << power)
    mask = ~differs
    return KnownBits(mask=mask, bits=interval.least & mask)


def uniform_interval(
    distribution: distributions.Uniform, least: Floats, most: Floats, twister: Twister = MT19937
) -> Interval | None:
    """Return the outputs of which `distribution` makes values from `least` to `most`, both included.

    None if for some value there is no such output.

    >>> unit = distributions.Uniform(0.0, 1.0)
    >>> found = uniform_interval(unit, np.float32([0.25]), np.float32([0.25]))
    >>> found.least.tolist(), found.most.tolist()
    ([1073741664], [1073741791])
    """
    if is_halved(distribution):
        return None
    first = _count_below(distribution, twister, np.float32(least))
    behind = _count_below(distribution, twister, np.nextafter(np.float32(most), np.float32(np.inf)))
    if not (behind > first).all():
        return None
    return Interval(
        least=first.astype(twister.dtype),
        most=(behind - np.uint64(1)).astype(twister.dtype),
    )


def is_halved(distribution: distributions.Uniform) -> bool:
    """Return whether no float32 holds the width: Boost then draws from half the range, and doubles.

    >>> is_halved(distributions.Uniform(-3e38, 3e38)), is_halved(distributions.Uniform(0.0, 3e38))
    (True, False)
    """
    return distribution.high / 2 - distribution.low / 2 >= float(np.finfo(np.float32).max) / 2


def _count_below(distribution: distributions.Uniform, twister: Twister, value: Floats) -> NDArray[np.uint64]:
    """Count the words whose value is below this; one too few if all are."""
    count = np.zeros(value.size, np.uint64)
    for bit in range(twister.w - 1, -1, -1):
        tried = count | np.uint64(1 << bit)
        count = np.where(_value(distribution, twister, tried - np.uint64(1)) < value, tried, count)
    return count


def _value(distribution: distributions.Uniform, twister: Twister, words: NDArray[np.uint64]) -> Floats:
    """Compute the values that `caffe_rng_uniform` makes of words (`rng.uniform`)."""
    low, high = np.float32(distribution.low), np.float32(distribution.high)
    width = np.nextafter(high, np.float32(np.inf)) - low
    values: Floats = words.astype(twister.dtype).astype(np.float32)
    values *= width * np.float32(2.0**-twister.w)
    values += low
    return values
