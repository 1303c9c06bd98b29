"""Lay the graph out row by row, for nets on which Graphviz would take minutes.

Graphviz's `dot` breaks each line into pieces, one for each rank that it crosses,
and its time grows faster than their number. On real nets there are few: at most
1,672 on the largest of 64 public nets (ENet), which takes it 3 s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

Edges = Sequence[tuple[int, int]]
Position = tuple[float, float]

_GAP = 24.0
"""Between boxes, in the unit of their size."""


def ranks(number: int, edges: Edges) -> list[int]:
    """Return the rank of each of `number` boxes: the longest path to it; edges lead to larger numbers.

    >>> ranks(4, [(0, 1), (1, 2), (0, 2)])
    [0, 1, 2, 0]
    """
    found = [0] * number
    for first, second in sorted(edges, key=lambda edge: edge[1]):
        found[second] = max(found[second], found[first] + 1)
    return found


def line_pieces(number: int, edges: Edges) -> int:
    """Count the ranks that all edges cross together, on which Graphviz's time depends.

    >>> line_pieces(4, [(0, 1), (1, 2), (0, 2)])
    4
    """
    rank = ranks(number, edges)
    return sum(rank[second] - rank[first] for first, second in edges)


def rows(number: int, edges: Edges, width: float, height: float) -> list[Position]:
    """Return the middles of boxes of `width` by `height`, a row for each rank; y grows downward.

    >>> rows(3, [(0, 1), (0, 2)], 100, 40)
    [(50.0, 20.0), (50.0, 132.0), (174.0, 132.0)]
    """
    placed: Counter[int] = Counter()
    positions = []
    for rank in ranks(number, edges):
        x = width / 2 + placed[rank] * (width + _GAP)
        positions.append((x, height / 2 + rank * (height + 3 * _GAP)))
        placed[rank] += 1
    return positions
