"""The check as a whole: structure, seed, bits, and where there is no seed the distributions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from caffe_fillers.check.compare import Seeded, with_mismatch
from caffe_fillers.check.explained import Explained
from caffe_fillers.check.result import BlobVerdict, CheckResult, Kind, Mismatch, Status
from caffe_fillers.check.structure import Matched, match
from caffe_fillers.check.without_seed import copies_of_bases, is_fixed, tested_verdicts
from caffe_fillers.errors import UsageError
from caffe_fillers.model import Model
from caffe_fillers.plan import Fill
from caffe_fillers.planner import PlannedNet
from caffe_fillers.recover import (
    PYTORCH,
    RELEASES,
    Found,
    Options,
    Progress,
    Sample,
    no_progress,
    outputs_before,
    recover,
    would_give_a_seed,
)
from caffe_fillers.rng.twister import MT19937, find_twister

NO_SEED = "none needed"
"""Where a seed would come from, of a net that draws nothing."""


def check_model(
    plan: PlannedNet,
    model: Model,
    *,
    seed: int | None = None,
    seeds: range | None = None,
    boost: str | None = None,
    tolerance: float = 0.0,
    generator: str = MT19937.name,
    bases: Sequence[Model] = (),
    allow_unseeded: bool = False,
    quick: bool = False,
    progress: Progress = no_progress,
) -> CheckResult:
    """Whether a model is an initialization that the plan declares.

    With `seed`, or with those that are computed from the values, or found among
    `seeds`, every blob is compared bit for bit (up to `tolerance`, an absolute
    error). What no seed explains, nor any of `bases`, which blobs may be copied from, is tested against
    the declared distribution, and diagnosed; constants need no seed. Without `boost` any release of Boost may
    have drawn. `generator` says what draws: of another than mt19937 the seed
    must be given, else it is a `UsageError`. Values that no seed makes are refused, though they are
    plausible, where they would have given their seed away, unless `allow_unseeded` is set. `quick` leaves
    out what takes more than some two seconds. `progress` is told what is being tried, and which share of that
    is done.
    """
    recoverable = find_twister(generator) is MT19937
    matched, structure = match(plan, model)
    copied = copies_of_bases(plan, matched, bases)
    if seed is None and not _seed_needed(plan):
        return CheckResult(tested_verdicts(plan, matched, tolerance, copied), structure, None, NO_SEED)
    if seed is None and not recoverable:
        raise UsageError(f"seeds are found of {MT19937.name} alone: give the one of {generator} with --seed")
    releases = RELEASES if boost is None else (boost,)
    options = Options(releases, seeds or range(0), tolerance, quick, progress)
    explained, samples = Explained(plan, matched, copied), _samples(plan, matched)
    if seed is None:
        how, foreign = _find_seeds(explained, samples, options)
    else:
        seeded = Seeded(seed, releases, tolerance, generator=generator)
        how, foreign = _compare_given(explained, samples, seeded, options)
    verdicts = explained.verdicts(lambda: tested_verdicts(plan, matched, tolerance, copied))
    verdicts = tuple(
        _of_pytorch(each, foreign[number]) if number in foreign and each.status is not Status.EXACT else each
        for number, each in enumerate(verdicts)
    )
    found = explained.seed if seed is None else seed
    own = [each for each in samples if each.number not in copied]
    return CheckResult(
        verdicts=verdicts,
        structure=structure,
        seed=found,
        seed_origin=how,
        notes=explained.notes() if found is not None else _notes(matched),
        origins=explained.origins(),
        unseeded=found is None and not allow_unseeded and would_give_a_seed(plan, own),
    )


def _samples(plan: PlannedNet, matched: Matched) -> list[Sample]:
    """What seeds are looked for in: the blobs that were filled."""
    return [
        Sample(number, blob.step, step, stored.array().ravel())
        for number, (blob, stored) in enumerate(matched)
        if blob.owner is None and isinstance(step := plan.steps[blob.step], Fill)
    ]


def _compare_given(
    explained: Explained, samples: Sequence[Sample], seeded: Seeded, options: Options
) -> tuple[str, dict[int, Found]]:
    """Compare with a seed that is given; what to say of it, where the values have another."""
    late = outputs_before(
        *(explained.plan, samples, seeded.seed),
        release=seeded.releases[0],
        tolerance=seeded.tolerance,
        generator=seeded.generator,
    )
    explained.add(replace(seeded, late=late))
    if find_twister(seeded.generator) is not MT19937 or not explained.differs:
        return "given", {}
    others = Explained(explained.plan, explained.matched, explained.copied)
    _, foreign = _find_seeds(others, samples, options._replace(seeds=range(0), quick=True))
    if others.seed is None or others.seed == seeded.seed & 0xFFFFFFFF:
        return "given", foreign
    return f"given, but seed {others.seed} is that of the values", foreign


def _find_seeds(
    explained: Explained, samples: Sequence[Sample], options: Options
) -> tuple[str, dict[int, Found]]:
    """Find seeds until nothing more is left to try: where the first one comes from, and PyTorch's by blob."""
    how, foreign = "", {}
    for found in recover(explained.plan, samples, explained.holds, options):
        if found.maker == PYTORCH:
            foreign[found.number] = found
            continue
        explained.add(
            Seeded(
                found.seed,
                options.releases,
                options.tolerance,
                late=found.offset,
                first_step=found.first_step,
            )
        )
        how = how or _origin(found)
    none = "none in the range fits" if options.seeds else "none fits"
    return how or none, foreign


def _origin(found: Found) -> str:
    """Where a seed comes from."""
    if found.is_tried:
        return "found in the range"
    told = f", though they are {found.assumption}" if found.assumption else ""
    return f"recovered from the values{told}"


def _of_pytorch(verdict: BlobVerdict, found: Found) -> BlobVerdict:
    """The verdict on a blob that PyTorch drew with a seed of its own."""
    drawn = f"drawn by PyTorch on a CPU, after torch.manual_seed({found.seed})"
    text = f"{drawn}, from output {found.offset:,} on"
    numbers = {"seed": found.seed, "position": found.offset}
    mismatch = Mismatch(Kind.OTHER_FRAMEWORK, text, numbers)
    return with_mismatch(replace(verdict, status=Status.DIFFERENT), mismatch)


def _seed_needed(plan: PlannedNet) -> bool:
    """Whether any blob is drawn: constants and bilinear kernels are what they are with any seed."""
    steps = (plan.steps[blob.step] for blob in plan.blobs)
    return any(isinstance(step, Fill) and not is_fixed(step) for step in steps)


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
