"""Tables on a terminal of any width: columns that are least needed go, no word is broken."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TextIO

from caffe_fillers.cli.terminal import printable

_GAP = 2


def print_table(
    columns: Sequence[str],
    numbers: Iterable[int],
    rows: Iterable[Sequence[str]],
    file: TextIO,
    *,
    folding: str = "",
    least_needed: Sequence[str] = (),
) -> None:
    """A table without lines: colored and folded on a terminal only.

    On a terminal that is too narrow the columns `least_needed` are left out, one after another. If that is
    not enough `folding` is folded between its words; what is too wide even so runs over the edge.
    """
    from rich.console import Console

    cells = [list(map(printable, row)) for row in rows]
    widths = {name: _widths(name, [row[index] for row in cells]) for index, name in enumerate(columns)}
    console = Console(file=file, highlight=False, markup=False, emoji=False)
    room = console.width if file.isatty() else _total(widths, None)
    shown = kept_columns(widths, room, folding, least_needed)
    console.width = max(room, _total({name: widths[name] for name in shown}, folding))
    right = {name for index, name in enumerate(columns) if index in set(numbers)}
    console.print(_table(columns, shown, right, cells, folding))


def kept_columns(
    widths: dict[str, tuple[int, int]], room: int, folding: str, least_needed: Sequence[str]
) -> list[str]:
    """The columns to show: `least_needed` go first, in its order, until nothing needs to be folded.

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
    """The width of a column's longest word, and of its longest cell."""
    from rich.cells import cell_len

    texts = (name, *cells)
    words = (word for text in texts for word in text.split())
    return max(map(cell_len, words), default=0), max(map(cell_len, texts))


def _total(widths: dict[str, tuple[int, int]], folding: str | None) -> int:
    """The width of a table of these columns, one of them folded as far as that goes."""
    own = (least if name == folding else full for name, (least, full) in widths.items())
    return sum(own) + _GAP * (len(widths) - 1)


def _table(
    columns: Sequence[str],
    shown: Sequence[str],
    right: set[str],
    cells: Sequence[Sequence[str]],
    folding: str,
) -> object:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in shown:
        table.add_column(name, justify="right" if name in right else "left", no_wrap=name != folding)
    places = [index for index, name in enumerate(columns) if name in shown]
    for row in cells:
        table.add_row(*(row[index] for index in places))
    return table
