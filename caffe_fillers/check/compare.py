"""A model against what a seed gives, bit for bit, and what a blob is that differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple

import numpy as np

from caffe_fillers.check.candidates import candidates
from caffe_fillers.check.diagnose import diagnose, name_of
from caffe_fillers.check.differences import difference, equal_bits
from caffe_fillers.check.result import BlobVerdict, Status
from caffe_fillers.check.seeds import ENOUGH, HEAD
from caffe_fillers.check.statistics import fit
from caffe_fillers.check.structure import Matched
from caffe_fillers.distributions import Distribution, Values
from caffe_fillers.model import ModelBlob
from caffe_fillers.plan import Draw, Fill, Given
from caffe_fillers.planner import PlannedBlob, PlannedNet
from caffe_fillers.rng import BOOST, Stream
from caffe_fillers.rng.twister import MT19937

RELEASES = (BOOST, "1.58", "1.54")
"""Of Boost, one for each of its normal distributions."""

_FITS = 1e-3


@dataclass(frozen=True)
class Seeded:
    """A seed, the releases of Boost that may have drawn, and the absolute error to forgive.

    `late` is how many words something drew first that the plan does not show, `generator` what makes them.
    """

    seed: int
    releases: tuple[str, ...] = RELEASES
    tolerance: float = 0.0
    late: int = 0
    generator: str = MT19937.name

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


def compare(plan: PlannedNet, matched: Matched, seeded: Seeded) -> list[BlobVerdict]:
    """The verdicts on all blobs, in the order of `matched`.

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
            verdicts[number] = _verdict(plan, blob, values, wanted, told, seeded.tolerance)
            if blob.count > 1 or _varies(plan.steps[step]):
                owners.setdefault(_digest(wanted), blob)
            if verdicts[number].status is Status.DIFFERENT:
                strangers.append((number, _digest(values)))
    for number, digest in strangers:
        twin = owners.get(digest)
        if twin is not None and twin.step != matched[number][0].step:
            verdicts[number] = _swapped(verdicts[number], f"{plan.label(twin.layer_id)}[{twin.index}]")
    return [verdicts[number] for number in range(len(matched))]


def _walk(
    plan: PlannedNet, stored: dict[int, tuple[int, PlannedBlob, ModelBlob]], seeded: Seeded
) -> Iterator[tuple[int, Values, _Told | None]]:
    """What each step that a stored blob comes from gives, and what the blob is if it differs."""
    release = seeded.releases[0]
    stream = seeded.stream(release, seeded.late)
    for number, step in enumerate(plan.steps[: max(stored, default=-1) + 1]):
        if isinstance(step, Draw):
            stream.skip(step.words)
        elif isinstance(step, Given):
            yield number, np.frombuffer(step.values, "<f4"), None
        elif number not in stored:
            _pass_over(step, stream)
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


def _pass_over(step: Fill, stream: Stream) -> None:
    distribution = step.distribution()
    words = distribution.words(step.count, stream)
    if words is not None:
        stream.skip(words)
        return
    for _ in distribution.chunks(step.count, stream):
        pass


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
        head = distribution.sample((min(values.size, HEAD),), stream.copy())
        if equal_bits(head, values.ravel()[: head.size]).sum() >= min(ENOUGH, head.size):
            drawn = distribution.sample(values.shape, stream)
            if agrees(values, drawn, seeded.tolerance):
                return _Told(name, release, stream, declared)
    return None


def _verdict(
    plan: PlannedNet, blob: PlannedBlob, values: Values, wanted: Values, told: _Told | None, tolerance: float
) -> BlobVerdict:
    step, layer = plan.steps[blob.step], plan.label(blob.layer_id)
    declared = str(step.distribution()) if isinstance(step, Fill) else "in the prototxt"
    off = _first_difference(values, wanted, tolerance)
    if off is None:
        by = f", drawn by {told.name}" if told is not None else ""
        within = f" within {tolerance:g}" if tolerance else ""
        evidence = f"{values.size:,} values agree{within}{by}"
        return BlobVerdict(layer, blob.index, Status.EXACT, declared, evidence)
    evidence = f"value {off} is {values.ravel()[off]:.9g}, {wanted.ravel()[off]:.9g} is declared"
    if not isinstance(step, Fill):
        diagnosis = ""
    elif told is not None:
        diagnosis = f"declared {name_of(step)}; these are the words of the seed by {told.name}, bit for bit"
    else:
        diagnosis = _tell(step, values, wanted.reshape(values.shape), tolerance)
    return BlobVerdict(layer, blob.index, Status.DIFFERENT, declared, evidence, diagnosis=diagnosis)


def _swapped(verdict: BlobVerdict, twin: str) -> BlobVerdict:
    told = f"these are the values of {twin}: swapped?"
    return BlobVerdict(
        *(verdict.layer, verdict.index, verdict.status, verdict.declared, verdict.evidence), diagnosis=told
    )


def _tell(step: Fill, values: Values, wanted: Values, tolerance: float) -> str:
    """For values that the seed's words do not make, what else they are."""
    told = difference(values, wanted)
    if told:
        return told
    if fit(step.distribution(), values, tolerance).p_value >= _FITS:
        return "drawn from the declared distribution, but with another seed or order"
    return diagnose(step, values, tolerance)


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
