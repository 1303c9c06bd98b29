"""Try the seeds of a range one by one, where they cannot be computed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from caffe_fillers import distributions
from caffe_fillers.recover.early import ENOUGH, HEAD, Observed, agreeing
from caffe_fillers.recover.found import Progress, no_progress
from caffe_fillers.recover.inverse import Words, value_of
from caffe_fillers.rng import BOOST, Family, boost_family
from caffe_fillers.rng.twister import MT19937, temper

_LAG = MT19937.n - MT19937.m
_BATCH = 1 << 15
_NEARLY_ALL, _MANY = 0.9, 16
"""Within a tolerance: the share of values that must agree, and how many there must be at all."""
_OUTPUTS = 8
"""Outputs of which one must be among the values before a seed is looked at: slow normals may hide some."""


def search_seeds(
    observed: Sequence[Observed],
    seeds: range,
    boost: str = BOOST,
    progress: Progress = no_progress,
    tolerance: float = 0.0,
) -> int | None:
    """Return the first seed of a range that makes the values, trying them one by one.

    `progress` is called with the share of them that is done. Within a
    `tolerance` a value proves little, so that nine of ten must agree.

    >>> from caffe_fillers import rng
    >>> distribution = distributions.Normal(0.0, 0.5)
    >>> values = distribution.sample((100,), rng.Stream(77))
    >>> search_seeds([Observed(0, distribution, values)], range(1000))
    77
    """
    values = sum(min(part.values.size, HEAD) for part in observed)
    enough = max(ENOUGH, math.ceil(_NEARLY_ALL * values)) if tolerance else ENOUGH
    if values < (_MANY if tolerance else ENOUGH):
        return None
    for start in range(seeds.start, seeds.stop, _BATCH):
        batch = np.arange(start, min(start + _BATCH, seeds.stop), dtype=np.uint64).astype(np.uint32)
        for seed in _likely(batch, observed, boost, tolerance).tolist():
            if agreeing(seed, observed, 0, boost, tolerance) >= enough:
                return int(seed)
        progress("trying seeds", (start + batch.size - seeds.start) / len(seeds))
    return None


def _likely(seeds: Words, observed: Sequence[Observed], boost: str, tolerance: float) -> Words:
    """Return the seeds that make one of the first values of a blob with known words; all if there is none.

    Within a tolerance it must be half of them.
    """
    for part in observed:
        first = part.position + part.normals // 32
        outputs = range(first, min(first + min(part.values.size, _OUTPUTS), MT19937.n - 1))
        paired = (
            isinstance(part.distribution, distributions.Normal) and boost_family(boost) is Family.BOX_MULLER
        )
        if outputs and not paired:
            break
    else:
        return seeds
    head = np.sort(part.values[:HEAD])
    made_here = np.zeros(seeds.size, np.int8)
    for words in first_outputs(seeds, outputs):
        made = value_of(part.distribution, words)
        above = np.searchsorted(head, made)
        near = (head[np.minimum(above, head.size - 1)], head[np.maximum(above - 1, 0)])
        made_here += np.logical_or(*(np.abs(value - made) <= tolerance for value in near))
    return seeds[made_here >= (len(outputs) // 2 if tolerance else 1)]


def first_outputs(seeds: Words, outputs: Sequence[int]) -> list[Words]:
    """Compute the outputs of these numbers, all below 623, for many seeds at once.

    >>> from caffe_fillers import rng
    >>> [words.tolist() for words in first_outputs(np.array([1701], np.uint32), [5, 600])]
    [[2284365251], [3583199221]]
    """
    chains = {output: list(range(output, -1, -_LAG)) for output in outputs}
    wanted = {output + offset for chain in chains.values() for output in chain for offset in (0, 1)}
    wanted |= {chain[-1] + MT19937.m for chain in chains.values()}
    state, kept = seeds, {0: seeds}
    for index in range(1, max(wanted) + 1):
        state = np.uint32(MT19937.f) * (state ^ state >> np.uint32(30)) + np.uint32(index)
        if index in wanted:
            kept[index] = state
    return [temper(MT19937, _raw_output(kept, chain)) for chain in chains.values()]


def _raw_output(state: dict[int, Words], chain: list[int]) -> Words:
    """Compute an output before tempering from the state and the outputs 227, 454, ... before it."""
    raw = state[chain[-1] + MT19937.m]
    for output in reversed(chain):
        joined = state[output] & np.uint32(0x80000000) | state[output + 1] & np.uint32(0x7FFFFFFF)
        raw = raw ^ joined >> np.uint32(1) ^ (joined & np.uint32(1)) * np.uint32(MT19937.a)
    return raw
