"""Linear equations over GF(2), by the method of four Russians.

Rows are packed, 64 columns a word, the last column the right side. A word's columns at a time: 64 rows that
have pivots there are reduced to the identity, eight tables hold all sums of eight of them each, and from each
later row one sum of each table is taken off (Albrecht, Bard and Hart, Algorithm 898: Efficient multiplication
of dense matrices over GF(2), ACM TOMS 37(1), 2010). Gauss's own method would touch the matrix 64 times as
often.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.rng import kernel

Matrix = NDArray[np.uint64]
Bits = NDArray[np.uint8]

_BLOCK, _PART = 64, 8
_STRIP = 64
"""Words of a row that are worked on at a time: few enough for a processor's cache to hold the tables."""
_ROWS = 256
"""Rows that numpy works on at a time."""
_LIKELY = (128, 1024, 8192)
"""Rows among which 64 pivots are looked for before all others."""


def packed_columns(unknowns: int) -> int:
    """Return the number of 64-bit words of a row, with its right side.

    >>> packed_columns(64)
    2
    """
    return (unknowns + 64) // 64


def solve(rows: Matrix, unknowns: int) -> Bits | None:
    """Return the only solution of equations; None if there is none, or more.

    >>> solve(np.array([[0b101], [0b111], [0b111]], np.uint64), 2).tolist()
    [1, 0]
    >>> solve(np.array([[0b101], [0b001]], np.uint64), 2) is None
    True
    """
    found = orthogonal(rows, unknowns + 1)
    return found[:-1] if found is not None and found[-1] else None


def orthogonal(rows: Matrix, columns: int) -> Bits | None:
    """Return the only nonzero vector that has an even number of bits in common with each row.

    None if there is none, or more, or if it ends with 64 zeros.

    >>> orthogonal(np.array([[0b101], [0b111], [0b111]], np.uint64), 3).tolist()
    [1, 0, 1]
    """
    rows = rows[np.random.default_rng(0).permutation(rows.shape[0])]  # neighbors often lack the same columns
    last = (columns - 1) // _BLOCK * _BLOCK
    for begin in range(0, last, _BLOCK):
        if not _pivot_rows(rows, begin):
            return None
        _clear(rows, begin)
    end = _orthogonal_word(rows[last:, last // 64] & np.uint64((1 << columns - last) - 1), columns - last)
    return None if end is None else _substitute(rows[:last], end)[:columns]


def _orthogonal_word(rows: Matrix, columns: int) -> int | None:
    """Return the only nonzero word that has an even number of bits in common with each of these."""
    pivots: dict[int, int] = {}
    for row in np.unique(rows).tolist():
        for bit, pivot in pivots.items():
            row ^= pivot * (row >> bit & 1)  # noqa: PLW2901  (reduced, it is the same equation)
        if row:
            lowest = (row & -row).bit_length() - 1
            pivots = {bit: pivot ^ row * (pivot >> lowest & 1) for bit, pivot in pivots.items()}
            pivots[lowest] = row
    free = [bit for bit in range(columns) if bit not in pivots]
    if len(free) != 1:
        return None
    return 1 << free[0] | sum((pivot >> free[0] & 1) << bit for bit, pivot in pivots.items())


def _pivot_rows(rows: Matrix, begin: int) -> bool:
    """Bring rows to `begin` and after it that are the identity in the 64 columns from there, if any are."""
    first = begin // 64
    for likely in (*_LIKELY, rows.shape[0]):
        chosen = _choose(rows[begin : begin + likely, first])
        if chosen is not None:
            break
    else:
        return False
    for number, place in enumerate(chosen):
        if place != number:
            rows[[begin + number, begin + place]] = rows[[begin + place, begin + number]]
    block = rows[begin : begin + _BLOCK, first:]
    for bit in range(_BLOCK):
        ones = _ones(block[:, 0], bit)
        ones[bit] = 0
        block[ones == 1] ^= block[bit]
    return True


def _choose(column: Matrix) -> list[int] | None:
    """Choose the rows to exchange, one after another, with the first ones, so that each has a pivot."""
    if column.size < _BLOCK:
        return None
    column, chosen = column.copy(), []
    for bit in range(_BLOCK):
        ones = _ones(column, bit)
        place = bit + int(ones[bit:].argmax())
        if not ones[place]:
            return None
        chosen.append(place)
        column[[bit, place]] = column[[place, bit]]
        ones[place] = 0
        column ^= ones * column[bit]
    return chosen


def _ones(column: Matrix, bit: int) -> Matrix:
    """Return a bit of each word."""
    ones: Matrix = column >> np.uint64(bit) & np.uint64(1)
    return ones


def _clear(rows: Matrix, begin: int) -> None:
    """Take the pivot rows from `begin` on off all rows after them that have bits in their columns."""
    first, end = begin // 64, begin + _BLOCK
    chosen = rows[end:, first].copy()
    for left in range(first, rows.shape[1], _STRIP):
        strip = rows[begin:end, left : left + _STRIP]
        tables = np.stack([_sums(strip[part : part + _PART]) for part in range(0, _BLOCK, _PART)])
        if kernel.is_used:
            kernel.loops.subtract(rows, rows.shape[1], end, left, chosen, tables)
        else:
            _subtract(rows[end:, left : left + _STRIP], chosen, tables)


def _subtract(rows: Matrix, chosen: Matrix, tables: Matrix) -> None:
    """Take from each row a sum of each table, which its bits in `chosen` name eight by eight."""
    octets = chosen.astype("<u8").view(np.uint8).reshape(-1, _PART)
    touched = np.flatnonzero(chosen)
    sums = np.empty((_ROWS, rows.shape[1]), np.uint64)
    for start in range(0, touched.size, _ROWS):
        some = touched[start : start + _ROWS]
        part = rows[some]
        for table, octet in zip(tables, octets[some].T, strict=True):
            part ^= np.take(table, octet, axis=0, out=sums[: some.size], mode="clip")
        rows[some] = part


def _sums(pivots: Matrix) -> Matrix:
    """Return all sums of these rows; the bits of a sum's index say which rows."""
    sums = np.zeros((1 << pivots.shape[0], pivots.shape[1]), np.uint64)
    for number, row in enumerate(pivots):
        np.bitwise_xor(sums[: 1 << number], row, out=sums[1 << number : 2 << number])
    return sums


def _substitute(rows: Matrix, end: int) -> Bits:
    """Compute a vector orthogonal to triangular rows from its last bits, from the last row to the first."""
    found = np.zeros(rows.shape[1], np.uint64)
    found[len(rows) // 64] = end
    for row in range(len(rows) - 1, -1, -1):
        common = int(np.bitwise_xor.reduce(rows[row, row // 64 :] & found[row // 64 :]))
        if common.bit_count() & 1:
            found[row // 64] |= np.uint64(1 << row % 64)
    return np.unpackbits(found.astype("<u8").view(np.uint8), bitorder="little")
