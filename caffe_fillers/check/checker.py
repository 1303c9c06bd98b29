"""The check as a whole: structure, seed, bits, and where there is no seed the laws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from caffe_fillers import laws
from caffe_fillers.check.diagnose import damaged, diagnose
from caffe_fillers.check.result import BlobVerdict, CheckResult, Status
from caffe_fillers.check.search import search_seeds
from caffe_fillers.check.seeds import Observed, recover_seed
from caffe_fillers.check.statistics import Fit, fit
from caffe_fillers.check.structure import Matched, match
from caffe_fillers.execute import Execution
from caffe_fillers.laws import Values
from caffe_fillers.model import Model
from caffe_fillers.plan import Draw, Fill, Plan, PlannedBlob
from caffe_fillers.rng import BOOST, Stream
from caffe_fillers.rng.twister import MT19937

SIGNIFICANCE = 1e-3
"""The chance that a right model is refused, over all of its blobs (Holm's correction)."""

_LATE = 4
"""Words that an unseen data layer may have drawn first."""


def check_model(
    plan: Plan,
    model: Model,
    *,
    seed: int | None = None,
    seeds: range | None = None,
    boost: str = BOOST,
    tolerance: float = 0.0,
) -> CheckResult:
    """Whether a model is an initialisation that the plan declares.

    With `seed`, or one that is found in the values, or among `seeds`, every
    blob is compared bit for bit (up to `tolerance`, an absolute error). What
    no seed explains is tested against the declared law, and diagnosed.
    """
    matched, structure = match(plan, model)
    found, origin = _find_seed(plan, matched, seed, seeds)
    verdicts: list[BlobVerdict] = []
    if found is not None:
        verdicts = list(_compare(plan, matched, Stream(found, boost), tolerance))
    if found is None or (seed is None and not any(each.status is Status.EXACT for each in verdicts)):
        found, origin = None, "none fits"
        verdicts = _test(plan, matched, tolerance)
    return CheckResult(tuple(verdicts), structure, found, origin)


def _find_seed(plan: Plan, matched: Matched, seed: int | None, seeds: range | None) -> tuple[int | None, str]:
    if seed is not None:
        return seed, "given"
    observed = list(_observed(plan, matched))
    if seeds is not None:
        found = search_seeds(observed, seeds)
        return found, "found in the range" if found is not None else "none in the range fits"
    found = recover_seed(observed, _LATE)
    return found, "recovered from the values" if found is not None else "none fits"


def _observed(plan: Plan, matched: Matched) -> Iterator[Observed]:
    """The values that were drawn from the first words of the stream."""
    stored = {blob.step: model_blob for blob, model_blob in matched if blob.owner is None}
    position = normals = 0
    for number, step in enumerate(plan.steps):
        if position >= MT19937.n:
            return
        if isinstance(step, Draw):
            position += step.words
        elif isinstance(step, Fill):
            law = step.law()
            if number in stored and isinstance(law, (laws.Uniform, laws.Normal)):
                yield Observed(position, law, stored[number].array().ravel(), normals)
            normals += step.count * isinstance(law, (laws.Normal, laws.SparseNormal))
            position += step.count * _WORDS.get(type(law), 1)


_WORDS = {laws.Constant: 0, laws.Exact: 0, laws.SparseNormal: 2}


def _compare(plan: Plan, matched: Matched, stream: Stream, tolerance: float) -> Iterator[BlobVerdict]:
    """Every blob against what the stream gives; of those that differ, which other blob they are."""
    execution = Execution(plan, stream)
    expected = {blob.step: _joined(execution, blob.step, blob.shape) for blob, _ in matched}
    for blob, stored in matched:
        values, wanted = stored.array().reshape(blob.shape), expected[blob.step]
        step = plan.steps[blob.step]
        declared = str(step.law()) if isinstance(step, Fill) else "in the prototxt"
        start = (blob.layer, blob.index)
        off = _first_difference(values, wanted, tolerance)
        if off is None:
            yield BlobVerdict(*start, Status.EXACT, declared, f"{values.size:,} values agree")
            continue
        twin = _twin(blob, values, matched, expected)
        evidence = f"value {off} is {values.ravel()[off]:.9g}, {wanted.ravel()[off]:.9g} is declared"
        told = f"these are the values of {twin}: swapped?" if twin else ""
        if not told and isinstance(step, Fill):
            told = _tell(step, values, tolerance)
        yield BlobVerdict(*start, Status.DIFFERENT, declared, evidence, diagnosis=told)


def _twin(blob: PlannedBlob, values: Values, matched: Matched, expected: dict[int, Values]) -> str:
    """The other blob that these values belong to, if there is one."""
    others = (other for other, _ in matched if other.step != blob.step and other.count > 1)
    for other in others:
        if np.array_equal(expected[other.step].ravel(), values.ravel()):
            return f"{other.layer}[{other.index}]"
    return ""


def _tell(step: Fill, values: Values, tolerance: float) -> str:
    """For values that fit their law but not the seed, just that."""
    if fit(step.law(), values, tolerance).p_value >= SIGNIFICANCE:
        told = diagnose(step, values, tolerance)
        return (
            told if "declared" not in told else "drawn from the declared law, but with another seed or order"
        )
    return diagnose(step, values, tolerance)


def _joined(execution: Execution, step: int, shape: tuple[int, ...]) -> Values:
    chunks = list(execution.values(step))
    return np.concatenate(chunks).reshape(shape) if chunks else np.empty(shape, np.float32)


def _first_difference(values: Values, wanted: Values, tolerance: float) -> int | None:
    """The index of the first value that differs, in bits or by more than the tolerance."""
    if tolerance:
        with np.errstate(invalid="ignore"):
            differs = ~(np.abs(values - wanted) <= tolerance)
    else:
        differs = values.view(np.uint32) != wanted.view(np.uint32)
    found = np.flatnonzero(differs.ravel())
    return int(found[0]) if found.size else None


def _test(plan: Plan, matched: Matched, tolerance: float) -> list[BlobVerdict]:
    """The declared laws, p-values corrected by Holm's procedure over the blobs."""
    fits = []
    for blob, stored in matched:
        step = plan.steps[blob.step]
        values = stored.array().reshape(blob.shape)
        fits.append((blob, step, values, _fit(step, values, tolerance) if isinstance(step, Fill) else None))
    limit = _holm([result.p_value for *_, result in fits if result is not None])
    verdicts = []
    for blob, step, values, result in fits:
        if result is None or not isinstance(step, Fill):
            verdicts.append(BlobVerdict(blob.layer, blob.index, Status.UNDECIDED, "in the prototxt", ""))
            continue
        bad = result.p_value < limit
        status = Status.DIFFERENT if bad else Status.PLAUSIBLE
        told = diagnose(step, values, tolerance) if bad else ""
        verdicts.append(
            BlobVerdict(
                *(blob.layer, blob.index, status, str(step.law()), result.evidence),
                *(result.p_value, result.effect, told),
            )
        )
    return verdicts


def _holm(p_values: list[float]) -> float:
    """The p-value from which on Holm's procedure keeps a hypothesis."""
    for rank, p_value in enumerate(sorted(p_values)):
        limit = SIGNIFICANCE / (len(p_values) - rank)
        if p_value >= limit:
            return limit
    return SIGNIFICANCE


def _fit(step: Fill, values: Values, tolerance: float) -> Fit:
    """The test of the law; damage that a continuous law never does is enough to refuse."""
    result = fit(step.law(), values, tolerance)
    continuous = (
        isinstance(step.law(), (laws.Uniform, laws.Normal)) and values.size > 1 and step.law().std > 0
    )
    damage = damaged(values) if continuous else ""
    return replace(result, p_value=0.0, evidence=damage) if damage else result
