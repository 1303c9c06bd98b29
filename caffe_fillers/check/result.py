"""What a check found, as data: verdicts per blob, structure, seed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Status(Enum):
    """How a blob stands to its declaration, the best first."""

    EXACT = "exact"
    """Bit for bit what the seed gives."""
    PLAUSIBLE = "plausible"
    """No seed, but nothing speaks against the declared distribution."""
    UNDECIDED = "undecided"
    """The prototxt itself carries the values, or too few to judge."""
    DIFFERENT = "different"
    """Not what is declared; the diagnosis says what it is."""


@dataclass(frozen=True)
class BlobVerdict:
    """The verdict on one blob.

    `p_value` is that of the test of the declared distribution, before the correction
    for the number of blobs; `effect` is the relative error of the scale,
    measured over declared less one. `diagnosis` says what the values are if
    they are not what is declared, with the evidence.
    """

    layer: str
    index: int
    status: Status
    declared: str
    evidence: str
    p_value: float | None = None
    effect: float | None = None
    diagnosis: str = ""


@dataclass(frozen=True)
class CheckResult:
    """All that was found out: `passed` if no blob differs and the structure agrees."""

    verdicts: tuple[BlobVerdict, ...]
    structure: tuple[str, ...] = ()
    seed: int | None = None
    seed_origin: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def passed(self) -> bool:
        """Whether the weights are an initialisation that the net declares."""
        return not self.structure and all(each.status is not Status.DIFFERENT for each in self.verdicts)
