"""Print tables on a terminal of any width: the least needed columns are left out, no word is broken."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from caffe_fillers.cli.terminal import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.segment import Segment
    from rich.table import Table

_GAP = 2


def print_table(
    columns: Sequence[str],
    numbers: Iterable[int],
    rows: Iterable[Sequence[str]],
    file: TextIO,
    *,
    folding: str = "",
    least_needed: Sequence[str] = (),
    styles: Mapping[str, str] | None = None,
    pipe_width: int | None = None,
    most_lines: int | None = None,
) -> bool:
    """Print a table without lines: colored and folded on a terminal, or folded to `pipe_width` in a pipe.

    On a terminal that is too narrow the columns `least_needed` are left out, one after another, and named
    below. If that is not enough `folding` is folded between its words; what is too wide even so runs over
    the edge. A cell that is a key of `styles` has that color.
    False, and nothing is printed, where it would take more than `most_lines`.
    """
    cells = [list(map(printable, row)) for row in rows]
    widths = {name: _widths(name, [row[index] for row in cells]) for index, name in enumerate(columns)}
    right = {name for index, name in enumerate(columns) if index in set(numbers)}
    if pipe_width is None and most_lines is None and not file.isatty():  # rich takes longer than a fill
        _print_whole(columns, right, cells, widths, file)
        return True
    from caffe_fillers.cli.messages import console

    terminal = console(file)
    room = terminal.width if file.isatty() else pipe_width or _total(widths, None)
    shown = kept_columns(widths, room, folding, least_needed)
    terminal.width = max(room, _total({name: widths[name] for name in shown}, folding))
    lines = terminal.render_lines(_table(columns, shown, right, cells, folding, styles or {}), pad=False)
    if most_lines is not None and len(lines) > most_lines:
        return False
    _print_trimmed(terminal, lines)
    gone = ", ".join(name for name in columns if name and name not in shown)
    if gone:
        print(f"(left out for want of room: {gone})", file=file)
    return True


def _print_whole(
    columns: Sequence[str],
    right: set[str],
    cells: Sequence[Sequence[str]],
    widths: Mapping[str, tuple[int, int]],
    file: TextIO,
) -> None:
    """Print every column in its full width."""
    for row in (columns, *cells):
        padded = []
        for name, text in zip(columns, row, strict=True):
            blanks = " " * (widths[name][1] - _cell_length(text))
            padded.append(blanks + text if name in right else text + blanks)
        print((" " * _GAP).join(padded).rstrip(), file=file)


def _print_trimmed(terminal: Console, lines: list[list[Segment]]) -> None:
    """Print lines without the blanks with which rich fills each."""
    from rich.segment import Segment, Segments

    for line in lines:
        while line and not line[-1].text.strip():
            line.pop()
        if line:
            line[-1] = Segment(line[-1].text.rstrip(), line[-1].style)
        terminal.print(Segments([*line, Segment.line()]), end="", soft_wrap=True)


def kept_columns(
    widths: dict[str, tuple[int, int]], room: int, folding: str, least_needed: Sequence[str]
) -> list[str]:
    """Return the columns to show: `least_needed` go first, in its order, until nothing needs to be folded.

    Where that is not enough, as many stay as have room with `folding` folded.

    >>> widths = {"layer": (5, 5), "gain": (4, 4), "note": (9, 20)}
    >>> [kept_columns(widths, room, "note", ["gain"]) for room in (33, 32, 22, 17)]
    [['layer', 'gain', 'note'], ['layer', 'note'], ['layer', 'gain', 'note'], ['layer', 'note']]
    """
    for folded in (None, folding):
        shown = dict(widths)
        for name in (*least_needed, None):
            if _total(shown, folded) <= room:
                return list(shown)
            shown.pop(name or "", None)
    return list(shown)


def _widths(name: str, cells: Sequence[str]) -> tuple[int, int]:
    """Return the width of a column's longest word, and of its longest cell."""
    texts = (name, *cells)
    words = (word for text in texts for word in text.split())
    return max(map(_cell_length, words), default=0), max(map(_cell_length, texts))


def _cell_length(text: str) -> int:
    """Return how many cells of a terminal a text takes; a character of Chinese takes two."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _total(widths: dict[str, tuple[int, int]], folding: str | None) -> int:
    """Return the width of a table of these columns, one of them folded as far as possible."""
    own = (least if name == folding else full for name, (least, full) in widths.items())
    return sum(own) + _GAP * (len(widths) - 1)


def _table(
    columns: Sequence[str],
    shown: Sequence[str],
    right: set[str],
    cells: Sequence[Sequence[str]],
    folding: str,
    styles: Mapping[str, str],
) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in shown:
        table.add_column(name, justify="right" if name in right else "left", no_wrap=name != folding)
    places = [index for index, name in enumerate(columns) if name in shown]
    for row in cells:
        table.add_row(*(Text(row[index], styles.get(row[index], "")) for index in places))
    return table
