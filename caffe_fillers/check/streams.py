"""Blobs of a net as a seed's stream makes them, one after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from caffe_fillers.check.differences import agrees, equal_bits
from caffe_fillers.check.evidence import Evidence
from caffe_fillers.distributions import Distribution, Values
from caffe_fillers.execute import pass_over
from caffe_fillers.frameworks.candidates import candidates
from caffe_fillers.plan import Fill, Given
from caffe_fillers.planner import PlannedNet
from caffe_fillers.recover import RELEASES
from caffe_fillers.rng import Stream
from caffe_fillers.rng.twister import MT19937

_HEAD, _MIN_AGREEING = 64, 3
"""First values that another distribution is tried on, and how many of them it must make."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A stream that may have drawn a net's blobs.

    Step number `first_step` and those after it are drawn from output `offset` of `seed` on, by one of these
    releases of Boost; `tolerance` is an absolute error to forgive.
    """

    seed: int
    releases: tuple[str, ...] = RELEASES
    tolerance: float = 0.0
    offset: int = 0
    first_step: int = 0
    generator: str = MT19937.name

    def stream(self, release: str, position: int) -> Stream:
        """Return the seed's stream from an output on."""
        stream = Stream(self.seed, release, self.generator)
        stream.skip(position)
        return stream


class Expected(NamedTuple):
    """Values that a stream makes for a blob, and the release or filler by which it makes the stored ones.

    `is_declared` says that it is the declared filler, of another release of Boost.
    """

    values: Values
    drawn_by: str = ""
    is_declared: bool = False


class _Redrawn(NamedTuple):
    drawn_by: str
    is_declared: bool
    after: Stream


def expected(net: PlannedNet, evidence: Sequence[Evidence], source: Source) -> Iterator[tuple[int, Expected]]:
    """Yield the steps that stored blobs come from, with the values of each, in the order of the draws.

    Where another distribution or release of Boost makes a blob of the same outputs, what follows is drawn
    from where that left the stream.
    """
    stored = {each.blob.step: each for each in reversed(evidence)}
    stream = source.stream(source.releases[0], source.offset)
    for number, step in enumerate(net.steps[: max(stored, default=-1) + 1]):
        if number < source.first_step:
            continue
        if number not in stored or not isinstance(step, (Fill, Given)):
            pass_over(step, stream)
        elif isinstance(step, Given):
            yield number, Expected(np.frombuffer(step.values, "<f4"))
        else:
            begin, values = stream.copy(), stored[number].values
            wanted = step.distribution().sample(step.shape, stream)
            redrawn = None
            if not agrees(values, wanted, source.tolerance):
                redrawn = _redrawn(step, values, begin.position, source)
            if redrawn is None:
                yield number, Expected(wanted)
                continue
            stream = redrawn.after
            kept = values if redrawn.is_declared else wanted
            yield number, Expected(kept, redrawn.drawn_by, redrawn.is_declared)


def _redrawn(step: Fill, values: Values, position: int, source: Source) -> _Redrawn | None:
    """Return the release of Boost, or the distribution, that makes these values of the same outputs."""
    for name, distribution, release, is_declared in _trials(step, source):
        stream = source.stream(release, position)
        head = distribution.sample((min(values.size, _HEAD),), stream.copy())
        if equal_bits(head, values.ravel()[: head.size]).sum() >= min(_MIN_AGREEING, head.size):
            drawn = distribution.sample(values.shape, stream)
            if agrees(values, drawn, source.tolerance):
                return _Redrawn(name, is_declared, stream)
    return None


def _trials(step: Fill, source: Source) -> Iterator[tuple[str, Distribution, str, bool]]:
    distribution = step.distribution()
    if distribution.from_normals:
        for release in source.releases:
            yield f"Boost {release}", distribution, release, True
    for each in candidates(step):
        if each.distribution.is_random and each.caffe:
            yield each.name, each.distribution, source.releases[0], False
