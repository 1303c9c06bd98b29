"""Collect what all streams explain of a model, and select the best verdict on each blob."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from caffe_fillers.check.compare import compare, verdict_on
from caffe_fillers.check.evidence import Evidence
from caffe_fillers.check.findings import Finding, Ground, Kind, Mismatch, Remark, Status
from caffe_fillers.check.result import BlobVerdict, Origin
from caffe_fillers.check.streams import Source
from caffe_fillers.planner import PlannedNet

Verdicts = Mapping[int, BlobVerdict]


@dataclass
class Explained:
    """Streams that were found one after another, each with its verdicts on blobs by number.

    `copied` are the numbers of blobs that a base has.
    """

    net: PlannedNet
    evidence: Sequence[Evidence]
    copied: frozenset[int] = frozenset()
    by_source: list[tuple[Source, Verdicts]] = field(default_factory=list)

    def add(self, source: Source) -> None:
        """Add a stream, comparing its blobs, after the one of its seed that begins with the net."""
        for each in (replace(source, offset=0, first_step=0), source):
            if each not in [known for known, _ in self.by_source]:
                self.put(each, compare(self.net, self.evidence, each))

    def put(self, source: Source, verdicts: Verdicts) -> None:
        """Add a stream with its verdicts."""
        self.by_source.append((source, verdicts))

    def holds(self, number: int) -> bool:
        """Return whether a blob is explained."""
        return number in self.copied or any(
            number in verdicts and verdicts[number].status is Status.EXACT for _, verdicts in self.by_source
        )

    @property
    def is_complete(self) -> bool:
        """Whether every blob is explained."""
        return all(self.holds(each.number) for each in self.evidence)

    @property
    def needs_no_search(self) -> bool:
        """Whether every random blob is explained, or what was done to it is known by a seed's values."""
        return all(
            self.holds(each.number)
            or any(
                each.number in verdicts and verdicts[each.number].seed is not None
                for _, verdicts in self.by_source
            )
            for each in self.evidence
            if each.is_random
        )

    @property
    def seed(self) -> int | None:
        """The seed that most values share."""
        return self._ranked[0][0].seed if self.by_source else None

    @property
    def begins_with_the_net(self) -> bool:
        """Whether that seed's stream begins where the net says."""
        return bool(self.by_source) and self._ranked[0][0].offset == self._ranked[0][0].first_step == 0

    def remarks(self) -> Iterator[Finding[Remark]]:
        """Yield remarks on streams that make more than the one of their seed that begins with the net."""
        own = {
            source.seed: self.drawn(verdicts)
            for source, verdicts in self.by_source
            if source.offset == source.first_step == 0
        }
        for source, verdicts in self.by_source:
            if self.drawn(verdicts) <= own.get(source.seed, -1):
                continue
            if source.first_step and verdicts:
                layer = verdicts[min(verdicts)].layer
                yield Finding.of(Remark.APART, layer=layer, position=source.offset, seed=source.seed)
            elif source.offset:
                unit = "word" if source.offset == 1 else "words"
                yield Finding.of(Remark.LATE, words=source.offset, unit=unit, seed=source.seed)

    def origins(self) -> tuple[Origin, ...]:
        """Return the seeds that explain any blob, the one that most values share first."""
        found = []
        for source, verdicts in self._ranked:
            own = [number for number, each in verdicts.items() if each.seed is not None]
            if own:
                layer = verdicts[min(own)].layer
                found.append(Origin(source.seed, layer, source.offset, self.drawn(verdicts)))
        return tuple(found)

    def verdicts(self, fitted: Callable[[Sequence[Evidence]], Sequence[BlobVerdict]]) -> list[BlobVerdict]:
        """Return the best verdict on each blob; `fitted` gives those on blobs that no stream reaches."""
        streams = [verdicts for _, verdicts in self._ranked]
        best = {
            number: min((verdicts[number] for verdicts in streams if number in verdicts), key=_rank)
            for number in {number for verdicts in streams for number in verdicts}
        }
        best |= {each.number: _copied(each) for each in self.evidence if each.number in self.copied}
        rest = [each for each in self.evidence if each.number not in best]
        for each, verdict in zip(rest, fitted(rest), strict=True):
            best[each.number] = _beside(self.seed, verdict) if streams else verdict
        return [best[each.number] for each in self.evidence]

    def drawn(self, verdicts: Verdicts) -> int:
        """Count the random values that agree."""
        return sum(
            self.evidence[number].values.size
            for number, each in verdicts.items()
            if each.status is Status.EXACT and each.seed is not None
        )

    @property
    def most_drawn(self) -> int:
        """Return the most random values that one stream makes."""
        return max((self.drawn(verdicts) for _, verdicts in self.by_source), default=0)

    @property
    def _ranked(self) -> list[tuple[Source, Verdicts]]:
        return sorted(self.by_source, key=lambda entry: -self.drawn(entry[1]))


def _copied(evidence: Evidence) -> BlobVerdict:
    """Return the verdict on a blob that a base has."""
    return verdict_on(evidence, Status.COPIED, Finding.of(Ground.COPIED, values=evidence.values.size))


def _rank(verdict: BlobVerdict) -> tuple[bool, bool]:
    return verdict.status is Status.DIFFERENT, verdict.seed is None


def _beside(seed: int | None, verdict: BlobVerdict) -> BlobVerdict:
    """Reject a plausible verdict on a blob whose neighbors a seed explains."""
    if verdict.status is not Status.PLAUSIBLE or seed is None:
        return verdict
    mismatch = Mismatch.of(Kind.OTHER_SEED, other_seed=seed)
    return replace(verdict, status=Status.DIFFERENT, mismatch=mismatch)
