"""What a check says, as data: kinds of findings and the numbers that show them. Sentences are in `words`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeAlias, TypeVar

Number: TypeAlias = float | int | str
Numbers: TypeAlias = Mapping[str, Number]
K = TypeVar("K", bound=Enum)


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


class Ground(Enum):
    """What the verdict on a blob rests on."""

    AGREES = "agrees"
    CONSTANT = "constant"
    COPIED = "copied"
    DIFFERS = "differs"
    TESTED = "tested"
    GIVEN = "given"


class Problem(Enum):
    """In which way layers and shapes are not those of the net."""

    MISSING = "missing layer"
    RENAMED = "renamed layer"
    UNKNOWN = "unknown layer"
    BLOBS = "number of blobs"
    SHAPE = "shape"


class Remark(Enum):
    """What there is to say of a stream, or of the want of one."""

    LATE = "late"
    APART = "apart"
    ERA = "era"
    BARE = "bare"
    PRECISION = "precision"


class Provenance(Enum):
    """Where the seed comes from, or why there is none."""

    GIVEN = "given"
    RECOVERED = "recovered"
    IN_RANGE = "in range"
    NOT_NEEDED = "not needed"
    NOT_FOUND = "not found"
    NOT_IN_RANGE = "not in range"


class Outcome(Enum):
    """What a check comes to."""

    PASSED = "passed"
    UNSEEDED = "unseeded"
    TRAINED = "trained"
    REFUSED = "refused"


@dataclass(frozen=True)
class Finding(Generic[K]):
    """Something of a kind, and the numbers that show it, by the names that `words.TEMPLATES` has.

    >>> Finding.of(Kind.SCALED, factor=1.5)
    Finding(kind=<Kind.SCALED: 'scaled'>, numbers={'factor': 1.5})
    """

    kind: K
    numbers: Numbers = field(default_factory=dict)

    @classmethod
    def of(cls, kind: K, **numbers: Number) -> Finding[K]:
        """A finding with these numbers."""
        return cls(kind, numbers)


Mismatch: TypeAlias = Finding[Kind]
"""What values are that are not what is declared."""
