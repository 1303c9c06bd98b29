"""Result of a check as data: verdicts on blobs, structure, seeds; sentences come from `words`."""

from __future__ import annotations

from dataclasses import dataclass

from caffe_fillers.check.findings import (
    Finding,
    Ground,
    Kind,
    Mismatch,
    Numbers,
    Outcome,
    Problem,
    Provenance,
    Remark,
    Status,
)
from caffe_fillers.check.words import sentence


@dataclass(frozen=True, kw_only=True)
class BlobVerdict:
    """The verdict on one blob of the layer `layer`.

    `ground` is what it rests on, `mismatch` what the values are if they are not what is declared. `p_value`
    is that of the test of the declared distribution, before the correction for the number of blobs;
    `effect` is the relative error of the scale, measured over declared less one. `seed` is the one that
    explains the blob.
    """

    layer: str
    index: int
    status: Status
    declared: str
    ground: Finding[Ground]
    mismatch: Mismatch | None = None
    p_value: float | None = None
    effect: float | None = None
    seed: int | None = None

    @property
    def evidence(self) -> str:
        """Ground of the verdict, as a sentence."""
        return sentence(self.ground)

    @property
    def diagnosis(self) -> str:
        """Explanation of values that are not what is declared, as a sentence; else an empty string."""
        return sentence(self.mismatch) if self.mismatch else ""

    @property
    def kind(self) -> Kind | None:
        """Kind of mismatch between the values and what is declared."""
        return self.mismatch.kind if self.mismatch else None

    @property
    def numbers(self) -> Numbers:
        """Numbers that show the mismatch."""
        return self.mismatch.numbers if self.mismatch else {}


@dataclass(frozen=True)
class Origin:
    """A seed that explains `drawn` random values; the first blob begins at output number `position`."""

    seed: int
    layer: str
    position: int
    drawn: int


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """Result of a check.

    `problems` are those of layers and shapes, `provenance` says where the seed comes from, `remarks` what
    else there is to say of it. `unseeded` says that no seed was found, though values of Caffe's stream would
    have given it away.
    """

    verdicts: tuple[BlobVerdict, ...]
    problems: tuple[Finding[Problem], ...] = ()
    seed: int | None = None
    provenance: Finding[Provenance]
    remarks: tuple[Finding[Remark], ...] = ()
    origins: tuple[Origin, ...] = ()
    unseeded: bool = False

    def __str__(self) -> str:
        return f"{self.conclusion}; seed {self.seed_in_words}"

    @property
    def passed(self) -> bool:
        """Whether the weights are an initialization that the net declares."""
        return not (self.problems or self.unseeded or self.differing)

    @property
    def differing(self) -> tuple[BlobVerdict, ...]:
        """The verdicts on blobs that are not what is declared."""
        return tuple(each for each in self.verdicts if each.status is Status.DIFFERENT)

    @property
    def structure(self) -> tuple[str, ...]:
        """Problems with layers and shapes, as sentences."""
        return tuple(map(sentence, self.problems))

    @property
    def notes(self) -> tuple[str, ...]:
        """Remarks on the seed, as sentences."""
        return tuple(map(sentence, self.remarks))

    @property
    def seed_origin(self) -> str:
        """Origin of the seed, or the reason why there is none, in words."""
        return sentence(self.provenance)

    @property
    def seed_in_words(self) -> str:
        """Seed and its origin in words; for a net that draws nothing, that it needs none."""
        if self.provenance.kind is Provenance.NOT_NEEDED:
            return self.seed_origin
        return f"{'none' if self.seed is None else self.seed} ({self.seed_origin})"

    @property
    def outcome(self) -> Finding[Outcome]:
        """Outcome of the check: passed, no seed found, trained in part, or refused."""
        if self.passed:
            return Finding(Outcome.PASSED)
        if not self.problems and not self.differing:
            return Finding(Outcome.UNSEEDED)
        trained = any(each.kind in (Kind.TRAINED, Kind.MOVED) for each in self.differing)
        if self.problems or not trained:
            return Finding(Outcome.REFUSED)
        exact = (each for each in self.verdicts if each.status is Status.EXACT and each.seed is not None)
        untouched = ", ".join(f"{each.layer}[{each.index}] with seed {each.seed}" for each in exact)
        return Finding(Outcome.TRAINED, {"untouched": untouched} if untouched else {})

    @property
    def conclusion(self) -> str:
        """The outcome as a sentence."""
        return sentence(self.outcome)
