"""Print a check: a row for each blob, or for each kind of verdict if the screen is too short."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from caffe_fillers.check import BlobVerdict, CheckResult, Kind, Status
from caffe_fillers.cli.grid import print_table
from caffe_fillers.cli.messages import BAD, GOOD, console, print_colored
from caffe_fillers.cli.terminal import printable

if TYPE_CHECKING:
    Group = tuple[Status, Kind | None]

STYLES = {
    Status.EXACT.value: GOOD,
    Status.COPIED.value: GOOD,
    Status.PLAUSIBLE.value: GOOD,
    Status.DIFFERENT.value: BAD,
}
_PIPE = 160  # columns
_REST = 6  # lines of a screen that are not the table's: the prompt, notes, seed, verdict


def print_check(result: CheckResult, file: TextIO) -> None:
    """Print a table, problems of the structure, the seed, and the verdict as the last line.

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
    print(f"seed: {result.seed_in_words}", file=file)
    print_colored(result.conclusion, GOOD if result.passed else BAD, file)


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
    """Print a row for each verdict and what the blobs are instead, with the first blob's evidence."""
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
