"""Find the streams that made a model, given or recovered, as declared or of another era."""

from __future__ import annotations

from dataclasses import dataclass, replace

from caffe_fillers.check.eras import Nets, explain_by_eras, first_made
from caffe_fillers.check.evidence import precision, samples
from caffe_fillers.check.explained import Explained
from caffe_fillers.check.findings import Finding, Provenance, Remark
from caffe_fillers.check.streams import Source
from caffe_fillers.plan import Draw
from caffe_fillers.recover import CAFFE, Found, Options, outputs_before, recover
from caffe_fillers.rng.twister import MT19937, find_twister

_NEAR = 16
_NONE = (Provenance.NOT_FOUND, Provenance.NOT_IN_RANGE)


@dataclass(frozen=True)
class Streams:
    """Origin of the seed, remarks on the streams, and blobs that another framework drew."""

    provenance: Finding[Provenance]
    remarks: tuple[Finding[Remark], ...] = ()
    foreign: tuple[Found, ...] = ()


def find_streams(explained: Explained, options: Options, others: Nets | None) -> Streams:
    """Find streams and add them: by quick methods, then of other eras, then by slow methods."""
    if options.generator != MT19937.name:
        streams = _found(explained, options)
        return replace(streams, remarks=_remarks(explained, None))
    in_stages = others is not None or any(isinstance(step, Draw) for step in explained.net.steps)
    streams = _found(explained, options._replace(seeds=range(0), quick=True) if in_stages else options)
    era = explain_by_eras(explained, others, options) if _is_open(explained) else None
    if era is None and in_stages and not explained.needs_no_search and (options.seeds or not options.quick):
        is_first = explained.seed is None
        seeds = options.seeds if is_first else range(0)
        more = _found(explained, options._replace(seeds=seeds, as_declared=not is_first))
        streams = more if streams.provenance.kind in _NONE else replace(more, provenance=streams.provenance)
    if era is not None and streams.provenance.kind in _NONE:
        streams = replace(streams, provenance=Finding(Provenance.RECOVERED))
    return replace(streams, remarks=_remarks(explained, era))


def given_stream(
    explained: Explained, options: Options, others: Nets | None, seed: int, generator: str = MT19937.name
) -> Streams:
    """Add the stream of a given seed, and that of the values' own seed if it is another."""
    source = Source(seed=seed, releases=options.releases, tolerance=options.tolerance, generator=generator)
    offset = outputs_before(
        explained.net,
        samples(explained.evidence),
        seed,
        release=source.releases[0],
        tolerance=source.tolerance,
        generator=generator,
    )
    explained.add(replace(source, offset=offset))
    given = Finding(Provenance.GIVEN)
    if find_twister(generator) is not MT19937 or not _is_open(explained):
        return Streams(given)
    era = explain_by_eras(explained, others, options)
    if explained.is_complete:
        return Streams(given, _remarks(explained, era))
    alone = replace(explained, by_source=[])
    streams = _found(alone, options._replace(seeds=range(0), quick=True))
    if alone.seed not in (None, seed & 0xFFFFFFFF):
        given = Finding.of(Provenance.GIVEN, true_seed=alone.seed or 0)
    return Streams(given, _remarks(explained, era), streams.foreign)


def _found(explained: Explained, options: Options) -> Streams:
    """Find streams and add them."""
    first, foreign = None, []
    for found in recover(explained.net, samples(explained.evidence), explained.holds, options):
        if found.maker != CAFFE:
            foreign.append(found)
            continue
        first = first or found
        source = Source(seed=found.seed, releases=options.releases, tolerance=options.tolerance)
        source = replace(source, generator=found.generator, first_step=found.first_step)
        explained.add(_from_its_beginning(explained, replace(source, offset=found.offset)))
    if first is None:
        none = Provenance.NOT_IN_RANGE if options.seeds else Provenance.NOT_FOUND
        return Streams(Finding(none), foreign=tuple(foreign))
    kind = Provenance.IN_RANGE if first.is_tried else Provenance.RECOVERED
    treatment = {"treatment": first.assumption} if first.assumption else {}
    return Streams(Finding(kind, treatment), foreign=tuple(foreign))


def _from_its_beginning(explained: Explained, source: Source) -> Source:
    """Return the stream from the output that makes the first blob, which slow normals may hide by some."""
    if source.first_step or not source.offset:
        return source
    begin = max(source.offset - _NEAR, 0)
    near = (replace(source, offset=offset) for offset in range(begin, source.offset + _NEAR))
    return max((source, *near), key=lambda each: first_made(explained.net, explained.evidence, each))


def _is_open(explained: Explained) -> bool:
    """Return whether another era may explain more blobs, or where the stream begins."""
    return not explained.is_complete or (bool(explained.by_source) and not explained.begins_with_the_net)


def _remarks(explained: Explained, era: Finding[Remark] | None) -> tuple[Finding[Remark], ...]:
    if explained.seed is None and (lost := precision(explained.evidence)):
        return (Finding.of(Remark.PRECISION, format=lost),)
    return tuple(explained.remarks()) if era is None else (era,)
