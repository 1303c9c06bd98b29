"""All sentences of a check: templates by kind; the first whose numbers are all present is used."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import cache
from string import Formatter
from typing import Any

from caffe_fillers.check.findings import Finding, Ground, Kind, Outcome, Problem, Provenance, Remark

TEMPLATES: Mapping[Enum, tuple[str, ...]] = {
    Ground.AGREES: (
        "{values:,} values agree within {tolerance:g}, drawn by {drawn_by}",
        "{values:,} values agree within {tolerance:g}",
        "{values:,} values agree, drawn by {drawn_by}",
        "{values:,} values agree",
    ),
    Ground.CONSTANT: (
        "{values:,} values are {constant} within {tolerance:g}",
        "{values:,} values are {constant}",
    ),
    Ground.COPIED: ("{values:,} values are those of the base",),
    Ground.DIFFERS: ("value {at} is {value:.9g}, {wanted:.9g} is declared",),
    Ground.TESTED: (
        "largest value at {ratio:.6f} of the bound {declared_largest:.6g}",
        "std {std:.6g}, declared {declared_std:.6g}",
        "mean {mean:.6g}, declared {declared_mean:.6g}",
        "{nonzero:.4g} are not zero, {declared_nonzero:.4g} declared",
        "rows miss the sum 1 by up to {row_sum:.3g}",
        "rows miss the length 1 by up to {row_length:.3g}",
        "{value:,.0f} values are wrong",
        "a value of {support:.6g}, the bound is {declared_support:.6g}",
        "distance {shape:.3g} between the distribution functions",
        "{not_finite} of {size:,} values are NaN or infinite",
        "{zero_rows} rows are all zero",
        "{copies} filters are copies",
        "every value is one of {format}",
        "{alike:,} values are zero or repeat others",
        "every value is {constant:g}",
    ),
    Kind.DAMAGED: (
        "{not_finite} of {size:,} values are NaN or infinite, the first is {first:g} at {at}",
        "all {size:,} values are {constant:g}",
        "{zero_rows} of {rows} rows are all zero, the first is {first}",
        "{copies} of {rows} filters are copies of others",
        "every value is one of {format}, as none is drawn: --tolerance forgives it",
        "{alike:,} of {size:,} values are zero or repeat others: rounded, or set to zero?",
    ),
    Kind.SCALED: (
        "the declared value times {factor:.6g}, or drawn with another seed: {size} value cannot tell",
        "the declared values times {factor:.6g}",
    ),
    Kind.FLIPPED: ("the declared values times {factor:.6g}: all signs changed",),
    Kind.ROWS_SCALED: (
        "each filter of the declared values times a factor of its own, {least:.4g} to {most:.4g}: "
        "batch normalization folded in?",
    ),
    Kind.REORDERED: ("the declared values, {order}",),
    Kind.SWAPPED: (
        "these are the values of {twin}, which has them too, {times} times in all: copied?",
        "these are the values of {twin}: swapped?",
    ),
    Kind.CHANGED: ("{changed:,} of {size:,} values were changed",),
    Kind.CENTERED: ("the declared values less the mean of {of}",),
    Kind.ROUNDED: ("the declared values rounded to {to}: --tolerance {moved_by:.2g} forgives it",),
    Kind.MOVED: ("the declared values, each moved by {moved_by:.2g} at most: rounded, or trained a little?",),
    Kind.CORRELATED: (
        "correlated with the declared values, r = {correlation:.4f}, slope {slope:.4g}: "
        "averaged with other values?",
    ),
    Kind.OTHER_FILLER: (
        "declared {filler}; these are the outputs of the seed by {drawn_by}, bit for bit",
        "declared {filler}, {declared}; values fit {fits}, p = {p:.2g}",
    ),
    Kind.OTHER_SEED: (
        "equal but for the signs of {zeros} zeros",
        "drawn from the declared distribution, but not by seed {other_seed}, which explains other blobs",
        "drawn from the declared distribution, but with another seed or order",
    ),
    Kind.OTHER_FRAMEWORK: (
        "drawn by {framework} on a CPU, after {call}({seed}), from output {position:,} on",
    ),
    Kind.TRAINED: (
        "correlated with the declared values, r = {correlation:.4f}, slope {slope:.4g}: trained from these",
        "declared {filler}, {declared}; values fit no initialization that is known here: trained? "
        "mean {mean:.4g}, std {std:.4g}, excess kurtosis {kurtosis:.2g}",
        "declared {filler}, {declared}; {size} values are too few to say what they are: trained?",
    ),
    Problem.MISSING: ("layer {layer!r} is missing",),
    Problem.RENAMED: ("layer {layer!r} is called {name!r}, if that is it: its blobs have the same shapes",),
    Problem.UNKNOWN: (
        "layer {layer!r} is in the file more often than in the net, which has {declared} of that name",
        "layer {layer!r} is not in the net",
    ),
    Problem.BLOBS: ("layer {layer!r} has {found} blobs, {declared} are declared",),
    Problem.BEGINS: ("the values are not drawn after {words:,} words of seed {seed}, as --skip-words says",),
    Problem.SHAPE: (
        "layer {layer!r} blob {blob} has shape {found}, {declared} is declared: "
        "transposed? read with its axes as {order}",
        "layer {layer!r} blob {blob} has shape {found}, {declared} is declared",
    ),
    Remark.LATE: (
        "the stream begins {words:,} {unit} late: something drew first that the net does not show, data say; "
        "caffe-fill NET --seed {seed} --skip-words {words} draws the same",
    ),
    Remark.ERA: (
        "drawn as Caffe {era} draws (also {also}): caffe-fill NET --seed {seed} --caffe {era} draws the same",
        "drawn as Caffe {era} draws: caffe-fill NET --seed {seed} --caffe {era} draws the same",
    ),
    Remark.BARE: (
        "drawn with seed {seed} from a net whose data layers draw nothing, such as one with Input layers",
    ),
    Remark.APART: ("{layer}: drawn from output {position:,} of seed {seed} on, not with the net",),
    Remark.PRECISION: (
        "every value is one of {format}, of whose bits no seed can be computed: "
        "give --seed or --seeds, and a --tolerance",
    ),
    Provenance.GIVEN: ("given, but seed {true_seed} is that of the values", "given"),
    Provenance.RECOVERED: (
        "recovered from the values, though they are {treatment}",
        "recovered from the values",
    ),
    Provenance.IN_RANGE: ("found in the range",),
    Provenance.NOT_NEEDED: ("none needed",),
    Provenance.NOT_FOUND: ("none fits",),
    Provenance.NOT_IN_RANGE: ("none in the range fits",),
    Outcome.PASSED: ("passed",),
    Outcome.UNSEEDED: (
        "plausible, not an initialization by Caffe's stream: no seed was found that makes these values "
        "(--allow-unseeded passes them)",
    ),
    Outcome.TRAINED: (
        "the weights are not what the net declares: structure agrees; trained; as initialized: {untouched}",
        "the weights are not what the net declares: structure agrees; trained; "
        "no random blob is as initialized",
    ),
    Outcome.REFUSED: ("the weights are not what the net declares",),
}


def sentence(finding: Finding[Any], **numbers: object) -> str:
    """Write the sentence of a finding; further `numbers` are those of its blob.

    >>> sentence(Finding(Kind.SCALED, {"factor": 1.5}))
    'the declared values times 1.5'
    """
    known = {**finding.numbers, **numbers}
    template = next(each for each in TEMPLATES[finding.kind] if fields(each) <= known.keys())
    return template.format_map(known)


@cache
def fields(template: str) -> frozenset[str]:
    """Return the names of the numbers in a template."""
    return frozenset(name for _, name, *_ in Formatter().parse(template) if name)
