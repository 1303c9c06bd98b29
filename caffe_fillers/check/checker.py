"""The check as a whole: structure, evidence, seeds, and verdicts by these or by the distributions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from caffe_fillers.check.arguments import require_kinds
from caffe_fillers.check.eras import Nets
from caffe_fillers.check.evidence import Evidence, digest, gather, samples
from caffe_fillers.check.explained import Explained
from caffe_fillers.check.findings import Finding, Kind, Mismatch, Problem, Provenance, Status
from caffe_fillers.check.fit import fitted_verdicts
from caffe_fillers.check.result import BlobVerdict, CheckResult
from caffe_fillers.check.search import Streams, find_streams, given_stream
from caffe_fillers.check.structure import match
from caffe_fillers.errors import UsageError
from caffe_fillers.model import Model
from caffe_fillers.plan import Draw, Fill
from caffe_fillers.planner import PlannedNet
from caffe_fillers.recover import (
    MXNET,
    PYTORCH,
    RELEASES,
    Found,
    Options,
    Progress,
    no_progress,
    would_give_a_seed,
)
from caffe_fillers.rng.twister import MT19937, find_twister

_CALLS = {PYTORCH: "torch.manual_seed", MXNET: "mx.random.seed"}


@np.errstate(all="ignore")  # values that are no numbers are a finding
def check_model(
    net: PlannedNet,
    model: Model,
    *,
    seed: int | None = None,
    seeds: range | None = None,
    skip_words: int = 0,
    boost: str | None = None,
    tolerance: float = 0.0,
    generator: str = MT19937.name,
    bases: Sequence[Model] = (),
    others: Nets | None = None,
    allow_unseeded: bool = False,
    quick: bool = False,
    progress: Progress = no_progress,
) -> CheckResult:
    """Check whether a model is an initialization that the net declares.

    With `seed`, or with those that are computed from the values, or found among
    `seeds`, every blob is compared bit for bit (up to `tolerance`, an absolute
    error). What no seed explains, nor any of `bases`, which blobs may be copied from, is tested against
    the declared distribution, and diagnosed; constants need no seed. Without `boost` any release of Boost may
    have drawn. `generator` says what draws: of another than mt19937 only uniform blobs show the seed,
    and without one it must be given, else it is a `UsageError`. The net's stream begins after `skip_words`
    outputs; where it does not, `others`, the same net as other eras of Caffe plan it, are tried. Values that
    no seed makes are refused, though they are plausible, where they would have given their seed away, unless
    `allow_unseeded` is set. `quick` leaves out what takes more than some two seconds. `progress` is called
    with what is tried and the share of it that is done.
    """
    require_kinds(net, model)
    net = _after(net, skip_words) if skip_words else net
    matched, problems = match(net, model)
    evidence = gather(net, matched)
    _check_tolerance(evidence, tolerance)
    explained = Explained(net, evidence, _copied(evidence, bases))
    own = [each for each in samples(evidence) if each.number not in explained.copied]
    is_other = find_twister(generator) is not MT19937
    if seed is None and is_other and _needs_a_seed(net) and not would_give_a_seed(net, own, generator):
        raise UsageError(f"{generator}'s seed is found in 1,250 uniforms of one blob: give it with --seed")
    options = Options(
        releases=RELEASES if boost is None else (boost,),
        seeds=seeds or range(0),
        tolerance=tolerance,
        quick=quick,
        progress=progress,
        generator=generator,
    )
    if not _needs_a_seed(net):
        streams = Streams(Finding(Provenance.NOT_NEEDED if seed is None else Provenance.GIVEN))
    elif seed is None:
        streams = find_streams(explained, options, others)
    else:
        streams = given_stream(explained, options, others, seed, generator)
    verdicts = explained.verdicts(lambda rest: list(fitted_verdicts(rest, tolerance)))
    if skip_words and explained.seed is not None and not explained.begins_with_the_net:
        problems += (Finding.of(Problem.BEGINS, words=skip_words, seed=explained.seed),)
    return CheckResult(
        verdicts=tuple(_foreign(verdicts, streams.foreign)),
        problems=problems,
        seed=explained.seed if seed is None else seed,
        provenance=streams.provenance,
        remarks=streams.remarks,
        origins=explained.origins(),
        unseeded=explained.seed is None and not allow_unseeded and would_give_a_seed(net, own, generator),
    )


def _check_tolerance(evidence: Sequence[Evidence], tolerance: float) -> None:
    """Refuse a tolerance within which the values of any seed agree."""
    for each in evidence:
        std = each.distribution.std if each.distribution and each.is_random else math.inf
        if tolerance > _WIDE * std:
            raise UsageError(
                f"a tolerance of {tolerance:g} forgives much of what another seed draws for {each.layer}"
                f"[{each.blob.index}], {each.distribution}: give {_WIDE * std:.2g} or less"
            )


_WIDE = 0.25
"""Share of a blob's standard deviation that a tolerance may be."""


def _foreign(verdicts: Sequence[BlobVerdict], foreign: Sequence[Found]) -> Iterator[BlobVerdict]:
    """Yield the verdicts, with their seeds those on blobs that another framework drew."""
    by_number = {found.number: found for found in foreign}
    for number, verdict in enumerate(verdicts):
        found = by_number.get(number)
        if found is None or verdict.status is Status.EXACT:
            yield verdict
        else:
            call = _CALLS[found.maker]
            mismatch = Mismatch.of(
                Kind.OTHER_FRAMEWORK,
                framework=found.maker,
                call=call,
                seed=found.seed,
                position=found.offset,
            )
            yield replace(verdict, status=Status.DIFFERENT, mismatch=mismatch, seed=None)


def _copied(evidence: Sequence[Evidence], bases: Sequence[Model]) -> frozenset[int]:
    """Return the numbers of blobs that are bit for bit those of a base, by name and index."""
    stored = {
        (layer.name, index, digest(blob.array())) for base in bases for layer, index, blob in base.blobs()
    }
    return frozenset(
        each.number for each in evidence if stored and (each.layer, each.blob.index, each.digest) in stored
    )


def _needs_a_seed(net: PlannedNet) -> bool:
    """Return whether any blob is drawn: constants and bilinear kernels need no seed."""
    steps = (net.steps[blob.step] for blob in net.blobs)
    return any(isinstance(step, Fill) and step.distribution().is_random for step in steps)


def _after(net: PlannedNet, words: int) -> PlannedNet:
    """Return the same net after this many words of the stream were taken."""
    layers = tuple(
        replace(layer, blobs=tuple(replace(blob, step=blob.step + 1) for blob in layer.blobs))
        for layer in net.layers
    )
    return replace(net, layers=layers, steps=(Draw(words, "--skip-words"), *net.steps))
