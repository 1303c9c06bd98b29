"""Fill in missing outputs among known ones by mt19937's recurrence, as an erasure code is peeled."""

from __future__ import annotations

import numpy as np

from caffe_fillers.recover.linear import KnownBits
from caffe_fillers.recover.rewind import inverse_twist
from caffe_fillers.rng.twister import MT19937, temper, untemper

_FULL = np.uint32(0xFFFFFFFF)
_TOP, _LOW = np.uint32(1 << 31), np.uint32(2**31 - 1)


def filled(known: KnownBits) -> KnownBits:
    """Add all outputs that follow from three that are wholly known, or from four.

    >>> from caffe_fillers.rng import Stream
    >>> words = Stream(3).words(2000)
    >>> mask = np.where(np.arange(2000) % 20 == 7, 0, 2**32 - 1).astype(np.uint32)
    >>> whole = filled(KnownBits(mask=mask, bits=words & mask))
    >>> bool((whole.mask == 2**32 - 1)[100:1900].all()), bool((whole.bits == words & whole.mask).all())
    (True, True)
    """
    n, m = MT19937.n, MT19937.m
    size = known.mask.size - n
    whole, words = known.mask == _FULL, untemper(MT19937, known.bits)
    lags = [slice(lag, lag + size) for lag in (0, 1, m, n)]
    while size > 1:
        before = int(whole.sum())
        here, following, middle, later = (whole[lag] for lag in lags)
        mixed = words[lags[0]] & _TOP | words[lags[1]] & _LOW
        twisted = mixed >> np.uint32(1) ^ (mixed & np.uint32(1)) * np.uint32(MT19937.a)
        for target, others, source in (
            (lags[3], here & following & middle, lags[2]),
            (lags[2], here & following & later, lags[3]),
        ):
            new = others & ~whole[target]
            words[target][new], whole[target][new] = (words[source] ^ twisted)[new], True
        told = inverse_twist(MT19937, words[lags[2]] ^ words[lags[3]])
        both = whole[lags[2]] & whole[lags[3]]
        new = both[:-1] & both[1:] & ~whole[1:size]
        words[1:size][new], whole[1:size][new] = (told[:-1] & _LOW | told[1:] & _TOP)[new], True
        if int(whole.sum()) == before:
            break
    mask = np.where(whole, _FULL, known.mask)
    return KnownBits(mask=mask, bits=np.where(whole, temper(MT19937, words), known.bits))


def whole_run(known: KnownBits) -> int | None:
    """Return the first of 624 successive outputs that are all wholly known, if there are such.

    >>> whole_run(KnownBits(mask=np.full(700, 2**32 - 1, np.uint32), bits=np.zeros(700, np.uint32)))
    0
    """
    sums = np.concatenate(([0], np.cumsum(known.mask == _FULL)))
    runs = np.flatnonzero(sums[MT19937.n :] - sums[: -MT19937.n] == MT19937.n)
    return int(runs[0]) if runs.size else None
