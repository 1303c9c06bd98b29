"""A model against what a seed gives, bit for bit, and what a blob is that differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from caffe_fillers.check.diagnose import explain, name_of
from caffe_fillers.check.differences import difference, equal_bits
from caffe_fillers.check.result import BlobVerdict, Kind, Mismatch, Status
from caffe_fillers.check.statistics import fit
from caffe_fillers.check.structure import Matched
from caffe_fillers.distributions import Distribution, Values
from caffe_fillers.execute import pass_over
from caffe_fillers.frameworks.candidates import candidates
from caffe_fillers.model import ModelBlob
from caffe_fillers.plan import Draw, Fill, Given
from caffe_fillers.planner import PlannedBlob, PlannedNet
from caffe_fillers.recover import RELEASES
from caffe_fillers.rng import Stream
from caffe_fillers.rng.twister import MT19937

_FITS = 1e-3
_HEAD, _ENOUGH = 64, 3
"""First values that another distribution is tried on, and how many of them it must make."""
_OF_THE_SEED = frozenset(Kind) - {Kind.OTHER_SEED, Kind.DAMAGED, Kind.OTHER_FRAMEWORK}
"""Mismatches that are measured against the values of a seed."""


@dataclass(frozen=True)
class Seeded:
    """A seed, the releases of Boost that may have drawn, and the absolute error to forgive.

    `late` is how many words something drew first that the plan does not show, `generator` what makes them.
    Where `first_step` is given, only it and the steps after it are compared, from output `late` on.
    """

    seed: int
    releases: tuple[str, ...] = RELEASES
    tolerance: float = 0.0
    late: int = 0
    generator: str = MT19937.name
    first_step: int = 0

    def stream(self, release: str, position: int) -> Stream:
        """The seed's stream from a word on."""
        stream = Stream(self.seed, release, self.generator)
        stream.skip(position)
        return stream


class _Told(NamedTuple):
    """What a differing blob is after all: words for it, the release, and the stream behind it."""

    name: str
    release: str
    behind: Stream
    declared: bool


def compare(plan: PlannedNet, matched: Matched, seeded: Seeded) -> dict[int, BlobVerdict]:
    """The verdicts on the blobs, by their number in `matched`.

    A blob that another distribution or release of Boost makes of the same words is
    told so, and what follows is drawn from where that left the stream.
    """
    by_step: dict[int, list[tuple[int, PlannedBlob, ModelBlob]]] = {}
    for number, (blob, stored) in enumerate(matched):
        by_step.setdefault(blob.step, []).append((number, blob, stored))
    verdicts: dict[int, BlobVerdict] = {}
    owners: dict[bytes, PlannedBlob] = {}
    strangers: list[tuple[int, bytes]] = []
    for step, wanted, told in _walk(plan, {step: entries[0] for step, entries in by_step.items()}, seeded):
        for number, blob, stored in by_step[step]:
            values = stored.array().reshape(blob.shape)
            verdicts[number] = _verdict(plan, blob, values, wanted, told, seeded)
            if blob.count > 1 or _varies(plan.steps[step]):
                owners.setdefault(_digest(wanted), blob)
            if verdicts[number].status is Status.DIFFERENT:
                strangers.append((number, _digest(values)))
    for number, digest in strangers:
        twin = owners.get(digest)
        if twin is not None and twin.step != matched[number][0].step:
            verdicts[number] = _swapped(verdicts[number], f"{plan.label(twin.layer_id)}[{twin.index}]")
    return verdicts


def _walk(
    plan: PlannedNet, stored: dict[int, tuple[int, PlannedBlob, ModelBlob]], seeded: Seeded
) -> Iterator[tuple[int, Values, _Told | None]]:
    """What each step that a stored blob comes from gives, and what the blob is if it differs."""
    release = seeded.releases[0]
    stream = seeded.stream(release, seeded.late)
    for number, step in enumerate(plan.steps[: max(stored, default=-1) + 1]):
        if number < seeded.first_step:
            continue
        if isinstance(step, Given):
            yield number, np.frombuffer(step.values, "<f4"), None
        elif isinstance(step, Draw) or number not in stored:
            pass_over(step, stream)
        else:
            *_, model_blob = stored[number]
            begin = stream.copy()
            wanted = step.distribution().sample(step.shape, stream)
            values = model_blob.array()
            told = None
            if not agrees(values, wanted, seeded.tolerance):
                told = _tell_distribution(step, values, begin, seeded)
                if told is not None:
                    stream = told.behind
                    wanted = values if told.declared else wanted
            yield number, wanted, told


def _tell_distribution(step: Fill, values: Values, begin: Stream, seeded: Seeded) -> _Told | None:
    """The release of Boost, or the distribution, that makes these values of the same words."""
    trials: list[tuple[str, Distribution, str, bool]] = [
        (f"Boost {release}", step.distribution(), release, True)
        for release in seeded.releases
        if step.distribution().from_normals
    ]
    trials += [
        (each.name, each.distribution, seeded.releases[0], False)
        for each in candidates(step)
        if each.distribution.is_random and each.caffe
    ]
    for name, distribution, release, declared in trials:
        stream = seeded.stream(release, begin.position)
        head = distribution.sample((min(values.size, _HEAD),), stream.copy())
        if equal_bits(head, values.ravel()[: head.size]).sum() >= min(_ENOUGH, head.size):
            drawn = distribution.sample(values.shape, stream)
            if agrees(values, drawn, seeded.tolerance):
                return _Told(name, release, stream, declared)
    return None


def _verdict(
    plan: PlannedNet, blob: PlannedBlob, values: Values, wanted: Values, told: _Told | None, seeded: Seeded
) -> BlobVerdict:
    step, tolerance = plan.steps[blob.step], seeded.tolerance
    layer = plan.label(blob.layer_id)
    declared = str(step.distribution()) if isinstance(step, Fill) else "in the prototxt"
    off = _first_difference(values, wanted, tolerance)
    if off is None:
        by = f", drawn by {told.name}" if told is not None else ""
        within = f" within {tolerance:g}" if tolerance else ""
        evidence = f"{values.size:,} values agree{within}{by}"
        seed = seeded.seed if _varies(step) else None
        return BlobVerdict(layer, blob.index, Status.EXACT, declared, evidence, seed=seed)
    evidence = f"value {off} is {values.ravel()[off]:.9g}, {wanted.ravel()[off]:.9g} is declared"
    verdict = BlobVerdict(layer, blob.index, Status.DIFFERENT, declared, evidence)
    if not isinstance(step, Fill):
        return verdict
    if told is not None:
        text = f"declared {name_of(step)}; these are the words of the seed by {told.name}, bit for bit"
        mismatch = Mismatch(Kind.OTHER_FILLER, text)
    else:
        mismatch = _explain(step, values, wanted.reshape(values.shape), tolerance)
    seed = seeded.seed if mismatch.kind in _OF_THE_SEED else None
    return with_mismatch(replace(verdict, seed=seed), mismatch)


def with_mismatch(verdict: BlobVerdict, mismatch: Mismatch) -> BlobVerdict:
    """The verdict with its explanation."""
    return replace(verdict, diagnosis=mismatch.text, kind=mismatch.kind, numbers=mismatch.numbers)


def _swapped(verdict: BlobVerdict, twin: str) -> BlobVerdict:
    return with_mismatch(verdict, Mismatch(Kind.SWAPPED, f"these are the values of {twin}: swapped?"))


def _explain(step: Fill, values: Values, wanted: Values, tolerance: float) -> Mismatch:
    """For values that the seed's words do not make, what else they are."""
    found = difference(values, wanted)
    if found is not None:
        return found
    if step.distribution().is_random and fit(step.distribution(), values, tolerance).p_value >= _FITS:
        text = "drawn from the declared distribution, but with another seed or order"
        return Mismatch(Kind.OTHER_SEED, text)
    return explain(step, values, tolerance)


def _varies(step: Fill | Draw | Given) -> bool:
    """Whether a single value tells its blob from others."""
    return isinstance(step, Fill) and step.distribution().std > 0


def _digest(values: Values) -> bytes:
    return blake2b(np.ascontiguousarray(values).data, digest_size=16).digest()


def agrees(values: Values, wanted: Values, tolerance: float) -> bool:
    """Whether values are the wanted ones, bit for bit or within the tolerance."""
    return _first_difference(values, wanted, tolerance) is None


def _first_difference(values: Values, wanted: Values, tolerance: float) -> int | None:
    """The index of the first value that differs, in bits or by more than the tolerance."""
    values, wanted = values.ravel(), wanted.ravel()
    if tolerance:
        with np.errstate(invalid="ignore"):
            differs = ~(np.abs(values - wanted) <= tolerance)
    else:
        differs = ~equal_bits(values, wanted)
    found = np.flatnonzero(differs)
    return int(found[0]) if found.size else None
