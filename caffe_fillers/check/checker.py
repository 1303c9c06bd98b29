"""The check as a whole: structure, seed, bits, and where there is no seed the distributions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from caffe_fillers.check.compare import RELEASES, Seeded, agrees, compare
from caffe_fillers.check.diagnose import damaged, diagnose
from caffe_fillers.check.observe import assumptions, observe, rearranged, scaled
from caffe_fillers.check.result import BlobVerdict, CheckResult, Status
from caffe_fillers.check.search import search_seeds
from caffe_fillers.check.seeds import Budget, Observed, agreeing, recover_seed
from caffe_fillers.check.statistics import Fit, fit
from caffe_fillers.check.structure import Matched, match
from caffe_fillers.distributions import Values
from caffe_fillers.errors import UsageError
from caffe_fillers.model import Model
from caffe_fillers.plan import Fill
from caffe_fillers.planner import PlannedNet
from caffe_fillers.rng import Stream
from caffe_fillers.rng.twister import MT19937, find_twister

SIGNIFICANCE = 1e-3
"""The chance that a right model is refused, over all of its blobs (Holm's correction)."""

_ASSUMED = 1 << 20
"""Pairs of words tried of blobs as another filler's, swapped or rearranged; as many of scaled: 2 s each."""

NO_SEED = "none needed"
"""Where a seed would come from, of a net that draws nothing."""

_READING = ("Data", "AnnotatedData")
"""Types of layers that read by a DataReader, while there was one."""

_LATE = 4
"""Words that an unseen data layer may have drawn first."""


def check_model(
    plan: PlannedNet,
    model: Model,
    *,
    seed: int | None = None,
    seeds: range | None = None,
    boost: str | None = None,
    tolerance: float = 0.0,
    generator: str = MT19937.name,
    progress: Callable[[int], None] = lambda tried: None,
) -> CheckResult:
    """Whether a model is an initialisation that the plan declares.

    With `seed`, or one that is computed from the values, or found among
    `seeds`, every blob is compared bit for bit (up to `tolerance`, an absolute
    error). What no seed explains is tested against the declared distribution, and
    diagnosed; constants need no seed. Without `boost` any release of Boost may
    have drawn. `generator` says what draws: of another than mt19937 the seed
    must be given, else it is a `UsageError`.
    `progress` is told how many of `seeds` have been tried since it was last called.
    """
    recoverable = find_twister(generator) is MT19937
    matched, structure = match(plan, model)
    if seed is None and not _seed_needed(plan):
        return CheckResult(tuple(_test(plan, matched, tolerance)), structure, None, NO_SEED)
    if seed is None and not recoverable:
        raise UsageError(f"seeds are found of {MT19937.name} alone: give the one of {generator} with --seed")
    releases = RELEASES if boost is None else (boost,)
    found, origin = (
        (seed, "given")
        if seed is not None
        else _find_seed(plan, matched, releases, seeds, tolerance, progress)
    )
    if found is None:
        return CheckResult(tuple(_test(plan, matched, tolerance)), structure, found, origin, _notes(matched))
    seeded = Seeded(found, releases, tolerance, generator=generator)
    late = _late(observe(plan, matched), seeded)
    verdicts = compare(plan, matched, replace(seeded, late=late))
    foreign = recoverable and any(each.status is Status.DIFFERENT for each in verdicts)
    if seed is not None and foreign:
        other, _ = _find_seed(plan, matched, releases, None, tolerance, progress)
        if other is not None and other != seed & 0xFFFFFFFF:
            origin = f"given, but seed {other} is that of the values"
    notes = (_lateness(plan, found, late),) if late else ()
    return CheckResult(tuple(verdicts), structure, found, origin, notes)


def _lateness(plan: PlannedNet, seed: int, late: int) -> str:
    """What may have drawn first, and the command that makes the same values."""
    readers = sum(layer.type in _READING for layer in plan.layers)
    cause = "something drew first that the net does not show, data say"
    if readers == late:
        cause = "as where a DataReader draws, from 2015-08-13 to 2017-01-17 (--caffe rc3)"
    return (
        f"the stream begins {late} {'word' if late == 1 else 'words'} late: {cause}; "
        f"caffe-fill NET --seed {seed} --skip-words {late} draws the same"
    )


def _seed_needed(plan: PlannedNet) -> bool:
    """Whether any blob is drawn: constants and bilinear kernels are what they are with any seed."""
    steps = (plan.steps[blob.step] for blob in plan.blobs)
    return any(isinstance(step, Fill) and not _is_fixed(step) for step in steps)


def _is_fixed(step: Fill) -> bool:
    return not step.distribution().is_random


def _late(observed: Sequence[Observed], seeded: Seeded) -> int:
    """How many words of a seed's stream something took that the plan does not show."""
    made = [
        agreeing(
            seeded.seed,
            [replace(part, position=part.position + late) for part in observed],
            boost=seeded.releases[0],
            tolerance=seeded.tolerance,
            generator=seeded.generator,
        )
        for late in range(_LATE + 1)
    ]
    return made.index(max(made))


def _find_seed(
    plan: PlannedNet,
    matched: Matched,
    releases: tuple[str, ...],
    seeds: range | None,
    tolerance: float,
    progress: Callable[[int], None],
) -> tuple[int | None, str]:
    """Computed from the values as declared; tried one by one; computed from what they may be instead."""
    observed = observe(plan, matched)
    if _notes(matched):  # nothing can be computed
        found = search_seeds(observed, seeds or range(0), releases[0], progress, tolerance)
        return found, "found in the range" if found is not None else "none can be computed"
    found = recover_seed(observed, _LATE, releases[0])
    if found is None and RELEASES[-1] in releases[1:]:
        found = recover_seed(
            [part for part in observed if part.distribution.from_normals],
            0,
            RELEASES[-1],
        )
    if found is not None:
        return found, "recovered from the values"
    if seeds is not None:
        found = search_seeds(observed, seeds, releases[0], progress, tolerance)
        if found is not None:
            return found, "found in the range"
    others, factors = Budget(_ASSUMED), Budget(_ASSUMED)
    for assume, budget in ((assumptions, others), (scaled, factors), (rearranged, others)):
        for observed in assume(plan, matched) if budget.left > 0 else ():
            found = recover_seed(observed, 0, releases[0], budget)
            if found is not None:
                return found, "recovered from the values, though they are not what is declared"
            if budget.left <= 0:
                break
    return None, "none fits" if seeds is None else "none in the range fits"


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
        if _is_fixed(step) and (told := _as_fixed(step, values, tolerance)):
            verdicts.append(BlobVerdict(layer, blob.index, Status.EXACT, str(step.distribution()), told))
            continue
        bad = result.p_value < limit
        status = Status.DIFFERENT if bad else Status.PLAUSIBLE
        told = diagnose(step, values, tolerance) if bad else ""
        verdicts.append(
            BlobVerdict(
                *(layer, blob.index, status, str(step.distribution()), result.evidence),
                *(result.p_value, result.effect, told),
            )
        )
    return verdicts


def _as_fixed(step: Fill, values: Values, tolerance: float) -> str:
    """Words for values that any seed gives, or an empty string if these are others."""
    distribution = step.distribution()
    if not agrees(values, distribution.sample(values.shape, Stream(0)), tolerance):
        return ""
    within = f" within {tolerance:g}" if tolerance else ""
    what = "agree" if distribution.std else f"are {distribution}"
    return f"{values.size:,} values {what}{within}"


def _notes(matched: Matched) -> tuple[str, ...]:
    """Why no seed could be found, where the values show it."""
    bits, varied = np.uint32(0), False
    for _, stored in matched:
        values = stored.array().ravel()
        bits |= np.bitwise_or.reduce(values.view(np.uint32), initial=0)
        varied |= bool(values.size > 1 and (values != values[0]).any())
    hidden = {1 << 13: "float16", 1 << 16: "bfloat16"}
    kind = next((name for step, name in reversed(hidden.items()) if not bits & np.uint32(step - 1)), None)
    if kind is None or not varied:
        return ()
    lost = f"every value is one of {kind}, of whose bits no seed can be computed"
    return (f"{lost}: give --seed or --seeds, and a --tolerance",)


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
