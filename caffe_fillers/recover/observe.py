"""Select the blobs of a model that the first words of the stream made, as declared or otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np

from caffe_fillers import distributions
from caffe_fillers.distributions import Values
from caffe_fillers.distributions.goodness import p_value
from caffe_fillers.frameworks.arrangements import arrangements
from caffe_fillers.frameworks.candidates import candidates
from caffe_fillers.plan import Draw, Fill
from caffe_fillers.planner import PlannedNet
from caffe_fillers.recover import adjacent
from caffe_fillers.recover.early import ENOUGH, HEAD, Observed
from caffe_fillers.recover.factors import possible_factors
from caffe_fillers.recover.found import Sample
from caffe_fillers.recover.inverse import neighbors
from caffe_fillers.recover.relations import may_be_drawn
from caffe_fillers.recover.rounding import is_rounded
from caffe_fillers.recover.scaled import Times, unscaled
from caffe_fillers.rng.twister import MT19937

_POSSIBLE = 1e-3
_OTHERS = 8
"""Blobs of the same shape that are tried in one another's place."""
_FIRST = 4096
"""Values that a distribution is tried on before a seed is looked for: it is the seed that proves it."""


def observe(plan: PlannedNet, samples: Sequence[Sample]) -> list[Observed]:
    """Return the blobs that were drawn from the first words of the stream, if all is as declared."""
    return [part for part, _ in _observe(plan, samples)]


def assumptions(plan: PlannedNet, samples: Sequence[Sample]) -> Iterator[list[Observed]]:
    """Yield the blobs that can give a seed alone, negated, as another filler's or with another's values."""
    for part, sample in _within_reach(plan, samples):
        drawn = _drawn(part.values)
        if _possible(part.distribution, -drawn):
            yield [replace(part, values=-part.values)]
        for candidate in candidates(sample.fill):
            distribution = candidate.distribution
            if not candidate.caffe or not isinstance(
                distribution, (distributions.Uniform, distributions.Normal)
            ):
                continue
            if _possible(distribution, drawn) and may_be_drawn(distribution, part.values):
                yield [replace(part, distribution=distribution)]
        others = (
            each.values
            for each in samples
            if each.fill.shape == sample.fill.shape and each.step != sample.step
        )
        for values in islice(others, _OTHERS):
            if _possible(part.distribution, _drawn(values)) and may_be_drawn(part.distribution, values):
                yield [replace(part, values=values)]


def scaled(plan: PlannedNet, samples: Sequence[Sample]) -> Iterator[list[Observed]]:
    """Yield the same blobs, each as declared but for a factor, short factors first."""
    found = [
        (factor.length, number, rank, replace(part, distribution=Times(part.distribution, factor.value)))
        for number, (part, _) in enumerate(_within_reach(plan, samples))
        for rank, factor in enumerate(possible_factors(part.distribution, part.values[:_FIRST]))
    ]
    for *_, part in sorted(found, key=lambda entry: entry[:3]):
        stretched = _stretched(part.distribution)
        if may_be_drawn(stretched, part.values) and _possible(stretched, _drawn(part.values)):
            yield [part]


def rearranged(plan: PlannedNet, samples: Sequence[Sample]) -> Iterator[list[Observed]]:
    """Yield the same blobs, each as declared but for the order of its values."""
    for part, sample in _within_reach(plan, samples):
        if _possible(part.distribution, _drawn(part.values)):
            shape = sample.fill.shape
            for each in arrangements(shape):
                yield [replace(part, values=each.undo(part.values.reshape(shape)).ravel())]


def each_filter_first(plan: PlannedNet, samples: Sequence[Sample]) -> Iterator[list[Observed]]:
    """Yield of each filter, which may have been the first, the pair that costs least, and a third value."""
    for part, sample in _within_reach(plan, samples):
        if len(sample.fill.shape) > 1 and _possible(part.distribution, _drawn(part.values)):
            for row in part.values.reshape(sample.fill.shape[0], -1)[1:]:
                costs = [
                    (words.size * behind.size, place)
                    for place, words, behind in neighbors(part.distribution, row[:HEAD])
                    if words.size and behind.size and part.position + place <= adjacent.LAST
                ]
                if costs and row.size >= ENOUGH:
                    place = min(min(costs)[1], row.size - ENOUGH)
                    yield [
                        replace(
                            part.later(begin),
                            values=row[begin:end],
                            normals=part.normals + begin * part.distribution.from_normals,
                        )
                        for begin, end in ((place, place + 2), (place + 2, place + ENOUGH))
                    ]


def _within_reach(plan: PlannedNet, samples: Sequence[Sample]) -> Iterator[tuple[Observed, Sample]]:
    return (
        (part, sample)
        for part, sample in _observe(plan, samples)
        if part.position <= adjacent.LAST and not is_rounded(part.values)
    )


def _stretched(distribution: distributions.Distribution) -> distributions.Distribution:
    """Return the distribution of that name that has these bounds, or this mean and standard deviation."""
    uniform = isinstance(unscaled(distribution), distributions.Uniform)
    return (
        distributions.Uniform(*distribution.support)
        if uniform
        else distributions.Normal(distribution.mean, distribution.std)
    )


def _possible(distribution: distributions.Distribution, drawn: Values) -> bool:
    return drawn.size >= ENOUGH and p_value(distribution.tests(drawn.astype(np.float64))) >= _POSSIBLE


def _drawn(values: Values) -> Values:
    """Return those of the first values that may have been drawn: neither NaN nor equal to another."""
    head = values.ravel()[:_FIRST]
    distinct, times = np.unique(head[np.isfinite(head)], return_counts=True)
    once: Values = distinct[times == 1]
    return once


def _observe(plan: PlannedNet, samples: Sequence[Sample]) -> Iterator[tuple[Observed, Sample]]:
    by_step = {each.step: each for each in samples}
    position = normals = 0
    for number, step in enumerate(plan.steps):
        if position >= MT19937.n:
            return
        if isinstance(step, Draw):
            position += step.words
        elif isinstance(step, Fill):
            distribution = step.distribution()
            drawn = (
                distribution.normal if isinstance(distribution, distributions.SparseNormal) else distribution
            )
            if (
                number in by_step
                and isinstance(drawn, (distributions.Uniform, distributions.Normal))
                and drawn.std > 0
            ):
                sample = by_step[number]
                yield Observed(position, drawn, sample.values, normals), sample
            normals += step.count * distribution.from_normals
            position += step.count * distribution.outputs_per_value
