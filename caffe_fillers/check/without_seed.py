"""What can be said of blobs without a seed: the tests of the declared distributions, and copies of a base."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from caffe_fillers.check.compare import agrees, with_mismatch
from caffe_fillers.check.diagnose import damaged, explain
from caffe_fillers.check.differences import equal_bits
from caffe_fillers.check.explained import copied_verdict
from caffe_fillers.check.result import BlobVerdict, Status
from caffe_fillers.check.statistics import Fit, fit
from caffe_fillers.check.structure import Matched
from caffe_fillers.distributions import Values
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.plan import Fill
from caffe_fillers.planner import PlannedNet
from caffe_fillers.rng import Stream

SIGNIFICANCE = 1e-3
"""The chance that a right model is refused, over all of its blobs (Holm's correction)."""


def copies_of_bases(plan: PlannedNet, matched: Matched, bases: Sequence[Model]) -> dict[int, str]:
    """Which blobs are bit for bit those of a base, by name and index, and what to say of it."""
    stored: dict[tuple[str, int], list[ModelBlob]] = {}
    for base in bases:
        for layer in base.layers:
            for index, model_blob in enumerate(layer.blobs):
                stored.setdefault((layer.name, index), []).append(model_blob)
    copied = {}
    for number, (blob, model_blob) in enumerate(matched):
        name = plan.label(blob.layer_id)
        for base_blob in stored.get((name, blob.index), ()):
            values, wanted = model_blob.array().ravel(), base_blob.array().ravel()
            if values.size == wanted.size and equal_bits(values, wanted).all():
                copied[number] = f"{values.size:,} values are those of the base"
    return copied


def tested_verdicts(
    plan: PlannedNet, matched: Matched, tolerance: float, copied: Mapping[int, str]
) -> tuple[BlobVerdict, ...]:
    """The verdicts of the declared distributions; blobs that are copied are not tested."""
    own = iter(_test(plan, [pair for number, pair in enumerate(matched) if number not in copied], tolerance))
    return tuple(
        copied_verdict(plan, blob, copied[number]) if number in copied else next(own)
        for number, (blob, _) in enumerate(matched)
    )


def _test(plan: PlannedNet, matched: Matched, tolerance: float) -> list[BlobVerdict]:
    """The declared distributions, p-values corrected by Holm's procedure over the blobs."""
    fits = []
    for blob, stored in matched:
        step = plan.steps[blob.step]
        values = stored.array().reshape(blob.shape)
        fits.append((blob, step, values, _fit(step, values, tolerance) if isinstance(step, Fill) else None))
    limit = _holm([result.p_value for *_, result in fits if result is not None])
    verdicts = []
    for blob, step, values, result in fits:
        layer = plan.label(blob.layer_id)
        if result is None or not isinstance(step, Fill):
            verdicts.append(BlobVerdict(layer, blob.index, Status.UNDECIDED, "in the prototxt", ""))
            continue
        if is_fixed(step) and (told := _as_fixed(step, values, tolerance)):
            verdicts.append(BlobVerdict(layer, blob.index, Status.EXACT, str(step.distribution()), told))
            continue
        bad = result.p_value < limit
        status = Status.DIFFERENT if bad else Status.PLAUSIBLE
        verdict = BlobVerdict(
            *(layer, blob.index, status, str(step.distribution()), result.evidence),
            *(result.p_value, result.effect),
        )
        if bad:
            verdict = with_mismatch(verdict, explain(step, values, tolerance))
        verdicts.append(verdict)
    return verdicts


def _as_fixed(step: Fill, values: Values, tolerance: float) -> str:
    """Words for values that any seed gives, or an empty string if these are others."""
    distribution = step.distribution()
    if not agrees(values, distribution.sample(values.shape, Stream(0)), tolerance):
        return ""
    within = f" within {tolerance:g}" if tolerance else ""
    what = "agree" if distribution.std else f"are {distribution}"
    return f"{values.size:,} values {what}{within}"


def _holm(p_values: list[float]) -> float:
    """The p-value from which on Holm's procedure keeps a hypothesis."""
    for rank, p_value in enumerate(sorted(p_values)):
        limit = SIGNIFICANCE / (len(p_values) - rank)
        if p_value >= limit:
            return limit
    return SIGNIFICANCE


def _fit(step: Fill, values: Values, tolerance: float) -> Fit:
    """The test of the distribution; damage that a continuous distribution never does is enough to refuse."""
    result = fit(step.distribution(), values, tolerance)
    damage = damaged(values) if values.size > 1 and step.distribution().is_continuous else ""
    return replace(result, p_value=0.0, evidence=damage) if damage else result


def is_fixed(step: Fill) -> bool:
    """Whether any seed gives the same values."""
    return not step.distribution().is_random
