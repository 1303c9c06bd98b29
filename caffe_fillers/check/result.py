"""What a check found, as data: verdicts per blob, structure, seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Status(Enum):
    """How a blob stands to its declaration, the best first."""

    EXACT = "exact"
    """Bit for bit what a seed gives."""
    COPIED = "copied"
    """Bit for bit what a base model has."""
    PLAUSIBLE = "plausible"
    """No seed, but nothing speaks against the declared distribution."""
    UNDECIDED = "undecided"
    """The prototxt itself carries the values, or too few to judge."""
    DIFFERENT = "different"
    """Not what is declared; the diagnosis says what it is."""


class Kind(Enum):
    """In which way values are not what is declared."""

    DAMAGED = "damaged"
    SCALED = "scaled"
    ROWS_SCALED = "rows scaled"
    FLIPPED = "flipped"
    REORDERED = "reordered"
    SWAPPED = "swapped"
    CHANGED = "changed"
    CENTERED = "centered"
    ROUNDED = "rounded"
    MOVED = "moved"
    CORRELATED = "correlated"
    OTHER_FILLER = "other filler"
    OTHER_SEED = "other seed"
    OTHER_FRAMEWORK = "other framework"
    TRAINED = "trained"


@dataclass(frozen=True)
class Mismatch:
    """What values are that are not what is declared, with the numbers that show it, and a sentence."""

    kind: Kind
    text: str
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class BlobVerdict:
    """The verdict on one blob.

    `p_value` is that of the test of the declared distribution, before the correction
    for the number of blobs; `effect` is the relative error of the scale,
    measured over declared less one. `diagnosis` says what the values are if
    they are not what is declared, `kind` and `numbers` say so for programs. `seed` is the one that explains
    the blob.
    """

    layer: str
    index: int
    status: Status
    declared: str
    evidence: str
    p_value: float | None = None
    effect: float | None = None
    diagnosis: str = ""
    kind: Kind | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    seed: int | None = None


@dataclass(frozen=True)
class Origin:
    """A seed that explains `drawn` random values; the first blob begins at output number `position`."""

    seed: int
    layer: str
    position: int
    drawn: int


@dataclass(frozen=True)
class CheckResult:
    """All that was found out.

    `unseeded` says that no seed was found, though values of Caffe's stream would have given it away.
    """

    verdicts: tuple[BlobVerdict, ...]
    structure: tuple[str, ...] = ()
    seed: int | None = None
    seed_origin: str = ""
    notes: tuple[str, ...] = field(default=())
    origins: tuple[Origin, ...] = field(default=())
    unseeded: bool = False

    @property
    def passed(self) -> bool:
        """Whether the weights are an initialization that the net declares."""
        agrees = all(each.status is not Status.DIFFERENT for each in self.verdicts)
        return agrees and not self.structure and not self.unseeded
