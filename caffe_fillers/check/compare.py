"""Compare blobs bit for bit with those that a stream makes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from caffe_fillers.check.diagnose import explain
from caffe_fillers.check.differences import agrees, difference, differs
from caffe_fillers.check.evidence import Evidence, digest, name_of
from caffe_fillers.check.findings import Finding, Ground, Kind, Mismatch, Status
from caffe_fillers.check.result import BlobVerdict
from caffe_fillers.check.statistics import fit
from caffe_fillers.check.streams import Expected, Source, expected
from caffe_fillers.distributions import Values
from caffe_fillers.plan import Fill, Given
from caffe_fillers.planner import PlannedNet

_FITS = 1e-3
_UNRELATED = (Kind.OTHER_SEED, Kind.DAMAGED)
"""Mismatches with the values of a seed that are not measured against these."""


def compare(net: PlannedNet, evidence: Sequence[Evidence], source: Source) -> dict[int, BlobVerdict]:
    """Return the verdicts on the blobs that a stream reaches, by their number in `evidence`."""
    verdicts: dict[int, BlobVerdict] = {}
    differing: list[tuple[Evidence, Expected]] = []
    makers: dict[bytes, Evidence] = {}
    for each, wanted in _pairs(net, evidence, source):
        if agrees(each.values, wanted.values, source.tolerance):
            verdicts[each.number] = _exact(each, wanted, source)
        else:
            differing.append((each, wanted))
        if each.values.size > 1 or each.varies:
            makers.setdefault(digest(wanted.values), each)
    for each, wanted in differing:
        maker = makers.get(each.digest)
        swapped = None
        if maker is not None and maker.blob.step != each.blob.step:
            swapped = _swapped(maker, sum(other.digest == each.digest for other in evidence))
        verdicts[each.number] = _different(each, wanted, swapped, source)
    return verdicts


def exact_verdicts(net: PlannedNet, evidence: Sequence[Evidence], source: Source) -> dict[int, BlobVerdict]:
    """Return the verdicts on the blobs that a stream makes bit for bit, by their number."""
    return {
        each.number: _exact(each, wanted, source)
        for each, wanted in _pairs(net, evidence, source)
        if agrees(each.values, wanted.values, source.tolerance)
    }


def _pairs(
    net: PlannedNet, evidence: Sequence[Evidence], source: Source
) -> Iterator[tuple[Evidence, Expected]]:
    """Yield the blobs that a stream reaches, each with the values that the stream makes."""
    by_step: dict[int, list[Evidence]] = {}
    for each in evidence:
        by_step.setdefault(each.blob.step, []).append(each)
    for step, wanted in expected(net, evidence, source):
        yield from ((each, wanted) for each in by_step[step])


def verdict_on(
    evidence: Evidence,
    status: Status,
    ground: Finding[Ground],
    mismatch: Mismatch | None = None,
    seed: int | None = None,
) -> BlobVerdict:
    """Return the verdict on a blob."""
    return BlobVerdict(
        layer=evidence.layer,
        index=evidence.blob.index,
        status=status,
        declared=evidence.declared,
        ground=ground,
        mismatch=mismatch,
        seed=seed,
    )


def given_verdict(evidence: Evidence, tolerance: float) -> BlobVerdict:
    """Return the verdict on a blob whose values the net itself holds."""
    assert isinstance(evidence.step, Given)
    wanted = np.frombuffer(evidence.step.values, "<f4")
    if agrees(evidence.values, wanted, tolerance):
        ground = Finding.of(Ground.AGREES, values=evidence.values.size)
        return verdict_on(evidence, Status.EXACT, ground)
    return verdict_on(evidence, Status.DIFFERENT, _first_off(evidence, wanted, tolerance))


def _first_off(evidence: Evidence, wanted: Values, tolerance: float) -> Finding[Ground]:
    """Return where the first value is that differs, and what it is."""
    at = int(differs(evidence.values, wanted, tolerance).argmax())
    value, right = (float(values.ravel()[at]) for values in (evidence.values, wanted))
    return Finding.of(Ground.DIFFERS, at=at, value=value, wanted=right)


def _exact(evidence: Evidence, wanted: Expected, source: Source) -> BlobVerdict:
    ground = Finding.of(
        Ground.AGREES,
        values=evidence.values.size,
        **({"tolerance": source.tolerance} if source.tolerance else {}),
        **({"drawn_by": wanted.drawn_by} if wanted.drawn_by else {}),
    )
    return verdict_on(evidence, Status.EXACT, ground, seed=source.seed if evidence.varies else None)


def _swapped(maker: Evidence, times: int) -> Mismatch:
    """Return whose values a blob has, and how many have them if several do."""
    also = {"times": times} if times > 1 else {}
    return Mismatch.of(Kind.SWAPPED, twin=f"{maker.layer}[{maker.blob.index}]", **also)


def _different(evidence: Evidence, wanted: Expected, swapped: Mismatch | None, source: Source) -> BlobVerdict:
    """Return the verdict on values that the stream makes for another blob, as `swapped` says, or for none."""
    ground = _first_off(evidence, wanted.values, source.tolerance)
    measured = _measured(evidence, wanted) if swapped is None else swapped
    mismatch = _unmeasured(evidence, source.tolerance) if measured is None else measured
    is_explained = measured is not None and measured.kind not in _UNRELATED
    return verdict_on(evidence, Status.DIFFERENT, ground, mismatch, source.seed if is_explained else None)


def _measured(evidence: Evidence, wanted: Expected) -> Mismatch | None:
    """Explain values by those that the stream makes in their place, if they have to do with them."""
    if not isinstance(evidence.step, Fill):
        return None
    if wanted.drawn_by:
        return Mismatch.of(Kind.OTHER_FILLER, filler=name_of(evidence.step), drawn_by=wanted.drawn_by)
    return difference(evidence.values, wanted.values.reshape(evidence.values.shape))


def _unmeasured(evidence: Evidence, tolerance: float) -> Mismatch | None:
    """Explain values that have nothing to do with the stream; None for a blob that the prototxt holds."""
    step, values = evidence.step, evidence.values
    if not isinstance(step, Fill) or evidence.distribution is None:
        return None
    if evidence.is_random and fit(evidence.distribution, values, tolerance).p_value >= _FITS:
        return Mismatch(Kind.OTHER_SEED)
    return explain(step, values, tolerance)
