"""Recover the seed of values among the first outputs of its stream.

Two values that are neighbors among the first 228 words of the stream give
few seeds (`adjacent`), which leaves three things to try: what float rounding
hides of their words, some eight bits of each for uniforms; which of the
ziggurat's layers made them, for normals; and by how many words slow normals,
or a data layer that is not known, have shifted them. A third value decides.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import distributions
from caffe_fillers.recover import adjacent
from caffe_fillers.recover.inverse import Words, neighbors
from caffe_fillers.recover.scaled import unscaled
from caffe_fillers.rng import BOOST, Family, Stream, boost_family
from caffe_fillers.rng.twister import MT19937

_MOST_GUESSES, _MOST_LATER = 1 << 17, 1 << 15
"""Pairs of words that are tried where the stream begins as stated, and where it begins later: 2 us each.

One pair of values is always tried: of U(3, 4), which hides ten bits, it makes 2**20 pairs of words, but
those only where the stream begins as stated.
"""

_PAIRS = 12
"""Pairs of values that are tried of each blob."""

HEAD = 64
"""Values at the beginning of a blob that are looked at."""

ENOUGH = 3
"""Values that a seed must make: of 22 bits or more each, so that by chance 2**32 seeds do in one of 2**34."""

_DRIFT = 64
"""Words by which slow normals shift later values, at most."""

_SLOW = 0.03
"""Words by which a normal shifts later ones, on average."""


@dataclass(frozen=True)
class Observed:
    """Values drawn from a distribution one after another, the first from the word at `position`.

    `position` holds if no attempt before was slow; `normals` is how many there were.
    """

    position: int
    distribution: distributions.Distribution
    values: NDArray[np.float32]
    normals: int = 0

    def later(self, outputs: int) -> Observed:
        """Return the same values, so many outputs later."""
        return replace(self, position=self.position + outputs)


class _Pair(NamedTuple):
    """Two neighbors: the number of the first one's output, and the words that may have made them."""

    output: int
    words: Words
    behind: Words
    cost: float


class Budget:
    """Pairs of words that may still be tried; what is begun with any left is carried to its end."""

    def __init__(self, pairs: int) -> None:
        self.left = pairs

    def take(self, pairs: int) -> bool:
        """Use up some of the budget; return whether any was left."""
        self.left -= pairs
        return self.left + pairs > 0


def recover_seed(
    observed: Sequence[Observed], slack: int = 0, boost: str = BOOST, budget: Budget | None = None
) -> int | None:
    """Recover the seed of the stream that these values come from, or None.

    Two neighbors among the first 228 words must be uniforms or normals, and
    there must be a third such value anywhere. `slack` is by how many words all
    may be later than stated. `budget` ends the work early where it is one
    assumption of many.

    >>> from caffe_fillers import rng
    >>> distribution = distributions.Uniform(-0.5, 0.5)
    >>> recover_seed([Observed(0, distribution, distribution.sample((3,), rng.Stream(1701)))])
    1701
    """
    tried: set[int] = set()
    for late in range(slack + 1):
        own = Budget(_MOST_LATER if late else _MOST_GUESSES)
        for pair in _pairs(observed, late, boost):
            guesses = pair.words.size * pair.behind.size
            if late and guesses > _MOST_GUESSES:
                break
            if not (own.take(guesses) and (budget is None or budget.take(guesses))):
                break
            seeds = adjacent.seeds_of_neighbors(pair.output, pair.words, pair.behind)
            for seed in set(seeds.tolist()) - tried:
                if agreeing(seed, observed, slack, boost) >= ENOUGH:
                    return int(seed)
            tried.update(seeds.tolist())
    return None


def shows_a_seed(part: Observed) -> bool:
    """Return whether values that the stream made would give their seed: three, of which two are neighbors.

    Of a sparse gaussian's those that are not zero.
    """
    head = part.values[:HEAD]
    if head.all():
        return head.size >= ENOUGH
    return int(np.count_nonzero(head)) >= ENOUGH and next(_pairs_of(part, 0, BOOST), None) is not None


def _pairs(observed: Sequence[Observed], late: int, boost: str) -> list[_Pair]:
    """Return the pairs of each blob that cost least, those of all blobs in turn."""
    ranked: list[tuple[int, float, _Pair]] = []
    for part in observed:
        best = sorted(_worth_trying(part, late, boost), key=lambda pair: pair.cost)[:_PAIRS]
        ranked += [(rank, pair.cost, pair) for rank, pair in enumerate(best)]
    return [pair for *_, pair in sorted(ranked, key=lambda entry: entry[:2])]


def _worth_trying(part: Observed, late: int, boost: str) -> Iterator[_Pair]:
    """Yield all pairs; after one that failed, others with the same shift are less likely."""
    by_shift: dict[int, list[_Pair]] = {}
    for shift, pair in _pairs_of(part, late, boost):
        by_shift.setdefault(shift, []).append(pair)
    for pairs in by_shift.values():
        for rank, pair in enumerate(sorted(pairs, key=lambda pair: pair.cost)[:_PAIRS]):
            yield pair._replace(cost=pair.cost * 3**rank)


def _pairs_of(part: Observed, late: int, boost: str) -> Iterator[tuple[int, _Pair]]:
    """Yield neighbors at each shift that is likely at all; a value that occurs twice was not drawn."""
    ziggurat = (
        isinstance(unscaled(part.distribution), distributions.Normal)
        and boost_family(boost) is not Family.BOX_MULLER
    )
    head = part.values[:HEAD]
    _, first, count = np.unique(head, return_index=True, return_counts=True)
    once = set(first[count == 1].tolist())
    for place, words, behind in neighbors(part.distribution, head, boost):
        if not {place, place + 1} <= once:
            continue
        mean = _SLOW * (part.normals + ziggurat * place)
        for shift in range(int(4 * mean) + 5 if mean else 1):
            output = part.position + place + late + shift
            guesses = words.size * behind.size
            if output <= adjacent.LAST and guesses:
                yield shift, _Pair(output, words, behind, guesses / _chance(shift, mean))


def _chance(shift: int, mean: float) -> float:
    """Estimate the probability of a shift by slow normals: 3 in 200 take about two words more."""
    slow = mean / 2
    if shift == 0:
        return math.exp(-slow)
    variance = 2 * mean + 0.5
    return math.exp(-((shift - mean) ** 2) / (2 * variance)) / math.sqrt(2 * math.pi * variance) + 1e-6


def agreeing(
    seed: int,
    observed: Sequence[Observed],
    slack: int = 0,
    boost: str = BOOST,
    tolerance: float = 0.0,
    generator: str = MT19937.name,
) -> int:
    """Count the first values of each blob that the seed makes, each blob where it fits best."""
    total = 0
    stream = Stream(seed, boost, generator)
    for part in observed:
        head = part.values[:HEAD]
        drift = slack + (_DRIFT if part.normals else 0)
        begin = stream.copy()
        begin.skip(part.position)
        best = 0
        for _ in range(drift + 1):
            drawn = part.distribution.sample(head.shape, begin.copy())
            same = (
                np.abs(drawn - head) <= tolerance
                if tolerance
                else drawn.view(np.uint32) == head.view(np.uint32)
            )
            best = max(best, int(same.sum()))
            begin.skip(1)
        total += best
    return total
