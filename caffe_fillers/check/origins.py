"""Seeds that single blobs give away, wherever in the stream they stand, and what of a net each explains."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from caffe_fillers import recover
from caffe_fillers.check.compare import Seeded, pass_over
from caffe_fillers.check.structure import Matched
from caffe_fillers.distributions import Distribution, Normal, Uniform, Values
from caffe_fillers.fans import MASTER
from caffe_fillers.plan import Draw, Fill
from caffe_fillers.planner import PlannedNet
from caffe_fillers.recover import Found

UNIFORMS, NORMALS = 1250, 2400
"""Values in a row from which a blob gives its seed away, wherever in the stream it stands."""

_MOST_NORMALS = 6
"""Blobs of normals that are searched, 2 s each; in a quick check one."""
_HEAD, _SHIFTS = 16, 8
_FARTHEST = 20_000


def origins(
    plan: PlannedNet,
    matched: Matched,
    is_explained: Callable[[int], bool],
    releases: tuple[str, ...],
    quick: bool,
) -> Iterator[Seeded]:
    """The seeds of blobs that are not explained when their turn comes, uniforms before normals."""
    left = 1 if quick else _MOST_NORMALS
    for number, distribution, values in _searchable(plan, matched):
        if is_explained(number):
            continue
        if isinstance(distribution, Normal):
            left -= 1
            if left < 0:
                return
        found = recover.recover_exact(distribution, values, releases[0])
        seeded = None if found is None else _seeded(plan, matched, number, found, releases)
        if seeded is not None:
            yield seeded


def moved_origin(plan: PlannedNet, matched: Matched, releases: tuple[str, ...]) -> tuple[Seeded, str] | None:
    """The seed of the largest blob of uniforms, of values rounded or moved, and what was done to them."""
    uniforms = [entry for entry in _searchable(plan, matched) if isinstance(entry[1], Uniform)]
    for number, distribution, values in sorted(uniforms, key=lambda entry: -entry[2].size)[:1]:
        found = recover.recover_moved(distribution, values)
        seeded = None if found is None else _seeded(plan, matched, number, found, releases)
        if found is not None and seeded is not None:
            return seeded, found.treatment
    return None


def foreign_origins(plan: PlannedNet, matched: Matched) -> dict[int, Found]:
    """Blobs that PyTorch drew, by its default or by the declared bounds, and their seeds."""
    found: dict[int, Found] = {}
    for number, (blob, stored) in enumerate(matched):
        step = plan.steps[blob.step]
        if (
            not isinstance(step, Fill)
            or blob.owner is not None
            or step.count < UNIFORMS
            or len(step.shape) < 2
        ):
            continue
        values = stored.array().ravel()
        most = float(np.abs(values[:_FARTHEST]).max())
        bounds = [MASTER.fans(step.shape)[0] ** -0.5, step.distribution().support[1]]
        for bound in dict.fromkeys(bounds):
            if 0.9 * bound < most <= bound and (torch := recover.recover_torch(bound, values)) is not None:
                found[number] = torch
    return found


def would_give_a_seed(plan: PlannedNet, matched: Matched) -> bool:
    """Whether some blob has enough random values in a row to give its seed away, wherever it stands."""
    return next(_searchable(plan, matched), None) is not None


def _searchable(plan: PlannedNet, matched: Matched) -> Iterator[tuple[int, Distribution, Values]]:
    """Blobs with enough values of a distribution that can be run backwards: uniforms, then normals."""
    for kind, enough in ((Uniform, UNIFORMS), (Normal, NORMALS)):
        for number, (blob, stored) in enumerate(matched):
            step = plan.steps[blob.step]
            if isinstance(step, Fill) and blob.owner is None and step.count >= enough:
                distribution = step.distribution()
                if isinstance(distribution, kind) and distribution.std > 0:
                    yield number, distribution, stored.array().ravel()


def _seeded(
    plan: PlannedNet, matched: Matched, number: int, found: Found, releases: tuple[str, ...]
) -> Seeded | None:
    """The stream of a seed in which that blob stands where it was found.

    It begins with the net where the steps before the blob draw as many outputs, or fewer; else with the blob.
    """
    blob, stored = matched[number]
    step = plan.steps[blob.step]
    assert isinstance(step, Fill)
    declared = _reached(plan, blob.step, Seeded(found.seed, releases))
    begins = list(_begins(step.distribution(), stored.array().ravel(), found, releases))
    if not begins:
        return None
    begin = declared if declared in begins else begins[0]
    late = begin - declared
    if late >= 0 and _reached(plan, blob.step, Seeded(found.seed, releases, late=late)) == begin:
        return Seeded(found.seed, releases, late=late)
    return Seeded(found.seed, releases, late=begin, first_step=blob.step)


def _begins(
    distribution: Distribution, values: Values, found: Found, releases: tuple[str, ...]
) -> Iterator[int]:
    """The outputs at which a blob may begin, of which some value comes from a known one.

    They are several where the first attempts at a normal were rejected: its values are the same without.
    """
    first = found.position - found.value
    if isinstance(distribution, Uniform):
        yield from (first,) if first >= 0 else ()
        return
    wanted = -values if found.treatment else values
    size = found.value + _HEAD
    if found.value > _FARTHEST:
        return
    for release in releases:
        for shift in range(min(_SHIFTS + size // 16, first + 1)):
            drawn = distribution.draw(size, Seeded(found.seed, releases).stream(release, first - shift))
            if np.array_equal(drawn[found.value :], wanted[found.value : size]):
                yield first - shift


def _reached(plan: PlannedNet, last: int, seeded: Seeded) -> int:
    """The output at which a step begins."""
    stream = seeded.stream(seeded.releases[0], seeded.late)
    for step in plan.steps[:last]:
        if isinstance(step, Draw):
            stream.skip(step.words)
        elif isinstance(step, Fill):
            pass_over(step, stream)
    return stream.position
