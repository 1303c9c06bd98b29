"""The seed that made some weights, found from the weights alone.

mt19937 fills its 624 words of state by a recurrence on the seed that can be
run backwards from any one of them. And two outputs 227 apart within the
first 624 give such a word: for i from 227,

    x[i] ^ x[i - 227] = A(top bit of s[i], low 31 bits of s[i + 1]),

where x are outputs before tempering and A is the generator's matrix, which
can be inverted. What rounding hides of the outputs, some eight bits of each
for uniforms, is tried out; for normals it is which of the ziggurat's layers
made the value, and where slow attempts have shifted the words. Each guess
leads to one seed, and that seed to other outputs, which must be in the
weights.

Matsumoto and Nishimura, Mersenne Twister, ACM TOMACS 8(1), 1998.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import laws
from caffe_fillers.check.words import Words, candidates, value_of

STATE, PERIOD, LAG = 624, 397, 227
_MATRIX = np.uint32(0x9908B0DF)
_MULTIPLIER = np.uint32(1812433253)
_INVERSE = np.uint32(pow(1812433253, -1, 2**32))
_PAIRS = 24
_MOST_GUESSES = 1 << 22


@dataclass(frozen=True)
class Observed:
    """Values that a law drew from the stream, one behind another, the first from the word at `position`."""

    position: int
    law: laws.Law
    values: NDArray[np.float32]

    @property
    def exact(self) -> bool:
        """Whether each value took one word, so that positions are certain."""
        return isinstance(self.law, laws.Uniform)


def recover_seed(observed: Sequence[Observed], slack: int = 0) -> int | None:
    """The seed of the stream that these values come from, or None.

    Only values from the first 624 words serve, and of them uniforms and
    normals (Boost from 1.56). `slack` is by how many words the positions may
    be later than stated. A seed is returned only if it gives the values
    again, bit for bit, so a wrong one is out of the question in practice: it
    would have to agree in at least thirty values of 23 bits or so by chance.

    >>> from caffe_fillers import rng
    >>> law = laws.Uniform(-0.5, 0.5)
    >>> values = laws.sample(law, rng.Stream(1701), (700,))
    >>> recover_seed([Observed(0, law, values)])
    1701
    """
    for late in range(slack + 1):
        for position, low, high in _pairs(observed, late):
            for seed in _seeds(position, low, high, observed):
                if _confirms(seed, observed):
                    return seed
    return None


def _pairs(observed: Sequence[Observed], late: int) -> Iterator[tuple[int, Words, Words]]:
    """Positions i with the words that can stand at i - 227 and at i, those with the fewest guesses first."""
    known: dict[int, Words] = {}
    for part in observed:
        for index in range(min(part.values.size, STATE - part.position)):
            known[part.position + index + late] = candidates(part.law, part.values[index])
    usable = [
        (known[i].size * known[i - LAG].size, i)
        for i in known
        if PERIOD < i < STATE and i - LAG in known and known[i].size and known[i - LAG].size
    ]
    for guesses, i in sorted(usable)[:_PAIRS]:
        if guesses <= _MOST_GUESSES:
            yield i, known[i - LAG], known[i]


def _seeds(i: int, low: Words, high: Words, observed: Sequence[Observed]) -> Iterator[int]:
    """Seeds that any pair of these words leads to, and whose earlier outputs are among the values."""
    difference = (_untempered(low)[:, None] ^ _untempered(high)[None, :]).ravel()
    odd = difference >> np.uint32(31)
    mixed = (difference ^ (odd * _MATRIX)) << np.uint32(1) | odd
    top, word = mixed >> np.uint32(31), mixed & np.uint32(0x7FFFFFFF)
    states = np.concatenate((word, word | np.uint32(0x80000000)))  # s[i + 1], its top bit guessed
    tops = np.concatenate((top, top))
    before = _backwards(states, i + 1)
    states = states[before >> np.uint32(31) == tops]
    for survivors in np.array_split(states, max(1, states.size >> 18)):
        seeds = survivors
        for index in range(i + 1, 0, -1):
            seeds = _backwards(seeds, index)
        yield from _plausible(seeds, observed)


def _plausible(seeds: Words, observed: Sequence[Observed]) -> list[int]:
    """Seeds of which some outputs, made into values, occur in the weights."""
    part = max(observed, key=lambda each: each.values.size)
    values = np.sort(part.values)
    for output in range(part.position + 40, min(part.position + part.values.size, LAG) - 1, 17):
        made = value_of(part.law, first_outputs(seeds, output))
        place = np.minimum(np.searchsorted(values, made), values.size - 1)
        # A slow attempt shows as nan and decides nothing.
        seeds = seeds[(values[place] == made) | np.isnan(made)]
        if seeds.size < 64:
            break
    return [int(seed) for seed in np.unique(seeds)]


def first_outputs(seeds: Words, output: int) -> Words:
    """The output of that number, below 227, of many streams at once.

    >>> from caffe_fillers import rng
    >>> int(first_outputs(np.array([1701], np.uint32), 5)[0]) == int(rng.Stream(1701).words(6)[5])
    True
    """
    state, kept = seeds, {0: seeds}
    for index in range(1, output + PERIOD + 1):
        state = _MULTIPLIER * (state ^ state >> np.uint32(30)) + np.uint32(index)
        if index in (output, output + 1, output + PERIOD):
            kept[index] = state
    joined = kept[output] & np.uint32(0x80000000) | kept[output + 1] & np.uint32(0x7FFFFFFF)
    twisted = joined >> np.uint32(1) ^ (joined & np.uint32(1)) * _MATRIX
    return _tempered(kept[output + PERIOD] ^ twisted)


def _confirms(seed: int, observed: Sequence[Observed]) -> bool:
    """Whether the values come out of this seed's stream, read on from where the first of them begins."""
    from caffe_fillers.rng import Stream

    agreed = 0
    for late in range(64):
        stream = Stream(seed)
        stream.skip(observed[0].position + late)
        part = observed[0]
        drawn = laws.sample(part.law, stream, part.values.shape)
        if np.array_equal(drawn.view(np.uint32), part.values.view(np.uint32)):
            agreed = part.values.size
            break
    return agreed >= 30


def _backwards(state: Words, index: int) -> Words:
    """The word of state before the one of that index (mersenne_twister_engine::seed run back)."""
    mixed = (state - np.uint32(index)) * _INVERSE
    return mixed ^ mixed >> np.uint32(30)


def _tempered(words: Words) -> Words:
    words = words ^ words >> np.uint32(11)
    words = words ^ (words << np.uint32(7)) & np.uint32(0x9D2C5680)
    words = words ^ (words << np.uint32(15)) & np.uint32(0xEFC60000)
    return words ^ words >> np.uint32(18)


def _untempered(words: Words) -> Words:
    """The steps of `_tempered` undone; shifts of less than half a word take several rounds."""
    words = words ^ words >> np.uint32(18)
    words = words ^ (words << np.uint32(15)) & np.uint32(0xEFC60000)
    recovered = words
    for _ in range(4):
        recovered = words ^ (recovered << np.uint32(7)) & np.uint32(0x9D2C5680)
    words = recovered
    for _ in range(2):
        recovered = words ^ recovered >> np.uint32(11)
    return recovered
