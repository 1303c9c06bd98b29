"""Streams of another Caffe: of another day, of a fork, or without data layers before the blobs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from caffe_fillers.check.compare import exact_verdicts
from caffe_fillers.check.differences import differs
from caffe_fillers.check.evidence import Evidence, name_of, samples
from caffe_fillers.check.explained import Explained, Verdicts
from caffe_fillers.check.findings import Finding, Kind, Mismatch, Remark, Status
from caffe_fillers.check.result import BlobVerdict
from caffe_fillers.check.streams import Source
from caffe_fillers.execute import pass_over
from caffe_fillers.plan import Draw, Fill
from caffe_fillers.planner import PlannedNet
from caffe_fillers.recover import CAFFE, Options, recover
from caffe_fillers.recover.origins import is_searchable

Nets: TypeAlias = Callable[[], Iterable[tuple[tuple[str, ...], PlannedNet]]]
"""The same net as other eras plan it, with the names of these."""

_HEAD, _MIN_AGREEING = 64, 3
"""First values of a blob that a stream is tried on, and how many of them it must make."""
_NAMES = 6
"""Further eras that are named."""


@dataclass(frozen=True)
class Variant:
    """The net as some eras plan it alike, and the evidence beside what they declare."""

    names: tuple[str, ...]
    net: PlannedNet
    evidence: tuple[Evidence, ...]


def explain_by_eras(explained: Explained, others: Nets | None, options: Options) -> Finding[Remark] | None:
    """Add streams of other eras that explain more than those that were found; return a remark on the best.

    An era is named if its own stream, from the first output on, makes all that any stream makes, and more,
    or the same where that began elsewhere. Where no seed is known yet it is looked for once more.
    """
    best: tuple[int, Variant, Source, Verdicts] | None = None
    for variant in _variants(explained, others):
        for source in _sources(explained, variant, options):
            verdicts: Verdicts = exact_verdicts(variant.net, variant.evidence, source)
            drawn = explained.drawn(verdicts)
            if drawn and (best is None or drawn > best[0]):
                best = drawn, variant, source, verdicts
    if best is None or best[0] < explained.most_drawn + explained.begins_with_the_net:
        return None
    _, variant, source, verdicts = best
    here = {number: _here(explained, variant, number, each) for number, each in verdicts.items()}
    explained.put(source, here)
    return _remark(variant, source)


def _variants(explained: Explained, others: Nets | None) -> Iterator[Variant]:
    """Yield the net without what data layers draw, and as other eras plan it; eras that agree are one."""
    net = explained.net
    bare = tuple(replace(step, words=0) if isinstance(step, Draw) else step for step in net.steps)
    alike: dict[tuple[object, ...], tuple[list[str], PlannedNet]] = {_drawn(net): ([], net)}
    none: tuple[str, ...] = ()
    for names, other in ((none, replace(net, steps=bare)), *(others() if others else ())):
        alike.setdefault(_drawn(other), ([], other))[0].extend(names)
    for alike_names, other in [*alike.values()][1:]:
        evidence = _beside(other, explained.evidence)
        if evidence is not None:
            yield Variant(tuple(alike_names), other, evidence)


def _sources(explained: Explained, variant: Variant, options: Options) -> Iterator[Source]:
    """Yield the streams from their first output on that make the first random blob of a variant."""
    seeds = dict.fromkeys(source.seed for source, _ in explained.by_source)
    if not seeds and _is_worth_searching(explained, variant):
        found = recover(variant.net, samples(variant.evidence), lambda _: False, options._replace(quick=True))
        seeds = dict.fromkeys(each.seed for each in found if each.maker == CAFFE)
    for seed in seeds:
        source = Source(seed=seed, releases=options.releases, tolerance=options.tolerance)
        if first_made(variant.net, variant.evidence, source):
            yield source


def _is_worth_searching(explained: Explained, variant: Variant) -> bool:
    """Return whether a seed may have been missed: not if a blob would show it anywhere in the stream."""
    declared, own = (
        {str(each.fill.distribution()) for each in samples(evidence) if is_searchable(each)}
        for evidence in (explained.evidence, variant.evidence)
    )
    return not declared or not own <= declared


def first_made(net: PlannedNet, evidence: Sequence[Evidence], source: Source) -> int:
    """Count how many of the first values of the first random blob a stream makes; 0 if too few to count."""
    random = (each for each in evidence if each.varies)
    first = min(random, key=lambda each: each.blob.step, default=None)
    if first is None or first.distribution is None:
        return 0
    stream = source.stream(source.releases[0], source.offset)
    for step in net.steps[: first.blob.step]:
        pass_over(step, stream)
    row = getattr(first.distribution, "row", 1)
    head = first.values.ravel()[: math.ceil(_HEAD / row) * row]
    off = differs(head, first.distribution.sample(head.shape, stream), source.tolerance)
    made = head.size - int(off.sum())
    return made if made >= min(_MIN_AGREEING, head.size) else 0


def _here(explained: Explained, variant: Variant, number: int, verdict: BlobVerdict) -> BlobVerdict:
    """Restate an era's verdict for the declared net: agreement with another filler is a mismatch."""
    declared = explained.evidence[number]
    if verdict.declared == declared.declared:
        return verdict
    assert isinstance(declared.step, Fill)
    filler = f"Caffe {variant.names[0]}, {verdict.declared}"
    mismatch = Mismatch.of(Kind.OTHER_FILLER, filler=name_of(declared.step), drawn_by=filler)
    return replace(verdict, status=Status.DIFFERENT, declared=declared.declared, mismatch=mismatch)


def _remark(variant: Variant, source: Source) -> Finding[Remark]:
    if not variant.names:
        return Finding.of(Remark.BARE, seed=source.seed)
    first, *more = variant.names
    others = [*more[:_NAMES], *([f"{len(more) - _NAMES} others"] if len(more) > _NAMES else [])]
    also = {"also": ", ".join(others)} if others else {}
    return Finding.of(Remark.ERA, seed=source.seed, era=first, **also)


def _drawn(net: PlannedNet) -> tuple[object, ...]:
    """Return all that a net takes from its stream, in order; successive draws are one."""
    drawn: list[object] = []
    words = 0
    for step in net.steps:
        if isinstance(step, Draw):
            words += step.words
        elif isinstance(step, Fill):
            drawn += (words, step.count, str(step.distribution()))
            words = 0
    return tuple(drawn)


def _beside(net: PlannedNet, evidence: Sequence[Evidence]) -> tuple[Evidence, ...] | None:
    """Return the evidence with another plan's declarations; None if that has other blobs."""
    blobs = {(net.label(blob.layer_id), blob.index): blob for blob in net.blobs}
    beside = []
    for each in evidence:
        blob = blobs.get((each.layer, each.blob.index))
        if blob is None or blob.shape != each.blob.shape:
            return None
        beside.append(replace(each, blob=blob, step=net.steps[blob.step]))
    return tuple(beside)
