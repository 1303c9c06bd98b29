"""The check as a whole: structure, seed, bits, and where there is no seed the distributions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from caffe_fillers.check.adjacent import LAST
from caffe_fillers.check.compare import RELEASES, Seeded, with_mismatch
from caffe_fillers.check.explained import Explained
from caffe_fillers.check.observe import assumptions, observe, rearranged, scaled
from caffe_fillers.check.origins import foreign_origins, moved_origin, origins, would_give_a_seed
from caffe_fillers.check.result import BlobVerdict, CheckResult, Kind, Mismatch, Status
from caffe_fillers.check.search import search_seeds
from caffe_fillers.check.seeds import ENOUGH, Budget, Observed, agreeing, recover_seed
from caffe_fillers.check.structure import Matched, match
from caffe_fillers.check.without_seed import copies_of_bases, is_fixed, tested_verdicts
from caffe_fillers.errors import UsageError
from caffe_fillers.model import Model
from caffe_fillers.plan import Fill
from caffe_fillers.planner import PlannedNet
from caffe_fillers.rng.twister import MT19937, find_twister

_ASSUMED = 1 << 20
"""Pairs of words tried of blobs as another filler's, swapped or rearranged; as many of scaled: 2 s each."""

NO_SEED = "none needed"
"""Where a seed would come from, of a net that draws nothing."""


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
    bases: Sequence[Model] = (),
    allow_unseeded: bool = False,
    quick: bool = False,
    progress: Callable[[int], None] = lambda tried: None,
) -> CheckResult:
    """Whether a model is an initialization that the plan declares.

    With `seed`, or with those that are computed from the values, or found among
    `seeds`, every blob is compared bit for bit (up to `tolerance`, an absolute
    error). What no seed explains, nor any of `bases`, which blobs may be copied from, is tested against
    the declared distribution, and diagnosed; constants need no seed. Without `boost` any release of Boost may
    have drawn. `generator` says what draws: of another than mt19937 the seed
    must be given, else it is a `UsageError`. Values that no seed makes are refused, though they are
    plausible, where they would have given their seed away, unless `allow_unseeded` is set. `quick` leaves
    out what takes more than some two seconds. `progress` is told how many of `seeds` have been tried since
    it was last called.
    """
    recoverable = find_twister(generator) is MT19937
    matched, structure = match(plan, model)
    copied = copies_of_bases(plan, matched, bases)
    if seed is None and not _seed_needed(plan):
        return CheckResult(tested_verdicts(plan, matched, tolerance, copied), structure, None, NO_SEED)
    if seed is None and not recoverable:
        raise UsageError(f"seeds are found of {MT19937.name} alone: give the one of {generator} with --seed")
    releases = RELEASES if boost is None else (boost,)
    search = _Search(seeds, tolerance, quick, progress)
    explained = Explained(plan, matched, copied)
    if seed is None:
        how = _find_seeds(explained, releases, search)
    else:
        how = _compare_given(explained, Seeded(seed, releases, tolerance, generator=generator), search)
    verdicts = explained.verdicts(lambda: tested_verdicts(plan, matched, tolerance, copied))
    found = explained.seed if seed is None else seed
    if found is None or any(each.kind is Kind.OTHER_SEED for each in verdicts):
        verdicts = _of_pytorch(plan, matched, verdicts)
    return CheckResult(
        verdicts=verdicts,
        structure=structure,
        seed=found,
        seed_origin=how,
        notes=explained.notes() if found is not None else _notes(matched),
        origins=explained.origins(),
        unseeded=found is None and not allow_unseeded and _would_give_a_seed(plan, matched, copied),
    )


class _Search(NamedTuple):
    """How seeds are looked for."""

    seeds: range | None
    tolerance: float
    quick: bool
    progress: Callable[[int], None]


def _compare_given(explained: Explained, seeded: Seeded, search: _Search) -> str:
    """Compare with a seed that is given; what to say of it, where the values have another."""
    explained.add(replace(seeded, late=_late(observe(explained.plan, explained.matched), seeded)))
    if find_twister(seeded.generator) is not MT19937 or not explained.differs:
        return "given"
    others = Explained(explained.plan, explained.matched, explained.copied)
    _find_seeds(others, seeded.releases, search._replace(seeds=None, quick=True))
    if others.seed is None or others.seed == seeded.seed & 0xFFFFFFFF:
        return "given"
    return f"given, but seed {others.seed} is that of the values"


def _find_seeds(explained: Explained, releases: tuple[str, ...], search: _Search) -> str:
    """Find seeds until all is explained, or nothing more is left to try; where the first one comes from."""
    plan, matched = explained.plan, explained.matched
    observed = observe(plan, matched)
    exact = not _notes(matched)

    def add(seed: int | None) -> bool:
        if seed is not None:
            seeded = Seeded(seed, releases, search.tolerance)
            explained.add(replace(seeded, late=_late(observed, seeded)))
        return seed is not None

    if exact:
        add(_direct(observed, releases))
        for seeded in origins(plan, matched, explained.holds, releases, search.quick):
            explained.add(replace(seeded, tolerance=search.tolerance))
        if explained.seed is not None:
            return "recovered from the values"
    in_range = search.seeds or range(0)
    if add(search_seeds(observed, in_range, releases[0], search.progress, search.tolerance)):
        return "found in the range"
    if exact and not search.quick and add(_assumed(plan, matched, releases)):
        return "recovered from the values, though they are not what is declared"
    if not search.quick and (moved := moved_origin(plan, matched, releases)) is not None:
        seeded, treatment = moved
        explained.add(replace(seeded, tolerance=search.tolerance))
        return f"recovered from the values, though they are {treatment}"
    none = "none fits" if exact else "none can be computed"
    return none if search.seeds is None else "none in the range fits"


def _would_give_a_seed(plan: PlannedNet, matched: Matched, copied: Collection[int]) -> bool:
    """Whether values of Caffe's stream would have given their seed away: three among the first, or many."""
    own = [pair for number, pair in enumerate(matched) if number not in copied]
    early = (part for part in observe(plan, own) if part.position <= LAST and part.values.size >= ENOUGH)
    return next(iter(early), None) is not None or would_give_a_seed(plan, own)


def _of_pytorch(
    plan: PlannedNet, matched: Matched, verdicts: tuple[BlobVerdict, ...]
) -> tuple[BlobVerdict, ...]:
    """The verdicts, those on blobs that PyTorch drew with its seeds."""
    told = list(verdicts)
    for number, found in foreign_origins(plan, matched).items():
        if told[number].status is not Status.EXACT:
            drawn = f"drawn by PyTorch on a CPU, after torch.manual_seed({found.seed})"
            text = f"{drawn}, from output {found.position:,} on"
            numbers = {"seed": found.seed, "position": found.position}
            mismatch = Mismatch(Kind.OTHER_FRAMEWORK, text, numbers)
            told[number] = with_mismatch(replace(told[number], status=Status.DIFFERENT), mismatch)
    return tuple(told)


def _seed_needed(plan: PlannedNet) -> bool:
    """Whether any blob is drawn: constants and bilinear kernels are what they are with any seed."""
    steps = (plan.steps[blob.step] for blob in plan.blobs)
    return any(isinstance(step, Fill) and not is_fixed(step) for step in steps)


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


def _direct(observed: Sequence[Observed], releases: tuple[str, ...]) -> int | None:
    """The seed of values among the first 228 outputs that are as declared."""
    found = recover_seed(observed, _LATE, releases[0])
    if found is None and RELEASES[-1] in releases[1:]:
        normals = [part for part in observed if part.distribution.from_normals]
        found = recover_seed(normals, 0, RELEASES[-1])
    return found


def _assumed(plan: PlannedNet, matched: Matched, releases: tuple[str, ...]) -> int | None:
    """The seed of values among the first outputs that are another filler's, swapped, scaled or rearranged."""
    others, factors = Budget(_ASSUMED), Budget(_ASSUMED)
    for assume, budget in ((assumptions, others), (scaled, factors), (rearranged, others)):
        for observed in assume(plan, matched) if budget.left > 0 else ():
            found = recover_seed(observed, 0, releases[0], budget)
            if found is not None:
                return found
            if budget.left <= 0:
                break
    return None


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
