"""Compare blobs with their declared distributions, without a seed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from caffe_fillers.check.compare import given_verdict, verdict_on
from caffe_fillers.check.diagnose import explain
from caffe_fillers.check.differences import agrees
from caffe_fillers.check.evidence import Evidence
from caffe_fillers.check.findings import Finding, Ground, Mismatch, Number, Status
from caffe_fillers.check.result import BlobVerdict
from caffe_fillers.check.statistics import Fit, fit
from caffe_fillers.plan import Fill
from caffe_fillers.rng import Stream

SIGNIFICANCE = 1e-3
"""The chance that a right model is refused, over all of its blobs (Holm's correction)."""


def fitted_verdicts(evidence: Sequence[Evidence], tolerance: float) -> Iterator[BlobVerdict]:
    """Yield the verdicts of the declared distributions, corrected over the blobs by Holm's procedure."""
    fits = [_fit(each, tolerance) for each in evidence]
    limit = holm_limit([fitted.p_value for fitted in fits if fitted is not None])
    for each, fitted in zip(evidence, fits, strict=True):
        yield _verdict(each, fitted, limit, tolerance)


def holm_limit(p_values: Sequence[float]) -> float:
    """Return the p-value from which on Holm's procedure keeps a hypothesis.

    Of m p-values in rising order the one of rank k, from 0 on, is refused if it and all before it are below
    SIGNIFICANCE / (m - k) (Holm, Scandinavian Journal of Statistics 6, 1979).

    >>> holm_limit([0.5, 1e-9, 0.3]), holm_limit([0.0, 0.0])
    (0.0005, 0.001)
    """
    for rank, p_value in enumerate(sorted(p_values)):
        limit = SIGNIFICANCE / (len(p_values) - rank)
        if p_value >= limit:
            return limit
    return SIGNIFICANCE


def _fit(evidence: Evidence, tolerance: float) -> Fit | None:
    """Test a blob against its distribution; damage that this cannot give is enough to refuse it."""
    distribution = evidence.distribution
    if distribution is None:
        return None
    undrawn = _undrawn(evidence, tolerance)
    if undrawn is not None:
        return Fit(p_value=0.0, effect=math.nan, numbers=undrawn.numbers)
    return fit(distribution, evidence.values, tolerance)


def _undrawn(evidence: Evidence, tolerance: float) -> Mismatch | None:
    """Return what no continuous distribution draws: damage, or values of too few bits; None for others."""
    assert evidence.distribution is not None
    if not evidence.distribution.is_continuous or evidence.values.size <= 1:
        return None
    return evidence.damage or (None if tolerance else evidence.coarse)


def _verdict(evidence: Evidence, fitted: Fit | None, limit: float, tolerance: float) -> BlobVerdict:
    if fitted is None or not isinstance(evidence.step, Fill):
        return given_verdict(evidence, tolerance)
    if not evidence.is_random and (ground := _computed(evidence, tolerance)) is not None:
        return verdict_on(evidence, Status.EXACT, ground)
    refused = fitted.p_value < limit
    ground = Finding(Ground.TESTED, fitted.numbers)
    mismatch = None
    if refused:
        mismatch = _undrawn(evidence, tolerance) or explain(evidence.step, evidence.values, tolerance)
    verdict = verdict_on(evidence, Status.DIFFERENT if refused else Status.PLAUSIBLE, ground, mismatch)
    return replace(verdict, p_value=fitted.p_value, effect=fitted.effect)


def _computed(evidence: Evidence, tolerance: float) -> Finding[Ground] | None:
    """Return the ground of agreement with values that any seed gives; None if they differ."""
    assert evidence.distribution is not None
    if not agrees(evidence.values, evidence.distribution.sample(evidence.values.shape, Stream(0)), tolerance):
        return None
    numbers: dict[str, Number] = {"values": evidence.values.size}
    if tolerance:
        numbers["tolerance"] = tolerance
    if evidence.distribution.std:
        return Finding.of(Ground.AGREES, **numbers)
    return Finding.of(Ground.CONSTANT, constant=str(evidence.distribution), **numbers)
