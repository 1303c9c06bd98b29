"""What a person sees of a check: a row for each blob, or for each kind of verdict, as a screen has room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from caffe_fillers.check import NO_SEED, BlobVerdict, CheckResult, Kind, Status
from caffe_fillers.cli.grid import print_table
from caffe_fillers.cli.messages import BAD, DOUBTFUL, GOOD, console, print_colored
from caffe_fillers.cli.terminal import printable

if TYPE_CHECKING:
    Group = tuple[Status, Kind | None]

STYLES = {
    Status.EXACT.value: GOOD,
    Status.COPIED.value: GOOD,
    Status.PLAUSIBLE.value: GOOD,
    Status.UNDECIDED.value: DOUBTFUL,
    Status.DIFFERENT.value: BAD,
}
_PIPE = 160  # columns
_REST = 6  # lines of a screen that are not the table's: the prompt, notes, seed, verdict


def print_check(result: CheckResult, file: TextIO) -> None:
    """A table, what is wrong with the structure, the seed, and the verdict as the last line.

    On a terminal it has a row for each blob with its evidence, if a screen holds these, or a row for each
    blob without, or one for each kind of verdict; and says what a pipe has more.
    """
    room = max(console(file).height - _REST, 1) if file.isatty() else None
    for print_verdicts in (_print_blobs, _print_blobs_alone, _print_kinds) if result.verdicts else ():
        if print_verdicts(result.verdicts, file, room):
            break
    problems = (*result.structure, *result.notes)
    for problem in problems[:room]:
        print(printable(problem), file=file)
    if room and len(problems) > room:
        print(f"(and {len(problems) - room} more such lines, shown in a pipe)", file=file)
    print(f"seed: {_seed(result)}", file=file)
    print_colored(verdict(result), GOOD if result.passed else BAD, file)


def _print_blobs(verdicts: Sequence[BlobVerdict], file: TextIO, room: int | None) -> bool:
    return print_table(
        ("layer", "blob", "verdict", "declared", "evidence"),
        [1],
        [
            (each.layer, str(each.index), each.status.value, each.declared, _evidence(each))
            for each in verdicts
        ],
        file,
        folding="evidence",
        styles=STYLES,
        pipe_width=_PIPE,
        most_lines=room,
    )


def _print_blobs_alone(verdicts: Sequence[BlobVerdict], file: TextIO, room: int | None) -> bool:
    printed = print_table(
        ("layer", "blob", "verdict", "kind", "declared"),
        [1],
        [
            (each.layer, str(each.index), each.status.value, _kind(each.kind), each.declared)
            for each in verdicts
        ],
        file,
        styles=STYLES,
        most_lines=room,
    )
    if printed:
        print("(the evidence is left out for want of room; a pipe, such as | less, shows it)", file=file)
    return printed


def _print_kinds(verdicts: Sequence[BlobVerdict], file: TextIO, _: int | None) -> bool:
    """A row for each verdict and what the blobs are instead; of their evidence the first blob's."""
    groups: dict[Group, list[BlobVerdict]] = {}
    for each in verdicts:
        groups.setdefault((each.status, each.kind), []).append(each)
    rows = [
        (
            status.value,
            _kind(kind),
            str(len(blobs)),
            f"{blobs[0].layer}[{blobs[0].index}]",
            _evidence(blobs[0]),
        )
        for (status, kind), blobs in groups.items()
    ]
    columns = ("verdict", "kind", "blobs", "the first", "its evidence")
    print_table(columns, [2], rows, file, folding="its evidence", styles=STYLES)
    print(f"({len(verdicts)} blobs, by kind for want of room; a pipe, such as | less, shows each)", file=file)
    return True


def _kind(kind: Kind | None) -> str:
    return kind.value if kind else ""


def _evidence(each: BlobVerdict) -> str:
    return f"{each.evidence}; {each.diagnosis}" if each.diagnosis else each.evidence


def _seed(result: CheckResult) -> str:
    """The seed and where it comes from; of a net that draws nothing, that there is none."""
    if result.seed_origin == NO_SEED:
        return NO_SEED
    return f"{'none' if result.seed is None else result.seed} ({result.seed_origin})"


def verdict(result: CheckResult) -> str:
    """The last line: whether the weights are an initialization that the net declares, and what of them is."""
    if result.passed:
        return "passed"
    different = [each for each in result.verdicts if each.status is Status.DIFFERENT]
    if result.unseeded and not different and not result.structure:
        plausible = "plausible, not an initialization by Caffe's stream: no seed makes these values"
        return f"{plausible} (--allow-unseeded passes them)"
    trained = any(each.kind in (Kind.TRAINED, Kind.MOVED) for each in different)
    if not trained or result.structure:
        return "the weights are not what the net declares"
    untouched = [
        f"{each.layer}[{each.index}] with seed {each.seed}"
        for each in result.verdicts
        if each.status is Status.EXACT and each.seed is not None
    ]
    kept = f"as initialized: {', '.join(untouched)}" if untouched else "no random blob is as initialized"
    return f"the weights are not what the net declares: structure agrees; trained; {kept}"
