"""Recover seeds from single blobs, wherever in the stream they stand, and the stream of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np

from caffe_fillers.distributions import Distribution, Normal, SparseNormal, Uniform, UnitSum, Values
from caffe_fillers.execute import pass_over
from caffe_fillers.plan import Draw, Fill
from caffe_fillers.planner import PlannedNet
from caffe_fillers.recover.anywhere import recover_exact, recover_run
from caffe_fillers.recover.coins import begins, shows_its_seed
from caffe_fillers.recover.found import RELEASES, Found, Hit, Sample
from caffe_fillers.recover.rounding import is_rounded
from caffe_fillers.rng import Stream

_UNIFORMS, _NORMALS = 1250, 2400
"""Values in a row from which a blob gives its seed away, wherever in the stream it stands."""
_SHORTEST_ROW, _IN_ROWS, _IN_LONG_ROWS = 25, 25_000, 5_000
"""The shortest rows that sum to 1 and tell their sums; the values needed of such rows, and of long ones."""
_HEAD, _SHIFTS = 16, 8
_FARTHEST = 20_000
_STEPS = 8


Method = Callable[[Distribution, Values], Hit | None]
"""Finds a seed of some values."""


def is_searchable(sample: Sample) -> bool:
    """Return whether a blob has enough successive random values to determine its seed, wherever it stands."""
    match distribution := sample.fill.distribution():
        case Uniform():
            enough = sample.fill.count >= _UNIFORMS
        case Normal():
            enough = sample.fill.count >= _NORMALS
        case SparseNormal():
            enough = shows_its_seed(distribution, sample.fill.count)
        case UnitSum(row):
            values = min(_IN_ROWS, max(_IN_LONG_ROWS, 200 * _IN_ROWS // row))
            enough = row >= _SHORTEST_ROW and sample.fill.count >= values
        case _:
            enough = False
    return enough and distribution.std > 0


def exact_origins(
    plan: PlannedNet,
    samples: Sequence[Sample],
    is_explained: Callable[[int], bool],
    releases: tuple[str, ...],
    most: int | None = None,
) -> Iterator[Found]:
    """Yield the streams of blobs that are not explained when their turn comes, of so many blobs at most."""
    searchable = (each for each in samples if is_searchable(each) and not is_rounded(each.values))
    for sample in islice((each for each in searchable if not is_explained(each.number)), most):
        hit = recover_exact(sample.fill.distribution(), sample.values, releases[0])
        found = _stream_of(plan, sample, hit, releases)
        if found is not None:
            yield found


def run_origins(
    plan: PlannedNet, samples: Sequence[Sample], is_explained: Callable[[int], bool], release: str
) -> Iterator[Found]:
    """Yield the streams of successive uniform blobs that are too small to give their seeds away alone."""
    for run in _runs(plan, [each for each in samples if not is_rounded(each.values)]):
        for begin, sample in enumerate(run):
            if is_searchable(sample) or is_explained(sample.number):
                continue
            parts = [(each.fill.distribution(), each.values) for each in run[begin:]]
            hit = recover_run([(drawn, values) for drawn, values in parts if isinstance(drawn, Uniform)])
            found = _stream_of(plan, sample, hit, (release,))
            if found is not None:
                yield found


def _runs(plan: PlannedNet, samples: Sequence[Sample]) -> Iterator[list[Sample]]:
    """Yield the uniform blobs between which nothing else is drawn."""
    by_step = {each.step: each for each in samples if isinstance(each.fill.distribution(), Uniform)}
    run: list[Sample] = []
    for number, step in enumerate(plan.steps):
        if number in by_step:
            run.append(by_step[number])
        elif isinstance(step, Draw) or (isinstance(step, Fill) and step.distribution().is_random):
            yield run
            run = []
    yield run


def moved_origins(
    plan: PlannedNet,
    samples: Sequence[Sample],
    releases: tuple[str, ...],
    recover_moved: Method,
    most: int | None = None,
) -> Iterator[Found]:
    """Yield the stream of a blob by one method, which may forgive changes, of the `most` largest ones."""
    searchable = [each for each in samples if is_searchable(each)]
    for sample in sorted(searchable, key=lambda each: -each.fill.count)[:most]:
        hit = recover_moved(sample.fill.distribution(), sample.values)
        found = _stream_of(plan, sample, hit, releases)
        if found is not None:
            yield found
            return


def _stream_of(plan: PlannedNet, sample: Sample, hit: Hit | None, releases: tuple[str, ...]) -> Found | None:
    """Return the stream of a seed, if one was found, in which that blob stands where it was found.

    It begins with the net where the steps before the blob draw as many outputs, or fewer; else with the blob.
    """
    if hit is None:
        return None
    begins = list(_begins(sample.fill.distribution(), sample.values, hit, releases))
    if not begins:
        return None
    declared = _reached(plan, sample.step, hit, releases[0], 0)
    begin, release = next((each for each in begins if each[0] == declared), begins[0])
    late, first_step = begin - declared, 0
    for _ in range(_STEPS):  # slow normals draw more words here, or fewer
        reached = _reached(plan, sample.step, hit, releases[0], late) if late >= 0 else begin
        if reached == begin:
            break
        late += begin - reached
    if late < 0 or reached != begin:
        late, first_step = begin, sample.step
    return Found(
        seed=hit.seed,
        release=release,
        offset=late,
        first_step=first_step,
        number=sample.number,
        assumption=hit.treatment,
        generator=hit.generator,
    )


def _begins(
    distribution: Distribution, values: Values, hit: Hit, releases: tuple[str, ...]
) -> Iterator[tuple[int, str]]:
    """Yield the outputs at which a blob may begin that has a value from a known output, with the release.

    They are several where the first attempts at a normal were rejected: its values are the same without.
    """
    first = hit.position - hit.value
    if isinstance(distribution, SparseNormal):
        for release in releases:
            yield from ((begin, release) for begin in begins(distribution.normal, values, hit, release))
        return
    if isinstance(distribution, Uniform | UnitSum):
        yield from ((first, releases[0]),) if first >= 0 else ()
        return
    wanted = -values if hit.treatment.startswith("negated") else values
    drawn = distribution.draw(_HEAD, _stream(hit, RELEASES[-1], hit.position))
    if (
        RELEASES[-1] in releases
        and np.abs(drawn - wanted[hit.value : hit.value + _HEAD]).max() < distribution.std
    ):
        yield first, RELEASES[-1]  # pairs take two outputs each, whatever came before
        return
    size = hit.value + _HEAD
    if hit.value > _FARTHEST:
        return
    found: list[tuple[int, int, str]] = []
    for release in releases:
        for shift in range(min(_SHIFTS + size // 16, first + 1)):
            drawn = distribution.draw(size, _stream(hit, release, first - shift))
            if np.array_equal(drawn[hit.value :], wanted[hit.value : size]):
                found.append((int((drawn != wanted[:size]).sum()), first - shift, release))
    yield from ((begin, release) for _, begin, release in sorted(found, key=lambda each: each[0]))


def _reached(plan: PlannedNet, last: int, hit: Hit, release: str, position: int) -> int:
    """Return the output at which a step begins, if the first one begins at a position."""
    stream = _stream(hit, release, position)
    for step in plan.steps[:last]:
        pass_over(step, stream)
    return stream.position


def _stream(hit: Hit, release: str, position: int) -> Stream:
    stream = Stream(hit.seed, release, hit.generator)
    stream.skip(position)
    return stream
