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

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import laws
from caffe_fillers.check.words import Words, candidates, value_of
from caffe_fillers.rng import Stream
from caffe_fillers.rng.twister import MT19937, temper, untemper

STATE, PERIOD, LAG = 624, 397, 227
_MATRIX = np.uint32(0x9908B0DF)
_MULTIPLIER = np.uint32(1812433253)
_INVERSE = np.uint32(pow(1812433253, -1, 2**32))

_PAIRS = 1000
_BATCH = 1 << 17
_MOST_GUESSES = 3 << 19
_FEWEST_VALUES = 30
_MOST_BETWEEN = 16
"""Words by which slow normals may have shifted two values 227 words apart; 7 on average."""

_SHIFT = 0.07
"""Words a value by which slow normals shift those behind them: 0.03 on average, tried up to this."""


@dataclass(frozen=True)
class Observed:
    """Values that a law drew from the stream, one behind another, the first from the word at `position`.

    `position` holds if no attempt before was slow.
    """

    position: int
    law: laws.Law
    values: NDArray[np.float32]


@dataclass(frozen=True)
class _Sighting:
    """A value with the words that may have made it; it stands at `position` or up to `drift` words later."""

    position: int
    drift: int
    words: Words


class _Guess(NamedTuple):
    """The output of number `output` is one of `high`, and the one 227 before it one of `low`."""

    output: int
    low: Words
    high: Words


def recover_seed(observed: Sequence[Observed], slack: int = 0) -> int | None:
    """The seed of the stream that these values come from, or None.

    Only values from the first 624 words serve, and of them uniforms and
    normals (Boost from 1.56). `slack` is by how many words the first of them
    may be later than stated. A seed is returned only if it makes all values
    of the first blob again, bit for bit, so a wrong one is out of the
    question: thirty values at least, of some 23 bits each.

    >>> from caffe_fillers import rng
    >>> law = laws.Uniform(-0.5, 0.5)
    >>> values = laws.sample(law, rng.Stream(1701), (700,))
    >>> recover_seed([Observed(0, law, values)])
    1701
    """
    largest = _largest(observed)
    if largest is None:
        return None
    for late in dict.fromkeys((0, slack)):
        for guesses in _batches(_guesses(list(_sightings(observed, late)))):
            for seed in _plausible(_seeds(guesses), largest):
                if _confirms(seed, largest, slack):
                    return seed
    return None


def _largest(observed: Sequence[Observed]) -> Observed | None:
    """The blob with the most values from the first 624 words, if they are enough to tell a seed."""

    def early(part: Observed) -> int:
        return min(part.position + part.values.size, STATE) - part.position

    largest = max(observed, key=early, default=None)
    return largest if largest is not None and early(largest) >= _FEWEST_VALUES else None


def _sightings(observed: Sequence[Observed], slack: int) -> Iterator[_Sighting]:
    """Every value of the first 624 words, with how far slow normals may have carried it."""
    shifted = 0.0
    for part in observed:
        per_value = _SHIFT if isinstance(part.law, laws.Normal) else 0.0
        for index in range(max(0, min(part.values.size, STATE - part.position))):
            shifted += per_value
            drift = slack + (int(shifted) + 6 if shifted else 0)
            words = candidates(part.law, part.values[index])
            if words.size:
                yield _Sighting(part.position + index, drift, words)


def _guesses(sightings: list[_Sighting]) -> Iterator[_Guess]:
    """Pairs 227 words apart, those first that promise most for the number of combinations to try."""
    by_position = {each.position: each for each in sightings}
    pairs: list[tuple[float, int, _Sighting, _Sighting]] = []
    for high in sightings:
        for between in range(min(high.drift, _MOST_BETWEEN) + 1):
            low = by_position.get(high.position - LAG + between)
            if low is not None and (between == 0 or high.drift > low.drift):
                cost = low.words.size * high.words.size / _chance(between, high.drift - low.drift)
                pairs.append((cost, low.position, low, high))
    pairs.sort(key=lambda pair: pair[:2])
    guesses = [
        (cost / _chance(drift, low.drift), low.position + drift + LAG, low, high)
        for cost, _, low, high in pairs[:_PAIRS]
        for drift in range(low.drift + 1)
    ]
    for _, output, low, high in sorted(guesses, key=lambda guess: guess[:2]):
        if LAG <= output < STATE - 1:
            yield _Guess(output, low.words, high.words)


def _chance(shift: int, drift: int) -> float:
    """How likely slow normals have shifted values by so many words, of `drift` that are thought possible.

    About normal: the mean is half of what is possible, the variance twice the mean, for they shift by two
    words and more at a time.
    """
    mean = drift * 0.03 / _SHIFT
    return math.exp(-((shift - mean) ** 2) / (4 * mean + 2)) + 1e-6


def _batches(guesses: Iterable[_Guess]) -> Iterator[list[_Guess]]:
    """As many guesses at a time as are worth a pass over the seeding, up to a bound in all."""
    batch: list[_Guess] = []
    size = total = 0
    for guess in guesses:
        batch.append(guess)
        size += guess.low.size * guess.high.size
        if size >= _BATCH:
            yield batch
            total += size
            batch, size = [], 0
            if total >= _MOST_GUESSES:
                return
    if batch:
        yield batch


def _seeds(guesses: list[_Guess]) -> Words:
    """The seeds that guesses lead to: half of the states contradict the other bit that is known."""
    states: list[Words] = []
    tops: list[Words] = []
    indices: list[NDArray[np.intp]] = []
    for output, low, high in guesses:
        difference = (untemper(MT19937, low)[:, None] ^ untemper(MT19937, high)[None, :]).ravel()
        odd = difference >> np.uint32(31)
        mixed = (difference ^ odd * _MATRIX) << np.uint32(1) | odd
        word = mixed & np.uint32(0x7FFFFFFF)  # s[output + 1] but for its top bit
        states += word, word | np.uint32(0x80000000)
        tops += [mixed >> np.uint32(31)] * 2
        indices.append(np.full(2 * word.size, output + 1))
    state, top, index = np.concatenate(states), np.concatenate(tops), np.concatenate(indices)
    fits = _backwards(state, index) >> np.uint32(31) == top
    state, index = state[fits], index[fits]
    order = np.argsort(-index, kind="stable")
    state, index = state[order], index[order]
    for step in range(STATE, 0, -1):
        active = np.searchsorted(-index, -step, side="right")  # those that begin at this step or before
        state[:active] = _backwards(state[:active], step)
    seeds: Words = state
    return seeds


def _plausible(seeds: Words, part: Observed) -> list[int]:
    """Seeds whose outputs, made into values, occur in the weights.

    An output may be missing there: slow attempts take words that are no
    value's. One of three must be found, and then two thirds of twelve.
    """
    last = min(STATE - 1, part.position + part.values.size) - 1
    outputs = np.unique(np.linspace(part.position + 5, last, 12).astype(int)).tolist()
    values = np.sort(part.values)
    for tried, needed in ((outputs[1::4], 1), (outputs, 2 * len(outputs) // 3)):
        hits = np.zeros(seeds.size, np.int64)
        for words in first_outputs(seeds, tried):
            made = value_of(part.law, words)
            place = np.minimum(np.searchsorted(values, made), values.size - 1)
            hits += values[place] == made
        seeds = seeds[hits >= needed]
    return [int(seed) for seed in np.unique(seeds)]


def first_outputs(seeds: Words, outputs: Sequence[int]) -> list[Words]:
    """The outputs of these numbers, all below 623, of many streams at once.

    >>> from caffe_fillers import rng
    >>> [words.tolist() for words in first_outputs(np.array([1701], np.uint32), [5, 600])]
    [[2284365251], [3583199221]]
    """
    chains = {output: list(range(output, -1, -LAG)) for output in outputs}
    wanted = {output + offset for chain in chains.values() for output in chain for offset in (0, 1)}
    wanted |= {chain[-1] + PERIOD for chain in chains.values()}
    state, kept = seeds, {0: seeds}
    for index in range(1, max(wanted) + 1):
        state = _MULTIPLIER * (state ^ state >> np.uint32(30)) + np.uint32(index)
        if index in wanted:
            kept[index] = state
    return [temper(MT19937, _raw_output(kept, chain)) for chain in chains.values()]


def _raw_output(state: dict[int, Words], chain: list[int]) -> Words:
    """An output before tempering, from the state and the outputs 227, 454, ... before it."""
    raw = state[chain[-1] + PERIOD]
    for output in reversed(chain):
        joined = state[output] & np.uint32(0x80000000) | state[output + 1] & np.uint32(0x7FFFFFFF)
        raw = raw ^ joined >> np.uint32(1) ^ (joined & np.uint32(1)) * _MATRIX
    return raw


def _confirms(seed: int, part: Observed, slack: int) -> bool:
    """Whether the values come out of this seed's stream, a few words sooner or later."""
    for late in range(slack + 65):
        stream = Stream(seed)
        stream.skip(part.position + late)
        head = laws.sample(part.law, stream.copy(), (_FEWEST_VALUES,))
        if np.array_equal(head, part.values[:_FEWEST_VALUES]):
            drawn = laws.sample(part.law, stream, part.values.shape)
            return drawn.tobytes() == part.values.tobytes()
    return False


def _backwards(state: Words, index: NDArray[np.integer] | int) -> Words:
    """The word of state before the one of that index (mersenne_twister_engine::seed run back)."""
    mixed = (state - np.asarray(index, np.uint32)) * _INVERSE
    before: Words = mixed ^ mixed >> np.uint32(30)
    return before


def search_seeds(observed: Sequence[Observed], seeds: range) -> int | None:
    """The first of a range of seeds that makes the values, tried one by one.

    >>> from caffe_fillers import rng
    >>> law = laws.Normal(0.0, 0.5)
    >>> values = laws.sample(law, rng.Stream(77), (100,))
    >>> search_seeds([Observed(0, law, values)], range(1000))
    77
    """
    largest = _largest(observed)
    if largest is None:
        return None
    for start in range(seeds.start, seeds.stop, _BATCH):
        batch = np.arange(start, min(start + _BATCH, seeds.stop), dtype=np.uint64).astype(np.uint32)
        for seed in _plausible(batch, largest):
            if _confirms(seed, largest, 0):
                return seed
    return None
