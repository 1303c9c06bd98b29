"""What all seeds together explain of a model: of each blob the best verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from caffe_fillers.check.compare import Seeded, compare, with_mismatch
from caffe_fillers.check.result import BlobVerdict, Kind, Mismatch, Origin, Status
from caffe_fillers.check.structure import Matched
from caffe_fillers.plan import Fill
from caffe_fillers.planner import PlannedBlob, PlannedNet

_READING = ("Data", "AnnotatedData")
"""Types of layers that read by a DataReader, while there was one."""


class Explained:
    """Verdicts of seeds that were found one after another, on blobs by their number in `matched`."""

    def __init__(self, plan: PlannedNet, matched: Matched, copied: Mapping[int, str]) -> None:
        self.plan, self.matched, self.copied = plan, matched, copied
        self._by_seed: list[tuple[Seeded, dict[int, BlobVerdict]]] = []

    def add(self, seeded: Seeded) -> None:
        """Compare with one more stream."""
        known = [(each.seed, each.late, each.first_step) for each, _ in self._by_seed]
        if (seeded.seed, seeded.late, seeded.first_step) not in known:
            self._by_seed.append((seeded, compare(self.plan, self.matched, seeded)))

    def holds(self, number: int) -> bool:
        """Whether a blob is explained."""
        if number in self.copied:
            return True
        verdicts = (found.get(number) for _, found in self._by_seed)
        return any(each is not None and each.status is Status.EXACT for each in verdicts)

    @property
    def differs(self) -> bool:
        """Whether some blob is not explained."""
        return not all(map(self.holds, range(len(self.matched))))

    @property
    def seed(self) -> int | None:
        """The seed that most values share."""
        best = max(self._by_seed, key=lambda entry: self._drawn(entry[1]), default=None)
        return None if best is None else best[0].seed

    def origins(self) -> tuple[Origin, ...]:
        """The seeds that explain anything, the one that most values share first."""
        found = []
        for seeded, verdicts in self._by_seed:
            own = [number for number, each in verdicts.items() if each.seed is not None]
            if own:
                layer = verdicts[min(own)].layer
                found.append(Origin(seeded.seed, layer, seeded.late, self._drawn(verdicts)))
        return tuple(sorted(found, key=lambda origin: -origin.drawn))

    def notes(self) -> tuple[str, ...]:
        """Streams that do not begin with the net."""
        told = []
        for seeded, verdicts in self._by_seed:
            if seeded.first_step:
                layer = next(iter(verdicts.values())).layer
                told.append(
                    f"{layer}: drawn from output {seeded.late:,} of seed {seeded.seed} on, not with the net"
                )
            elif seeded.late:
                told.append(_lateness(self.plan, seeded.seed, seeded.late))
        return tuple(told)

    def verdicts(self, tested: Callable[[], tuple[BlobVerdict, ...]]) -> tuple[BlobVerdict, ...]:
        """Of each blob the best verdict; `tested` gives those on blobs that no stream reaches."""
        streams = sorted(self._by_seed, key=lambda entry: -self._drawn(entry[1]))
        told, rest = [], None
        for number, (blob, _) in enumerate(self.matched):
            found = [verdicts[number] for _, verdicts in streams if number in verdicts]
            if number in self.copied:
                told.append(copied_verdict(self.plan, blob, self.copied[number]))
            elif found:
                told.append(min(found, key=_rank))
            else:
                rest = tested() if rest is None else rest
                told.append(_beside_a_seed(rest[number]) if streams else rest[number])
        return tuple(told)

    def _drawn(self, verdicts: Mapping[int, BlobVerdict]) -> int:
        """How many random values agree."""
        return sum(
            self.matched[number][0].count
            for number, each in verdicts.items()
            if each.status is Status.EXACT and each.seed is not None
        )


def copied_verdict(plan: PlannedNet, blob: PlannedBlob, evidence: str) -> BlobVerdict:
    """The verdict on a blob that a base has."""
    step = plan.steps[blob.step]
    declared = str(step.distribution()) if isinstance(step, Fill) else "in the prototxt"
    return BlobVerdict(plan.label(blob.layer_id), blob.index, Status.COPIED, declared, evidence)


def _rank(verdict: BlobVerdict) -> tuple[bool, bool]:
    return verdict.status is Status.DIFFERENT, verdict.seed is None


def _beside_a_seed(verdict: BlobVerdict) -> BlobVerdict:
    """What is plausible alone is not beside blobs that a seed explains."""
    if verdict.status is not Status.PLAUSIBLE:
        return verdict
    text = "drawn from the declared distribution, but not by a seed that explains other blobs"
    return with_mismatch(replace(verdict, status=Status.DIFFERENT), Mismatch(Kind.OTHER_SEED, text))


def _lateness(plan: PlannedNet, seed: int, late: int) -> str:
    """What may have drawn first, and the command that makes the same values."""
    readers = sum(layer.type in _READING for layer in plan.layers)
    cause = "something drew first that the net does not show, data say"
    if readers == late:
        cause = "as where a DataReader draws, from 2015-08-13 to 2017-01-17 (--caffe rc3)"
    return (
        f"the stream begins {late:,} {'word' if late == 1 else 'words'} late: {cause}; "
        f"caffe-fill NET --seed {seed} --skip-words {late} draws the same"
    )
