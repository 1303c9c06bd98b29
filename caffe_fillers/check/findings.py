"""Findings of a check as data: their kinds and the numbers that show them. Sentences are in `words`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeAlias, TypeVar

Number: TypeAlias = float | int | str
Numbers: TypeAlias = Mapping[str, Number]
K = TypeVar("K", bound=Enum)


class Status(Enum):
    """Status of a blob beside its declaration, the best first."""

    EXACT = "exact"
    """Bit for bit what a seed gives."""
    COPIED = "copied"
    """Bit for bit what a base model has."""
    PLAUSIBLE = "plausible"
    """No seed, but nothing speaks against the declared distribution."""
    DIFFERENT = "different"
    """Not what is declared; the diagnosis says what it is."""


class Kind(Enum):
    """Kind of mismatch between values and what is declared."""

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
    """Ground of the verdict on a blob."""

    AGREES = "agrees"
    CONSTANT = "constant"
    COPIED = "copied"
    DIFFERS = "differs"
    TESTED = "tested"


class Problem(Enum):
    """Problem with layers and shapes that are not those of the net."""

    MISSING = "missing layer"
    RENAMED = "renamed layer"
    UNKNOWN = "unknown layer"
    BLOBS = "number of blobs"
    BEGINS = "beginning"
    SHAPE = "shape"


class Remark(Enum):
    """Remark on a stream, or on the lack of one."""

    LATE = "late"
    APART = "apart"
    ERA = "era"
    BARE = "bare"
    PRECISION = "precision"


class Provenance(Enum):
    """Origin of the seed, or the reason why there is none."""

    GIVEN = "given"
    RECOVERED = "recovered"
    IN_RANGE = "in range"
    NOT_NEEDED = "not needed"
    NOT_FOUND = "not found"
    NOT_IN_RANGE = "not in range"


class Outcome(Enum):
    """Conclusion of a check."""

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
        """Make a finding with these numbers."""
        return cls(kind, numbers)


Mismatch: TypeAlias = Finding[Kind]
"""Explanation of values that are not what is declared."""
