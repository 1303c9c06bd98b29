"""Recover seeds by every method, one after another: the entry of this room."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple

from caffe_fillers.distributions import SparseNormal, Uniform, UnitSum
from caffe_fillers.errors import UsageError
from caffe_fillers.planner import PlannedNet
from caffe_fillers.recover.adjacent import LAST
from caffe_fillers.recover.anywhere import recover_64, recover_moved, recover_rows, recover_signed
from caffe_fillers.recover.coins import recover_coins
from caffe_fillers.recover.early import ENOUGH, Budget, Observed, agreeing, recover_seed, shows_a_seed
from caffe_fillers.recover.foreign import foreign_origins, of_mxnet_lane
from caffe_fillers.recover.found import RELEASES, Found, Progress, Sample, no_progress
from caffe_fillers.recover.in_range import search_seeds
from caffe_fillers.recover.observe import assumptions, each_filter_first, observe, rearranged, scaled
from caffe_fillers.recover.origins import exact_origins, is_searchable, moved_origins, run_origins
from caffe_fillers.recover.relations import may_be_drawn
from caffe_fillers.recover.rounding import is_rounded
from caffe_fillers.rng.twister import MT19937

_ASSUMED = 1 << 20
"""Pairs of words tried of blobs as another filler's, swapped or rearranged, which takes 2 s.

As many are tried of scaled blobs, and of filters in another order.
"""
_BESIDE = 1 << 16
"""Pairs of words tried beside a seed that is found."""
_ALL = 1 << 62
"""Pairs of words without a limit of their own."""
_NORMALS, _QUICK_NORMALS = 6, 1
"""Blobs of normals that are searched, 2 s each, and those of a quick search."""
_LATE = 4
"""Words that an unseen data layer may have drawn first."""
_METHODS = {UnitSum: recover_rows, SparseNormal: recover_coins}
"""How the largest blob of a distribution is searched, whatever was done to its values."""
_OTHERWISE = "not what is declared"


class Options(NamedTuple):
    """Releases of Boost that may have drawn, seeds to try, an error to forgive, whether to be quick.

    Values `as_declared` are not searched as those of other fillers, or as scaled, rearranged or moved ones.
    """

    releases: tuple[str, ...] = RELEASES
    seeds: range = range(0)
    tolerance: float = 0.0
    quick: bool = False
    as_declared: bool = False
    generator: str = MT19937.name
    progress: Progress = no_progress


def recover(
    plan: PlannedNet,
    samples: Sequence[Sample],
    is_explained: Callable[[int], bool],
    options: Options,
) -> Iterator[Found]:
    """Yield the streams that the samples come from, the surest first.

    The caller says by `is_explained` which samples, by their number, the streams found so far have made:
    these are searched no more. Of mt19937_64 the largest blob of uniforms is, in some ten seconds.
    """
    if options.generator != MT19937.name:
        uniforms = [each for each in samples if isinstance(each.fill.distribution(), Uniform)]
        yield from moved_origins(plan, uniforms, options.releases, recover_64, most=0 if options.quick else 1)
        return
    found = False
    for ways in (_as_declared, _tried, _otherwise):
        for each in ways(plan, samples, is_explained, options):
            found = True
            yield each
        if found:
            break
    yield from foreign_origins([each for each in samples if not is_explained(each.number)])


def outputs_before(
    plan: PlannedNet,
    samples: Sequence[Sample],
    seed: int,
    *,
    release: str = RELEASES[0],
    tolerance: float = 0.0,
    generator: str = MT19937.name,
) -> int:
    """Return the number of outputs, up to four, that were taken before those that the plan shows."""
    return _late(observe(plan, samples), seed, release, tolerance, generator)


def would_give_a_seed(plan: PlannedNet, samples: Sequence[Sample], generator: str = MT19937.name) -> bool:
    """Return whether values of Caffe's stream would have determined their seed: three early ones, or many."""
    if generator != MT19937.name:
        return any(is_searchable(each) and isinstance(each.fill.distribution(), Uniform) for each in samples)
    early = (part for part in observe(plan, samples) if part.position <= LAST and shows_a_seed(part))
    return next(iter(early), None) is not None or any(map(is_searchable, samples))


def _late(
    observed: Sequence[Observed], seed: int, release: str, tolerance: float, generator: str = MT19937.name
) -> int:
    made = [
        agreeing(
            seed,
            [part.later(late) for part in observed],
            boost=release,
            tolerance=tolerance,
            generator=generator,
        )
        for late in range(_LATE + 1)
    ]
    return made.index(max(made)) if max(made) >= ENOUGH else 0  # one or two agree where values are reversed


def _as_declared(
    plan: PlannedNet, samples: Sequence[Sample], is_explained: Callable[[int], bool], options: Options
) -> Iterator[Found]:
    """Yield the seeds of uniforms anywhere, which is quick, of the first outputs, of the others anywhere."""
    options.progress("looking for the seed of successive values", 0.0)
    most_normals = _QUICK_NORMALS if options.quick else _NORMALS
    kept = [
        each
        for each in samples
        if not is_rounded(each.values) and may_be_drawn(each.fill.distribution(), each.values)
    ]
    uniforms, normals = (
        [each for each in kept if each.fill.distribution().from_normals is kind] for kind in (False, True)
    )
    is_found = False
    for found in chain(
        exact_origins(plan, uniforms, is_explained, options.releases),
        run_origins(plan, uniforms, is_explained, options.releases[0]),
    ):
        is_found = True
        yield found
    left = [each for each in kept if not is_explained(each.number)]
    yield from _of_first_outputs(plan, left, options, Budget(_BESIDE if is_found else _ALL))
    yield from exact_origins(plan, normals, is_explained, options.releases, most_normals)
    for kind, method in {} if options.quick else _METHODS.items():
        of_kind = [each for each in samples if isinstance(each.fill.distribution(), kind)]
        left = [each for each in of_kind if not is_explained(each.number)]
        yield from moved_origins(plan, left, options.releases, method, most=1)


def _of_first_outputs(
    plan: PlannedNet, samples: Sequence[Sample], options: Options, budget: Budget
) -> Iterator[Found]:
    """Yield the seed of the first outputs; after another seed was found, only at the declared place."""
    options.progress("looking for the seed of the first values", 0.0)
    releases, observed = options.releases, observe(plan, samples)
    is_alone = budget.left > _BESIDE
    seed, release = recover_seed(observed, _LATE if is_alone else 0, releases[0], budget), releases[0]
    if seed is None and is_alone and RELEASES[-1] in releases[1:]:
        normals = [part for part in observed if part.distribution.from_normals]
        seed, release = recover_seed(normals, 0, RELEASES[-1], budget), RELEASES[-1]
    if seed is not None:
        in_lanes = list(of_mxnet_lane(samples, seed))
        yield from in_lanes
        if not in_lanes:
            yield Found(seed, release, _late(observed, seed, releases[0], options.tolerance))


def _tried(
    plan: PlannedNet, samples: Sequence[Sample], is_explained: Callable[[int], bool], options: Options
) -> Iterator[Found]:
    """Yield the first of the seeds to be tried that makes the values."""
    observed, release = observe(plan, samples), options.releases[0]
    if options.seeds and not any(part.values.size for part in observed):
        raise UsageError("no value is drawn early enough to try seeds on: leave out --seeds, or give --seed")
    seed = search_seeds(observed, options.seeds, release, options.progress, options.tolerance)
    if seed is not None:
        late = _late(observed, seed, release, options.tolerance)
        yield Found(seed, release, late, is_tried=True)


def _otherwise(
    plan: PlannedNet, samples: Sequence[Sample], is_explained: Callable[[int], bool], options: Options
) -> Iterator[Found]:
    """Yield the seed of values not as declared: another filler's, swapped, scaled, rearranged, moved."""
    if options.quick or options.as_declared:
        return
    options.progress("looking for the seed of changed values", 0.0)
    release, releases = options.releases[0], options.releases
    signed = next(moved_origins(plan, samples, releases, recover_signed), None)
    if signed is not None:
        yield signed
        return
    seed = _assumed(plan, samples, release)
    if seed is not None:
        late = _late(observe(plan, samples), seed, release, options.tolerance)
        yield Found(seed, release, late, assumption=_OTHERWISE)
        return

    def tell(text: str) -> None:
        options.progress(text, 0.0)

    yield from moved_origins(plan, samples, releases, partial(recover_moved, progress=tell))


def _assumed(plan: PlannedNet, samples: Sequence[Sample], release: str) -> int | None:
    """Return the seed of early values that are another filler's, swapped, negated, scaled or rearranged."""
    others, factors, filters = Budget(_ASSUMED), Budget(_ASSUMED), Budget(_ASSUMED)
    for assume, budget in (
        (assumptions, others),
        (scaled, factors),
        (rearranged, others),
        (each_filter_first, filters),
    ):
        for observed in assume(plan, samples) if budget.left > 0 else ():
            found = recover_seed(observed, 0, release, budget)
            if found is not None:
                return found
            if budget.left <= 0:
                break
    return None
