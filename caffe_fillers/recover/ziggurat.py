"""Outputs of normals of Boost's ziggurat (1.56 and later), anywhere in the stream.

A quick normal, of which 985 in 1,000 are, leaves 70 to 200 candidates for its output: the layer is hidden.
A slow one takes several outputs, so that what comes after it is shifted, by some 12 outputs over the
recurrence's lag of 397 and 19 over its 624. For a pair of neighbors all candidates of values about 397
later are therefore tried against all of values about 624 later; the shifts at which neighboring pairs
agree are the right ones, and are then followed along the values. Where slow normals took outputs nothing is
known of these, which `linear` finds out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import distributions
from caffe_fillers.recover.linear import KnownBits
from caffe_fillers.rng.attempts import bucket_tables
from caffe_fillers.rng.twister import MT19937, Words, temper, untemper

Floats = NDArray[np.float32]
Places = NDArray[np.intp]

VALUES = 2400
"""Values in a row that are enough nearly always."""

_PAIRS, _VOTES = 16, 5
"""Pairs whose shifts are voted on, and how many must agree: by chance two in a hundred pairs agree on any."""
_SHIFTS = (40, 56)
"""Shifts over both lags that are tried first, and around one that is known."""
_NEAR = 6
_NEAREST = 3
"""Steps of the mantissa next to the quotient by which rounding may be off."""
_LOW = np.uint32(2**31 - 1)
_HASH = np.uint32(2**18 - 1)


class _Words(NamedTuple):
    """Candidates for all values, those of value i from `begin[i]` to `begin[i + 1]`; before tempering."""

    words: Words
    begin: Places

    def of(self, first: int, last: int) -> tuple[Words, Places]:
        """Return the candidates for successive values, and the value of each candidate."""
        first, last = max(first, 0), min(last, self.begin.size - 1)
        if last <= first:
            return self.words[:0], self.begin[:0]
        sizes = np.diff(self.begin[first : last + 1])
        words = self.words[self.begin[first] : self.begin[last]]
        return words, np.repeat(np.arange(first, last), sizes)


class _Relation(NamedTuple):
    """Four values that the recurrence joins, and the words of three of them, before tempering.

    `first`, or what slow attempts after it took, and the value after that, `middle` some 397 later, `later`
    some 624. A word that may be another is None.
    """

    first: int
    middle: int
    later: int
    next_word: int | None
    middle_word: int | None
    later_word: int | None

    @property
    def shifts(self) -> tuple[int, int]:
        """Differences between the outputs' distances and those of the values."""
        return self.first + MT19937.m - self.middle, self.first + MT19937.n - self.later


def normal_words(distribution: distributions.Normal, values: Floats) -> tuple[Words, Places]:
    """Return all outputs that make a value at the first attempt, and where those of each value begin.

    >>> from caffe_fillers.rng import Stream
    >>> distribution, words = distributions.Normal(0.0, 0.01), Stream(3).peek(50)
    >>> found, begin = normal_words(distribution, distribution.draw(50, Stream(3)))
    >>> all(words[i] in found[begin[i] : begin[i + 1]] for i in range(5))
    True
    """
    scale, limit = bucket_tables("f")
    std, mean = np.float32(distribution.std), np.float32(distribution.mean)
    standard = (values.astype(np.float64) - distribution.mean) / distribution.std
    bucket = (np.arange(128)[None, :] << 1 | (standard >= 0)[:, None]).astype(np.intp)
    middle = np.rint(standard[:, None] / scale[bucket].astype(np.float64))
    near = middle.astype(np.int64)[:, :, None] + np.arange(-_NEAREST, _NEAREST + 1)
    made = near.astype(np.float32) * scale[bucket][:, :, None]
    fits = (near >= 0) & (near < 1 << 24) & (np.abs(made) < limit[bucket][:, :, None])
    fits &= made * std + mean == values[:, None, None]
    words = (near << 8 | bucket[:, :, None])[fits].astype(np.uint32)
    return words, np.concatenate(([0], np.cumsum(fits.sum(axis=(1, 2)))))


def known_by_votes(distribution: distributions.Normal, values: Floats) -> tuple[int, KnownBits] | None:
    """Return a value and the known bits of outputs from its own on; None if no outputs fit.

    Of nearly all outputs all is known, or nothing, where slow normals took them.
    """
    found = _Words(*normal_words(distribution, values))
    found = found._replace(words=untemper(MT19937, found.words))
    relations = list(_relations(found, values.size))
    return _laid_out(relations, values - np.float32(distribution.mean)) if relations else None


def _relations(found: _Words, size: int) -> Iterator[_Relation]:
    """Yield the relations among values, followed from where votes find the shifts."""
    last = size - MT19937.n + _SHIFTS[1]
    start = _voted(found, last)
    if start is None:
        return
    for direction, stop in ((1, last), (-1, -1)):
        shifts, waiting = start[1], None
        for first in range(start[0] if direction == 1 else start[0] - 1, stop, direction):
            hits = list(_joined(found, first, shifts, (_NEAR, _NEAR)))
            if not hits:
                continue
            best = min(hits, key=lambda hit: _distance(hit.shifts, shifts))
            best = _merged([hit for hit in hits if hit.shifts == best.shifts])
            if best.shifts == shifts:
                yield best
            elif waiting is not None and best.shifts == waiting.shifts:
                shifts = best.shifts
                yield from (waiting, best)
            waiting = best


def _merged(hits: list[_Relation]) -> _Relation:
    """Merge relations among the same values; words that differ become None."""
    next_word, middle_word, later_word = (
        words.pop() if len(words := {getattr(hit, field) for hit in hits}) == 1 else None
        for field in ("next_word", "middle_word", "later_word")
    )
    return hits[0]._replace(next_word=next_word, middle_word=middle_word, later_word=later_word)


def _distance(one: tuple[int, int], other: tuple[int, int]) -> int:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _voted(found: _Words, last: int) -> tuple[int, tuple[int, int]] | None:
    """Return the first value from which on shifts are known, and the shifts."""
    middle = _SHIFTS[0] // 2, _SHIFTS[1] // 2
    for begin in range(0, max(last - _PAIRS, 1), 2 * _PAIRS):
        votes: dict[tuple[int, int], list[int]] = {}
        for first in range(begin, min(begin + _PAIRS, last)):
            for shifts in {hit.shifts for hit in _joined(found, first, middle, middle)}:
                votes.setdefault(shifts, []).append(first)
        best = max(votes, key=lambda shifts: len(votes[shifts]), default=None)
        if best is not None and len(votes[best]) >= _VOTES:
            return votes[best][0], best
        if begin >= 2 * _PAIRS:
            return None
    return None


def _joined(
    found: _Words, first: int, shifts: tuple[int, int], around: tuple[int, int]
) -> Iterator[_Relation]:
    """Yield the relations of a value and the next with values at shifts near these."""
    tops = np.unique(found.of(first, first + 1)[0] >> np.uint32(31))
    following = found.of(first + 1, first + 2)[0]
    if not tops.size or not following.size:
        return
    mixed = (tops[:, None] << np.uint32(31) | following & _LOW).ravel()
    twisted = mixed >> np.uint32(1) ^ (mixed & np.uint32(1)) * np.uint32(MT19937.a)
    (middle, middles), (later, laters) = (
        found.of(first + lag - shift - reach, first + lag - shift + reach + 1)
        for lag, shift, reach in zip((MT19937.m, MT19937.n), shifts, around, strict=True)
    )
    there = np.zeros(int(_HASH) + 1, np.bool_)
    there[later & _HASH] = True
    sums = middle[:, None] ^ twisted
    rows, columns = np.nonzero(there[sums & _HASH])
    order = np.argsort(later)
    wanted = sums[rows, columns]
    places = np.minimum(np.searchsorted(later[order], wanted), later.size - 1)
    for hit in np.flatnonzero(later[order[places]] == wanted).tolist() if later.size else ():
        row, place = int(rows[hit]), int(order[places[hit]])
        yield _Relation(
            first=first,
            middle=int(middles[row]),
            later=int(laters[place]),
            next_word=int(following[columns[hit] % following.size]),
            middle_word=int(middle[row]),
            later_word=int(later[place]),
        )


def _links(relations: list[_Relation]) -> tuple[Places, Places, Places]:
    """Return pairs of values, and how much more one is shifted than the other.

    The word before that of a value is that of the value before, unless slow attempts came between, of which
    the last word may have the same top bit: then the shifts are others than for the pair before.
    """
    shifts = {each.first: each.shifts for each in relations}
    links = [(each.first + 1, each.middle, each.shifts[0]) for each in relations]
    links += [(each.first + 1, each.later, each.shifts[1]) for each in relations]
    links += [(i, i + 1, 0) for i, shift in shifts.items() if shifts.get(i - 1) == shift]
    first, second, apart = np.array(links).T
    return first, second, apart


def _laid_out(relations: list[_Relation], values: Floats) -> tuple[int, KnownBits]:
    """Put the words in their places; a shift is the number of words in excess of values since the first."""
    first, second, apart = _links(relations)
    size = values.size
    shift = np.full(size, -1, np.intp)
    shift[relations[0].first + 1] = size  # those before it are smaller, and none is below zero
    while True:
        onwards = (shift[first] >= 0) & (shift[second] < 0)
        back = (shift[second] >= 0) & (shift[first] < 0)
        if not (onwards.any() or back.any()):
            break
        shift[second[onwards]] = shift[first[onwards]] + apart[onwards]
        shift[first[back]] = shift[second[back]] - apart[back]
    said: dict[int, set[int]] = {}
    for each in relations:
        for value, word in (
            (each.first + 1, each.next_word),
            (each.middle, each.middle_word),
            (each.later, each.later_word),
        ):
            if shift[value] >= 0 and word is not None:
                said.setdefault(value + int(shift[value]), set()).add(word)
    begin, end = min(said), max(said) + 1
    first_value = int(np.flatnonzero((shift >= 0) & (np.arange(size) + shift == begin))[0])
    words, mask = np.zeros(end - begin, np.uint32), np.zeros(end - begin, np.uint32)
    placed = np.flatnonzero(shift >= 0)
    there = placed + shift[placed] - begin
    inside = (there >= 0) & (there < words.size)
    mask[there[inside]], words[there[inside]] = (
        np.uint32(1),
        values[placed[inside]] >= 0,
    )  # the lowest bit is the sign
    for place, alternatives in said.items():
        if len(alternatives) == 1:
            words[place - begin] = temper(MT19937, np.array([alternatives.pop()], np.uint32))[0]
            mask[place - begin] = 0xFFFFFFFF
    return first_value, KnownBits(mask=mask, bits=words)
