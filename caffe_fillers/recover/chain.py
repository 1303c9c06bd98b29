"""Outputs of values that each leave some 256 candidates, narrowed by mt19937's recurrence.

x[k + 624] ^ x[k + 397] = A(top bit of x[k], lower bits of x[k + 1]) holds for all k, so that the candidates
of two outputs are candidates of a third, which its value confirms: one of 2**24. Tempering and A are
linear: where the candidates of an output are a word plus all sums of eight, so is what follows from them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.recover.intervals import Interval, known_bits
from caffe_fillers.recover.linear import KnownBits
from caffe_fillers.recover.rewind import inverse_twist
from caffe_fillers.rng.twister import MT19937, Words, temper, untemper

Places = NDArray[np.intp]
Held = NDArray[np.bool_]

VALUES = 2 * MT19937.n + 1
"""Values in a row that are enough if each leaves a few hundred outputs."""

_FULL = np.uint32(0xFFFFFFFF)
_LEAST_HIDDEN, _MOST_HIDDEN = 8, 12
_AT_ONCE = 1 << 17
"""Candidates at a time, for a processor's cache."""
_HOLD, _FIRST = 0.8, 16
"""The share of relations that must hold, from the first 16 on; by chance 1 in 1,000 does."""


@dataclass(frozen=True)
class Candidates:
    """Candidates for successive outputs: one of `begins`, with any of the `hidden` bits changed.

    `holds` says of words, a row for each of some places, which of them the values there allow, `known` what
    all candidates of an output have in common.
    """

    begins: Words
    hidden: Sequence[int]
    holds: Callable[[Places, Words], Held]
    known: KnownBits


def of_interval(interval: Interval) -> Candidates | None:
    """Return the candidates in an interval, from the blocks that it touches; None if these are too many."""
    widest = int((interval.most - interval.least).max())
    hidden = max(_LEAST_HIDDEN, widest.bit_length() - 1)
    if hidden > _MOST_HIDDEN:
        return None
    low = np.uint32(hidden)
    first, last = interval.least >> low, interval.most >> low
    blocks = np.arange(int((last - first).max()) + 1, dtype=np.uint32)

    def holds(places: Places, words: Words) -> NDArray[np.bool_]:
        part = Interval(least=interval.least[places, None], most=interval.most[places, None])
        return part.holds(words)

    return Candidates(
        begins=np.minimum(first[:, None] + blocks, last[:, None]) << low,
        hidden=range(hidden),
        holds=holds,
        known=known_bits(interval),
    )


def of_known_bits(known: KnownBits) -> Candidates:
    """Return the candidates for outputs of which the same bits are known."""
    hidden = [bit for bit in range(MT19937.w) if not int(known.mask[0]) >> bit & 1]

    def holds(places: Places, words: Words) -> NDArray[np.bool_]:
        same: NDArray[np.bool_] = (words & known.mask[places, None]) == known.bits[places, None]
        return same

    return Candidates(begins=known.bits[:, None], hidden=hidden, holds=holds, known=known)


def known_by_recurrence(candidates: Candidates) -> KnownBits | None:
    """Return the known bits of outputs, most of the first 624 wholly; None if mt19937 did not make them.

    >>> from caffe_fillers.rng import Stream
    >>> words = Stream(3).words(1300)
    >>> interval = Interval(least=words - words % 200, most=words - words % 200 + 199)
    >>> known = known_by_recurrence(of_interval(interval))
    >>> bool((known.mask == 2**32 - 1)[1:600].mean() > 0.99), bool((words & known.mask == known.bits).all())
    (True, True)
    """
    mask, bits = candidates.known.mask.copy(), candidates.known.bits.copy()
    span = _span(candidates.hidden)
    at_once = max(_FIRST, _AT_ONCE // (span.size * candidates.begins.shape[1] ** 2))
    relations = np.arange(mask.size - MT19937.n)
    held = 0
    for begin in (0, *range(_FIRST, relations.size, at_once)):
        places = relations[begin : begin + (at_once if begin else _FIRST)]
        words, single, any_ = _confirmed(candidates, span, places)
        held += int(any_.sum())
        if held < _HOLD * (begin + places.size):
            return None
        mask[places[single] + 1], bits[places[single] + 1] = _FULL, words[single]
    return KnownBits(mask=mask, bits=bits)


def _confirmed(
    candidates: Candidates, span: Words, places: Places
) -> tuple[Words, NDArray[np.bool_], NDArray[np.bool_]]:
    """Return for each k output number k + 1, whether it is the only possibility, and whether there is any."""
    later, middle = (candidates.begins[places + lag] for lag in (MT19937.n, MT19937.m))
    begin = _following((later[:, :, None] ^ middle[:, None, :]).reshape(places.size, -1))
    words = (begin[:, :, None] ^ span).reshape(places.size, -1)
    holds = candidates.holds(places + 1, words)
    least = np.where(holds, words, _FULL).min(axis=1)
    most = np.where(holds, words, np.uint32(0)).max(axis=1)
    return least, least == most, least <= most


def _following(sums: Words) -> Words:
    """Compute output k + 1, but for its top bit, from the sum of outputs k + 624 and k + 397."""
    return temper(MT19937, inverse_twist(MT19937, untemper(MT19937, sums)) & np.uint32(0x7FFFFFFF))


def _span(hidden: Sequence[int]) -> Words:
    """Return all changes of output k + 1 that hidden bits and its top bit make."""
    span = np.zeros(1, np.uint32)
    for bit in hidden:
        span = np.concatenate((span, span ^ _following(np.array([1 << bit], np.uint32))))
    return np.concatenate((span, span ^ temper(MT19937, np.array([1 << 31], np.uint32))))
