"""What of a model came from the first words of the stream, as declared or as it may be instead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from caffe_fillers import distributions
from caffe_fillers.check import adjacent
from caffe_fillers.check.arrangements import arrangements
from caffe_fillers.check.candidates import candidates
from caffe_fillers.check.factors import possible_factors
from caffe_fillers.check.scaled import Times, unscaled
from caffe_fillers.check.seeds import ENOUGH, Observed
from caffe_fillers.check.statistics import fit
from caffe_fillers.check.structure import Matched
from caffe_fillers.distributions import Values
from caffe_fillers.plan import Draw, Fill
from caffe_fillers.planner import PlannedBlob, PlannedNet
from caffe_fillers.rng.twister import MT19937

_POSSIBLE = 1e-3
_OTHERS = 8
"""Blobs of the same shape that are tried in one another's place."""
_FIRST = 4096
"""Values that a distribution is tried on before a seed is looked for: it is the seed that proves it."""


def observe(plan: PlannedNet, matched: Matched) -> list[Observed]:
    """The blobs that were drawn from the first words of the stream, if all is as declared."""
    return [part for part, _ in _observe(plan, matched)]


def assumptions(plan: PlannedNet, matched: Matched) -> Iterator[list[Observed]]:
    """The blobs that can give a seed alone, each as another filler's or with another blob's values."""
    stored = [(blob, model_blob) for blob, model_blob in matched if blob.owner is None]
    for part, blob, step in _within_reach(plan, matched):
        drawn = _drawn(part.values)
        for candidate in candidates(step):
            distribution = candidate.distribution
            if not candidate.caffe or not isinstance(
                distribution, (distributions.Uniform, distributions.Normal)
            ):
                continue
            if _possible(distribution, drawn):
                yield [replace(part, distribution=distribution)]
        others = (found for other, found in stored if other.shape == blob.shape and other.step != blob.step)
        for _, found in zip(range(_OTHERS), others, strict=False):
            values = found.array().ravel()
            if _possible(part.distribution, _drawn(values)):
                yield [replace(part, values=values)]


def scaled(plan: PlannedNet, matched: Matched) -> Iterator[list[Observed]]:
    """The same blobs, each as declared but for a factor, those factors first that are short to write."""
    found = [
        (factor.length, number, rank, replace(part, distribution=Times(part.distribution, factor.value)))
        for number, (part, _, _) in enumerate(_within_reach(plan, matched))
        for rank, factor in enumerate(possible_factors(part.distribution, part.values[:_FIRST]))
    ]
    for *_, part in sorted(found, key=lambda entry: entry[:3]):
        if _possible(_stretched(part.distribution), _drawn(part.values)):
            yield [part]


def rearranged(plan: PlannedNet, matched: Matched) -> Iterator[list[Observed]]:
    """The same blobs, each as declared but for the order of its values."""
    for part, blob, _ in _within_reach(plan, matched):
        if _possible(part.distribution, _drawn(part.values)):
            for each in arrangements(blob.shape):
                yield [replace(part, values=each.undo(part.values.reshape(blob.shape)).ravel())]


def _within_reach(plan: PlannedNet, matched: Matched) -> Iterator[tuple[Observed, PlannedBlob, Fill]]:
    for part, blob in _observe(plan, matched):
        step = plan.steps[blob.step]
        if part.position <= adjacent.LAST and isinstance(step, Fill):
            yield part, blob, step


def _stretched(distribution: distributions.Distribution) -> distributions.Distribution:
    """The distribution of that name that has these bounds, or this mean and deviation."""
    uniform = isinstance(unscaled(distribution), distributions.Uniform)
    return (
        distributions.Uniform(*distribution.support)
        if uniform
        else distributions.Normal(distribution.mean, distribution.std)
    )


def _possible(distribution: distributions.Distribution, drawn: Values) -> bool:
    return drawn.size >= ENOUGH and fit(distribution, drawn).p_value >= _POSSIBLE


def _drawn(values: Values) -> Values:
    """Of the first values those that may have been drawn: not NaN, nor what comes twice as in zeroed rows."""
    head = values.ravel()[:_FIRST]
    distinct, times = np.unique(head[np.isfinite(head)], return_counts=True)
    once: Values = distinct[times == 1]
    return once


def _observe(plan: PlannedNet, matched: Matched) -> Iterator[tuple[Observed, PlannedBlob]]:
    stored = {blob.step: (blob, model_blob) for blob, model_blob in matched if blob.owner is None}
    position = normals = 0
    for number, step in enumerate(plan.steps):
        if position >= MT19937.n:
            return
        if isinstance(step, Draw):
            position += step.words
        elif isinstance(step, Fill):
            distribution = step.distribution()
            if (
                number in stored
                and isinstance(distribution, (distributions.Uniform, distributions.Normal))
                and distribution.std > 0
            ):
                blob, model_blob = stored[number]
                values: Values = model_blob.array().ravel()
                yield Observed(position, distribution, values, normals), blob
            normals += step.count * distribution.from_normals
            position += step.count * distribution.outputs_per_value
