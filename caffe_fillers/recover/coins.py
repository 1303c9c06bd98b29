"""Recover the seed of a sparse gaussian from which of its values are zero.

After all normals Caffe draws a coin for each (`distributions.SparseNormal`), an output that is below a limit
where the value is kept. So the leading bits of an output are known where all outputs below the limit share
them, or all others: of a value kept with probability 0.015 six bits, which are 0.

Bit b of output k is the sum of those leading bits of the first 19,937 outputs that t**k times a constant
says, modulo the characteristic polynomial (`leading`). So each known bit, wherever it stands, is a linear
equation in a whole state.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.distributions import Distribution, Normal, SparseNormal
from caffe_fillers.recover.elimination import Matrix, orthogonal, packed_columns, solve
from caffe_fillers.recover.found import Hit
from caffe_fillers.recover.intervals import Interval, known_bits
from caffe_fillers.recover.leading import outputs_of, ratio
from caffe_fillers.recover.linear import KnownBits
from caffe_fillers.recover.rewind import MOST_WORDS, find_seeding
from caffe_fillers.rng import Stream
from caffe_fillers.rng.jumps import remainder
from caffe_fillers.rng.twister import MT19937, untemper

Floats = NDArray[np.floating]

_EQUATIONS = MT19937.degree + 400
"""Known bits that are enough: those of outputs here and there hardly ever depend on one another."""
_SURE = 6.0
"""Standard errors by which the number of zeros is never off."""
_STEPS, _NEAR = 40, 16
_ALIKE = 0.9


def shows_its_seed(distribution: SparseNormal, size: int) -> bool:
    """Return whether the zeros among `size` values are enough to determine the seed.

    >>> sparse = SparseNormal(Normal(), 0.25)
    >>> shows_its_seed(sparse, 40_000), shows_its_seed(sparse, 42_000)
    (False, True)
    """
    if not 0 < distribution.keep < 1:
        return False
    zero, kept = map(int, _shown(distribution.keep).mask)
    bits = zero.bit_count() * (1 - distribution.keep) + kept.bit_count() * distribution.keep
    return size * bits >= 1.02 * _EQUATIONS


def recover_coins(distribution: Distribution, values: Floats, most_words: int = MOST_WORDS) -> Hit | None:
    """Recover the seed of a sparse gaussian's zeros; None if they have none.

    So the other values may be rounded, scaled or trained. The hit is the first value's coin. Takes some 6 s
    with the compiled loops, 20 s without.
    """
    if not isinstance(distribution, SparseNormal) or not shows_its_seed(distribution, values.size):
        return None
    kept = values.ravel() != 0
    off = abs(int(kept.sum()) - distribution.keep * kept.size)
    if off > _SURE * np.sqrt(kept.size * distribution.keep * (1 - distribution.keep)):
        return None
    shown = _shown(distribution.keep)
    find = solve if shown.bits.any() else orthogonal  # where all known bits are 0, no bits at all fit, too
    solution = find(_equations(shown, kept), MT19937.degree)
    if solution is None:
        return None
    seeding = find_seeding(MT19937, untemper(MT19937, outputs_of(solution)), most_words)
    return None if seeding is None else Hit(seeding.seed, seeding.position)


def begins(normal: Normal, values: Floats, hit: Hit, release: str) -> Iterator[int]:
    """Yield the outputs from which `release` of Boost draws such normals up to the first coin."""
    kept = values.ravel() != 0
    shown = values.ravel()[kept]

    def drawn(begin: int) -> tuple[Floats, int]:
        stream = Stream(hit.seed, release)
        stream.skip(begin)
        return normal.draw(kept.size, stream)[kept], stream.position

    begin = hit.position - kept.size
    for _ in range(_STEPS):
        late = drawn(begin)[1] - hit.position if begin >= 0 else 0
        if not late:
            break
        begin -= late
    for near in range(max(begin - _NEAR, 0), begin + _NEAR + 1):
        made, end = drawn(near)
        if end == hit.position and abs(float(np.corrcoef(made, shown)[0, 1])) > _ALIKE:
            yield near


def _shown(keep: float) -> KnownBits:
    """Return the bits that are known of the outputs of a zero and of a value that is kept.

    Outputs next to the limit, which rounding to float32 may take for less, are so few that none is met.
    """
    limit, last = int(keep * 2.0**MT19937.w), 2**MT19937.w - 1
    return known_bits(
        Interval(least=np.array([limit, 0], np.uint32), most=np.array([last, limit - 1], np.uint32))
    )


def _equations(shown: KnownBits, kept: NDArray[np.bool_]) -> Matrix:
    """Return the first known bits as equations in the leading bits of the first outputs, one a row."""
    coins, columns = kept.astype(np.intp), packed_columns(MT19937.degree)
    bits = np.array([mask.bit_count() for mask in shown.mask.tolist()])[coins].cumsum()
    coins, rows = coins[: int(np.searchsorted(bits, _EQUATIONS)) + 1], []
    for bit in range(MT19937.w):
        known, right = (words >> np.uint32(bit) & np.uint32(1) for words in (shown.mask, shown.bits))
        places = np.flatnonzero(known[coins])
        for place, sum_of in zip(places, _leading_bits(bit, places.tolist()), strict=True):
            row = sum_of | int(right[coins[place]]) << MT19937.degree
            rows.append(row.to_bytes(columns * 8, "little"))
    return np.frombuffer(b"".join(rows), "<u8").reshape(-1, columns).astype(np.uint64)


def _leading_bits(bit: int, places: list[int]) -> Iterator[int]:
    """Yield which of the first outputs' leading bits sum up to a bit of each of these outputs."""
    if not places:
        return
    words = Stream(0).words(MT19937.degree)
    power, last = ratio((words >> np.uint32(bit) & np.uint32(1)).astype(np.uint8)), 0
    for place in places:
        power, last = remainder(MT19937, power << place - last), place
        yield power
