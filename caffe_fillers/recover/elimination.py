"""Linear equations over GF(2), by the method of four Russians.

Rows are packed, 64 columns a word, the last column the right side. Sixteen columns at a time: sixteen rows
that have pivots there are reduced to the identity, two tables hold all sums of the first eight and of the
last eight, and from each other row one sum of each table is taken off (Albrecht, Bard and Hart, Algorithm
898: Efficient multiplication of dense matrices over GF(2), ACM TOMS 37(1), 2010). Gauss's own method would
touch the matrix sixteen times as often.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.uint64]
Bits = NDArray[np.uint8]
Pairs = NDArray[np.uint16]

_BLOCK, _HALF = 16, 8
_ROWS = 128
"""Rows that are worked on at a time: few enough for a processor's cache."""
_LIKELY = 64
"""Rows among which sixteen pivots nearly always are."""


def packed_columns(unknowns: int) -> int:
    """Return the number of 64-bit words of a row, with its right side.

    >>> packed_columns(64)
    2
    """
    return (unknowns + 64) // 64


def solve(rows: Matrix, unknowns: int) -> Bits | None:
    """Return the only solution of equations, which are overwritten; None if there is none, or more.

    >>> solve(np.array([[0b101], [0b111], [0b111]], np.uint64), 2).tolist()
    [1, 0]
    >>> solve(np.array([[0b101], [0b001]], np.uint64), 2) is None
    True
    """
    pivots = _eliminate(rows, unknowns)
    if pivots is None:
        return None
    rest = rows[unknowns:, unknowns // 64] >> np.uint64(unknowns % 64) & np.uint64(1)
    return None if rest.any() else _substitute(rows, unknowns)


def _eliminate(rows: Matrix, unknowns: int) -> bool | None:
    """Make the rows triangular, row i with its pivot in column i; None if a column has none."""
    pairs = rows.view("<u2")
    for begin in range(0, unknowns, _BLOCK):
        size = min(_BLOCK, unknowns - begin)
        if not _pivot_rows(rows, pairs, begin, size):
            return None
        first, column = begin // 64, begin // _BLOCK
        pivots = rows[begin : begin + size, first:]
        tables = [_sums(pivots[half : half + _HALF]) for half in range(0, size, _HALF)]
        masks = [np.uint16((1 << len(table).bit_length() - 1) - 1) for table in tables]
        taken = np.empty((_ROWS, pivots.shape[1]), np.uint64)
        for start in range(begin + size, rows.shape[0], _ROWS):
            part, pair = rows[start : start + _ROWS, first:], pairs[start : start + _ROWS, column].copy()
            sums = taken[: part.shape[0]]
            for table, mask in zip(tables, masks, strict=True):
                np.take(table, pair & mask, axis=0, out=sums, mode="clip")
                part ^= sums
                pair >>= np.uint16(_HALF)
    return True


def _pivot_rows(rows: Matrix, pairs: Pairs, begin: int, size: int) -> bool:
    """Bring rows to `begin` and after it that are the identity in these columns, if there are any."""
    for likely in (_LIKELY, rows.shape[0]):
        chosen = _choose(pairs[begin : begin + likely, begin // _BLOCK], size)
        if chosen is not None:
            break
    else:
        return False
    for number, place in enumerate(chosen):
        if place != number:
            rows[[begin + number, begin + place]] = rows[[begin + place, begin + number]]
    block, column = rows[begin : begin + size], pairs[begin : begin + size, begin // _BLOCK]
    for bit in range(size):
        with_bit = column >> np.uint16(bit) & 1 == 1
        with_bit[bit] = False
        block[with_bit] ^= block[bit]
    return True


def _choose(column: Pairs, size: int) -> list[int] | None:
    """Choose the rows to exchange, one after another, with the first ones, so that each has a pivot."""
    column, chosen = column.copy(), []
    for bit in range(size):
        found = np.flatnonzero(column[bit:] >> np.uint16(bit) & 1)
        if not found.size:
            return None
        place = bit + int(found[0])
        chosen.append(place)
        column[[bit, place]] = column[[place, bit]]
        with_bit = column >> np.uint16(bit) & 1 == 1
        with_bit[bit] = False
        column[with_bit] ^= column[bit]
    return chosen


def _sums(pivots: Matrix) -> Matrix:
    """Return all sums of these rows; the bits of a sum's index say which rows."""
    sums = np.zeros((1 << pivots.shape[0], pivots.shape[1]), np.uint64)
    for number, row in enumerate(pivots):
        np.bitwise_xor(sums[: 1 << number], row, out=sums[1 << number : 2 << number])
    return sums


def _substitute(rows: Matrix, unknowns: int) -> Bits:
    """Compute the unknowns, from the last to the first."""
    solution = np.zeros(rows.shape[1] * 64, np.uint8)
    solution[unknowns] = 1
    packed = np.packbits(solution, bitorder="little").view(np.uint64)
    for row in range(unknowns - 1, -1, -1):
        common = int(np.bitwise_xor.reduce(rows[row, row // 64 :] & packed[row // 64 :]))
        if common.bit_count() & 1:
            packed[row // 64] |= np.uint64(1 << row % 64)
    return np.unpackbits(packed.view(np.uint8), bitorder="little")[:unknowns]
