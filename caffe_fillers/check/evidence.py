"""Evidence on each stored blob: its values, read once, and what these show by themselves."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, partial
from hashlib import blake2b

import numpy as np

from caffe_fillers.check.findings import Kind, Mismatch, Numbers
from caffe_fillers.check.structure import Matched
from caffe_fillers.distributions import Distribution, Values
from caffe_fillers.plan import Fill, Step
from caffe_fillers.planner import PlannedBlob, PlannedNet
from caffe_fillers.recover import Sample

_BEGINNING = 16
"""Values of a row that tell it from others, if they differ: most rows need not be compared as a whole."""


@dataclass(frozen=True)
class Evidence:
    """A stored blob beside what declares it; `values` have the declared shape."""

    number: int
    layer: str
    blob: PlannedBlob
    step: Step
    values: Values = field(repr=False)

    @cached_property
    def distribution(self) -> Distribution | None:
        """The filler's distribution; None for values that the prototxt holds."""
        return self.step.distribution() if isinstance(self.step, Fill) else None

    @property
    def declared(self) -> str:
        """The declaration in words."""
        return "in the prototxt" if self.distribution is None else str(self.distribution)

    @property
    def is_random(self) -> bool:
        """Whether the values depend on the seed."""
        return self.distribution is not None and self.distribution.is_random

    @property
    def varies(self) -> bool:
        """Whether a single value tells the blob from others."""
        return self.distribution is not None and self.distribution.std > 0

    @cached_property
    def digest(self) -> bytes:
        """Hash of the values."""
        return digest(self.values)

    @cached_property
    def damage(self) -> Mismatch | None:
        """Damage that no continuous distribution gives: values not finite, equal, zero, or copied by rows."""
        return damage(self.values, self.distribution.zeros if self.distribution else 0.0)

    @cached_property
    def coarse(self) -> Mismatch | None:
        """What values of fewer bits than float32's show: all are of a 16-bit format, or many are alike."""
        return coarse(self.values)


def gather(plan: PlannedNet, matched: Matched) -> tuple[Evidence, ...]:
    """Gather the evidence on stored blobs."""
    return tuple(
        Evidence(
            number=number,
            layer=plan.label(blob.layer_id),
            blob=blob,
            step=plan.steps[blob.step],
            values=stored.array().reshape(blob.shape),
        )
        for number, (blob, stored) in enumerate(matched)
    )


def name_of(fill: Fill) -> str:
    """Name the declared filler, with its variance norm if it has one."""
    norm = getattr(fill.filler, "variance_norm", None)
    return f"{fill.filler.type_name} {norm.name}" if norm is not None else fill.filler.type_name


def samples(evidence: Iterable[Evidence]) -> list[Sample]:
    """Return the samples that seeds are searched in: blobs with values of their own."""
    return [
        Sample(number=each.number, step=each.blob.step, fill=each.step, values=each.values.ravel())
        for each in evidence
        if isinstance(each.step, Fill) and each.blob.owner is None
    ]


def precision(evidence: Iterable[Evidence]) -> str:
    """Return the 16-bit format that all values fit; an empty string if they fit none, or are all alike."""
    bits, varied = np.uint32(0), False
    for each in evidence:
        flat = each.values.ravel()
        bits |= np.bitwise_or.reduce(flat.view(np.uint32), initial=0)
        varied |= bool(flat.size > 1 and (flat != flat[0]).any())
    return next((name for name, step in _FORMATS.items() if varied and not bits & np.uint32(step - 1)), "")


def digest(values: Values) -> bytes:
    """Hash the values."""
    return blake2b(np.ascontiguousarray(values).data, digest_size=16).digest()


def damage(values: Values, zeros: float = 0.0) -> Mismatch | None:
    """Return the first kind of damage that values show; a share `zeros` of them is declared to be zero.

    >>> damage(np.zeros(3, np.float32)).numbers
    {'size': 3, 'constant': 0.0}
    """
    measures = (_not_finite, _constant, partial(_zero_rows, zeros=zeros), _copies)
    found = next((numbers for measure in measures if (numbers := measure(values))), None)
    return None if found is None else Mismatch(Kind.DAMAGED, found)


def coarse(values: Values) -> Mismatch | None:
    """Return what 16 values or more show that have fewer bits than any framework draws as float32.

    >>> coarse(np.arange(32, dtype=np.float32)).numbers
    {'format': 'bfloat16'}
    """
    flat = values.ravel()
    if flat.size < _TELLING:
        return None
    bits = np.bitwise_or.reduce(flat.view(np.uint32), initial=0)
    for name, hidden in _FORMATS.items():
        if not bits & np.uint32(hidden - 1):
            return Mismatch.of(Kind.DAMAGED, format=name)
    shown = flat[flat != 0]
    zeros, repeats = flat.size - shown.size, shown.size - np.unique(shown).size
    step = max(float(np.spacing(np.abs(flat).max())), float(np.ptp(flat)) * 2.0**-_BITS)
    std = float(flat.std(dtype=np.float64))
    chance = step / (_SPREAD * std) if std else 1.0
    if zeros <= _at_most(flat.size * chance) and repeats <= _at_most(flat.size**2 / 2 * chance):
        return None
    return Mismatch.of(Kind.DAMAGED, alike=zeros + repeats, size=flat.size)


def _at_most(average: float) -> float:
    """Return a number that is hardly ever exceeded by what happens so often on average."""
    return average + 6 * math.sqrt(average) + 3


_TELLING, _SPREAD, _BITS = 16, 3.4, 22
"""Fewest values that tell their precision. Of values in steps two are alike with a chance of the step over
3.46 (uniforms) or 3.54 (normals) standard deviations; where steps are finer, less often. Caffe's values have
24 bits of their range, TensorFlow's 23.
"""
_FORMATS = {"bfloat16": 1 << 16, "float16": 1 << 13}


def _not_finite(values: Values) -> Numbers:
    bad = np.flatnonzero(~np.isfinite(values.ravel()))
    if not bad.size:
        return {}
    first = float(values.ravel()[bad[0]])
    return {"not_finite": bad.size, "size": values.size, "first": first, "at": int(bad[0])}


def _constant(values: Values) -> Numbers:
    flat = values.ravel()
    alike = flat.size > 1 and (flat == flat[0]).all()
    return {"size": flat.size, "constant": float(flat[0])} if alike else {}


def _zero_rows(values: Values, zeros: float) -> Numbers:
    """Measure rows of zeros alone, if there are more than six standard errors above their average number."""
    if values.ndim < 2:
        return {}
    average: float = len(values) * zeros ** int(values[0].size)
    rows = values.reshape(values.shape[0], -1)
    zero = np.flatnonzero(~rows.any(axis=1))
    if zero.size <= average + 6 * math.sqrt(average):
        return {}
    return {"zero_rows": zero.size, "rows": rows.shape[0], "first": int(zero[0])}


def _copies(values: Values) -> Numbers:
    if values.ndim < 2 or values[0].size < 4:
        return {}
    every = np.ascontiguousarray(values.reshape(values.shape[0], -1))
    rows = every[every.any(axis=1)]
    if len({row.tobytes() for row in rows[:, :_BEGINNING]}) == rows.shape[0]:
        return {}
    copies = rows.shape[0] - len({row.tobytes() for row in rows})
    return {"copies": copies, "rows": every.shape[0]} if copies else {}
