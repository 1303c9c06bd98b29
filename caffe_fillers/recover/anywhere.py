"""Recover the seed of successive values, wherever they stand in the stream.

Exact values lead to it in parts of a second, those that lost bits or were moved by linear algebra, in
seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import distributions
from caffe_fillers.recover import chain, leading, ziggurat
from caffe_fillers.recover.found import Hit
from caffe_fillers.recover.intervals import Floats, Interval, known_bits, uniform_interval
from caffe_fillers.recover.linear import KnownBits, is_enough, solve_state
from caffe_fillers.recover.peeling import filled, whole_run
from caffe_fillers.recover.relations import is_contradicted, may_be_drawn
from caffe_fillers.recover.rewind import MOST_WORDS, find_seeding
from caffe_fillers.recover.rounding import Moved, find_treatment, roundings
from caffe_fillers.rng import BOOST, Family, boost_family
from caffe_fillers.rng.twister import MT19937, MT19937_64, Twister, Words, untemper

Progress = Callable[[str], None]
Drawn = tuple[distributions.Uniform, Floats]
Shares = NDArray[np.float64]

_SPARE = 64
"""Values more than enough, for what rounding leaves open."""
_SHORTEST = 850
"""Known bits of 24 from so many outputs are as many as the state has, which is the least."""
_WINDOW_STARTS = (0, 160)
_CORRELATED = 0.9
"""Equal leading bits alone give values a correlation of 0.75 with their outputs."""
_FARTHEST = 12
"""Average gaps of n uniforms by which the largest is never below 1: by chance in one case of 160,000."""
_LINEAR_VALUES = _MOST_OUTPUTS = 20_000
"""Values that linear algebra looks at: of two known bits each they are twice what is needed."""


def recover_exact(
    distribution: distributions.Distribution,
    values: Floats,
    boost: str = BOOST,
    most_words: int = MOST_WORDS,
) -> Hit | None:
    """Recover the seed of values that are unchanged, or have all signs changed; None if they have none.

    Uniforms are needed 1,250 in a row, normals of the ziggurat some 2,400. Of a blob the first, a middle
    and the last values are tried. Takes about 0.1 s for uniforms and 3 s for normals, and 0.05 s for each
    million words before.

    >>> from caffe_fillers.rng import Stream
    >>> stream, distribution = Stream(1701), distributions.Uniform(-0.5, 0.5)
    >>> stream.skip(10**5)
    >>> recover_exact(distribution, distribution.draw(1300, stream))
    Hit(seed=1701, position=100000, value=0, treatment='', generator='mt19937', maker='Caffe')
    """
    flat = values.ravel()
    for sign, treatment in ((1, ""), (-1, "negated")):
        if not np.isfinite(distribution.std) or distribution.std <= 0:
            return None
        for begin, part in _windows(distribution, flat):
            found = _of_window(distribution, np.float32(sign) * part, boost, most_words)
            if found is not None:
                return replace(found, value=found.value + begin, treatment=treatment)
    return None


def recover_run(parts: Sequence[Drawn], most_words: int = MOST_WORDS) -> Hit | None:
    """Recover the seed of uniforms that were drawn one right after another, of several distributions.

    Some 1,250 are needed, and no more are looked at. The hit is that of the first value.
    """
    intervals, size = [], 0
    for distribution, values in parts:
        part = values.ravel()[: chain.VALUES + _SPARE - size]
        interval = uniform_interval(distribution, part, part) if np.isfinite(part).all() else None
        if interval is None:
            return None
        intervals.append(interval)
        size += part.size
        if size == chain.VALUES + _SPARE:
            break
    if size < chain.VALUES:
        return None
    least, most = (np.concatenate([getattr(each, end) for each in intervals]) for end in ("least", "most"))
    candidates = chain.of_interval(Interval(least=least, most=most))
    known = None if candidates is None else chain.known_by_recurrence(candidates)
    return None if known is None else _of_known(MT19937, known, most_words)


def recover_signed(
    distribution: distributions.Distribution, values: Floats, most_words: int = MOST_WORDS
) -> Hit | None:
    """Recover the seed of 20,237 uniforms or more, most of which still lie in the right half of the range.

    Or of most of which it is wrong, as of negated ones. So they may be rounded, scaled or trained a little.
    Of normals, which are taken for those of Boost up to 1.55, it takes twice as many.
    Takes 0.1 to 2 s; some milliseconds where there is no seed.
    """
    stride = 2 if isinstance(distribution, distributions.Normal) else 1
    share = _angles(distribution, values) if stride == 2 else _share(distribution, values)
    if share is None or share.size < leading.VALUES:
        return None
    margin = np.minimum(np.abs(share - 0.5), np.minimum(share, 1 - share) if stride == 2 else np.inf)
    for right in (share >= 0.5, share < 0.5):
        outputs = leading.outputs_of_leading_bits(right.astype(np.uint8), margin, stride)
        if outputs is None:
            continue
        if not _follow(share[outputs[0] :], outputs[1][::stride], is_angle=stride == 2):
            continue
        seeding = find_seeding(MT19937, untemper(MT19937, outputs[1]), most_words)
        if seeding is not None:
            hit = Hit(seeding.seed, seeding.position, stride * outputs[0])
            return replace(hit, treatment=find_treatment(distribution, values.ravel(), hit))
    return None


def _follow(share: Shares, outputs: Words, is_angle: bool) -> bool:
    """Return whether values agree with outputs beyond the leading bits, so that none was skipped."""
    share, drawn = share[: outputs.size], outputs * 2.0**-MT19937.w
    if is_angle:
        return float(np.abs(np.exp(2j * np.pi * (share - drawn)).mean())) > _CORRELATED
    return abs(float(np.corrcoef(share, drawn)[0, 1])) > _CORRELATED


def _angles(distribution: distributions.Distribution, values: Floats) -> Shares | None:
    """Compute the angles of pairs of normals, in turns: uniforms, each second output, up to Boost 1.55."""
    flat = values.ravel()[: values.size // 2 * 2].astype(np.float64) - distribution.mean
    if flat.size < 2 * leading.VALUES or not np.isfinite(flat).all():
        return None
    share: Shares = np.arctan2(flat[1::2], flat[0::2]) / (2 * np.pi) % 1
    return share if may_be_drawn(distributions.Uniform(0.0, 1.0), share) else None


def recover_moved(
    distribution: distributions.Distribution,
    values: Floats,
    *,
    most_words: int = MOST_WORDS,
    progress: Progress = lambda text: None,
) -> Hit | None:
    """Recover the seed of uniforms that were rounded, or moved a little, as by some steps of training.

    What was done is read off the values where they show it; else movements are tried, up to some hundredths
    of the bound. Takes 3 to 30 s where there is a seed, some milliseconds where there is none.
    """
    if not isinstance(distribution, distributions.Uniform) or _share(distribution, values, 2) is None:
        return None
    for moved in roundings(distribution, values.ravel()[:_LINEAR_VALUES]):
        interval = _moved_interval(distribution, moved)
        known = None if interval is None else known_bits(interval)
        if known is None or not is_enough(MT19937, known) or is_contradicted(known):
            continue
        progress(moved.name)
        found = _of_known(MT19937, known, most_words)
        if found is not None:
            return replace(found, treatment=moved.name)
    return None


def _share(distribution: distributions.Distribution, values: Floats, fewest_bits: int = 1) -> Shares | None:
    """Scale uniforms to 0 to 1; None if mt19937 did not draw them, by so many leading bits or more."""
    flat = values.ravel()
    if (
        not isinstance(distribution, distributions.Uniform)
        or flat.size < _SHORTEST
        or not np.isfinite(flat).all()
    ):
        return None
    if not may_be_drawn(distribution, flat, fewest_bits):
        return None
    share: Shares = (flat.astype(np.float64) - distribution.low) / (distribution.high - distribution.low)
    return share


def recover_rows(
    distribution: distributions.Distribution, values: Floats, most_words: int = MOST_WORDS
) -> Hit | None:
    """Recover the seed of uniforms whose rows were divided by their sums, and changed a little since.

    The largest of n is 1 - 1/n or so. That tells the sum well enough to know in which half each of them lies;
    of few values, between which bounds.
    """
    if not isinstance(distribution, distributions.UnitSum):
        return None
    rows = values.reshape(-1, distribution.row).astype(np.float64)
    if not np.isfinite(rows).all() or not (rows > 0).any(axis=1).all():
        return None
    unit, share = distributions.Uniform(0.0, 1.0), rows / rows.max(axis=1, keepdims=True)
    found = recover_signed(unit, share * (1 - 1 / distribution.row), most_words)
    if found is not None:
        return replace(found, treatment="")
    most = share.ravel()[:_LINEAR_VALUES]
    interval = uniform_interval(unit, most * max(1 - _FARTHEST / distribution.row, 0.0), most)
    known = None if interval is None else known_bits(interval)
    if known is None or not is_enough(MT19937, known) or is_contradicted(known):
        return None
    return _of_known(MT19937, known, most_words)


def recover_torch(bound: float, values: Floats, most_words: int = MOST_WORDS) -> Hit | None:
    """Recover the seed of `torch.manual_seed` that gave a tensor uniform values up to `bound` on a CPU.

    Of each output the low 24 bits are the value (aten/src/ATen/core/TransformationHelper.h, `uniform_real`);
    its product and sum are rounded once, as a processor fuses them, or each by itself.
    """
    flat = np.float32(values.ravel()[: chain.VALUES + _SPARE])
    if flat.size < chain.VALUES or not np.isfinite(flat).all():
        return None
    low, width = np.float32(-bound), np.float32(bound) - np.float32(-bound)
    middle = np.rint((flat.astype(np.float64) + bound) / (2 * bound) * 2**24).astype(np.int64)
    near = np.clip(middle[:, None] + np.arange(-2, 3), 0, 2**24 - 1)
    unit = near.astype(np.float32) * np.float32(2.0**-24)
    fused = (unit.astype(np.float64) * float(width) + float(low)).astype(np.float32)
    fits = (unit * width + low == flat[:, None]) | (fused == flat[:, None])
    if not fits.any(axis=1).all():
        return None
    least = np.where(fits, near, 2**24).min(axis=1).astype(np.uint32)
    most = np.where(fits, near, -1).max(axis=1).astype(np.uint32)
    known = known_bits(Interval(least=least, most=most))
    known = KnownBits(mask=known.mask & np.uint32(2**24 - 1), bits=known.bits & np.uint32(2**24 - 1))
    begins = np.minimum(least[:, None] + np.arange(3, dtype=np.uint32), most[:, None])

    def holds(places: chain.Places, words: Words) -> chain.Held:
        part = Interval(least=least[places, None], most=most[places, None])
        return part.holds(words & np.uint32(2**24 - 1))

    found = chain.known_by_recurrence(
        chain.Candidates(begins=begins, hidden=range(24, 32), holds=holds, known=known)
    )
    result = None if found is None else _of_known(MT19937, found, most_words)
    return None if result is None else replace(result, maker="PyTorch")


def recover_64(
    distribution: distributions.Distribution, values: Floats, most_words: int = MOST_WORDS >> 2
) -> Hit | None:
    """Recover the seed of uniforms that mt19937_64 drew; some 23 of 64 bits of each output are known."""
    flat = values.ravel()[:2000]
    if not isinstance(distribution, distributions.Uniform) or flat.size < _SHORTEST:
        return None
    interval = uniform_interval(distribution, flat, flat, MT19937_64)
    known = None if interval is None else known_bits(interval)
    if known is None or not is_enough(MT19937_64, known):
        return None
    found = _of_known(MT19937_64, known, most_words)
    return None if found is None else replace(found, generator=MT19937_64.name)


def _windows(distribution: distributions.Distribution, flat: Floats) -> Iterator[tuple[int, Floats]]:
    """Yield the first and the last values, as many as are needed; of uniforms the middle ones too."""
    normal = isinstance(distribution, distributions.Normal)
    size = 3000 if normal else chain.VALUES + _SPARE
    last = max(flat.size - size, 0)
    for begin in dict.fromkeys((0, last) if normal else (0, last // 2, last)):
        yield begin, flat[begin : begin + size]


def _of_window(
    distribution: distributions.Distribution, part: Floats, boost: str, most_words: int
) -> Hit | None:
    if not np.isfinite(part).all():
        return None
    if isinstance(distribution, distributions.Uniform):
        return recover_run([(distribution, part)], most_words)
    if boost_family(boost) is Family.BOX_MULLER:
        return None
    if isinstance(distribution, distributions.Normal) and part.size >= ziggurat.VALUES:
        votes = ziggurat.known_by_votes(distribution, part)
        if votes is not None:
            found = _of_known(MT19937, votes[1], most_words)
            return None if found is None else replace(found, value=votes[0])
    return None


def _of_known(twister: Twister, known: KnownBits, most_words: int) -> Hit | None:
    """Recover the seed of outputs that are known in part, from the first ones or from later ones."""
    full = twister.dtype.type((1 << twister.w) - 1)
    starts: tuple[int, ...] = (0,)
    if twister == MT19937 and (known.mask == full).any():
        known = filled(known)
        run = whole_run(known)
        starts = _WINDOW_STARTS if run is None else (run,)
    for begin in starts:
        part = known.part(begin, min(known.mask.size, begin + _MOST_OUTPUTS))
        state = solve_state(twister, part) if part.mask.size > twister.n else None
        if state is not None:
            seeding = find_seeding(twister, state, most_words)
            return None if seeding is None else Hit(seeding.seed, seeding.position - begin)
    return None


def _moved_interval(distribution: distributions.Uniform, moved: Moved) -> Interval | None:
    low, high = (np.float32(bound) for bound in distribution.support)
    return uniform_interval(distribution, np.clip(moved.least, low, high), np.clip(moved.most, low, high))
