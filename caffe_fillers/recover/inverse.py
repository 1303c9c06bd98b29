"""Inverses of the distributions: the words of the stream that can have made a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import distributions
from caffe_fillers.recover import box_muller
from caffe_fillers.recover.intervals import is_halved
from caffe_fillers.recover.scaled import Times, divided, multiplied, unscaled
from caffe_fillers.rng import BOOST, Family, boost_family
from caffe_fillers.rng.attempts import bucket_tables

Words = NDArray[np.uint32]
Floats = NDArray[np.float32]

_WIDE = 4096
"""More candidates than rounding ever hides; a value with more says nothing of its word."""
_WIDE_NORMAL = 2048
"""The same of normals, whose candidates a pair of values multiplies: 2**22 pairs take some seconds."""


def value_of(distribution: distributions.Distribution, words: Words) -> Floats:
    """Compute the value that each word alone makes: a uniform, or a normal whose first attempt is fast.

    >>> value_of(distributions.Uniform(0.0, 1.0), np.array([2**30], np.uint32)).tolist()
    [0.2500000298023224]
    """
    return _FORWARD[type(distribution)](distribution, words)


def candidates(distribution: distributions.Distribution, value: np.float32) -> Words:
    """Return all words whose `value_of` is exactly this; none for a distribution without an inverse.

    >>> words = candidates(distributions.Uniform(0.0, 1.0), np.float32(0.25))
    >>> int(words[0]), words.size
    (1073741664, 128)
    """
    low, high = distribution.support
    if type(distribution) not in _BACKWARD or not np.isfinite(value) or not low <= value <= high:
        return np.empty(0, np.uint32)
    return _BACKWARD[type(distribution)](distribution, value)


def on_grid(distribution: distributions.Distribution, values: Floats) -> NDArray[np.bool_]:
    """Return which of these numbers some word makes; slow normals of the tail are not counted.

    >>> distribution = distributions.Uniform(-0.5, 0.5)
    >>> value = value_of(distribution, np.array([2**31 + 2**20 + 1], np.uint32))
    >>> on_grid(distribution, value + np.float32([0, 2**-32])).tolist()
    [True, False]
    """
    return _GRID[type(distribution)](distribution, values)


class Neighbors(NamedTuple):
    """Candidates for two successive words, and the first one's place in the blob."""

    place: int
    words: Words
    behind: Words


def neighbors(
    distribution: distributions.Distribution, values: Floats, boost: str = BOOST
) -> Iterator[Neighbors]:
    """Yield the neighbors that values determine, if no normal among them was slow.

    >>> [pair.place for pair in neighbors(distributions.Uniform(0.0, 1.0), np.float32([0.1, 0.2, 0.3]))]
    [0, 1]
    """
    drawn = unscaled(distribution)
    if isinstance(drawn, distributions.Normal) and boost_family(boost) is Family.BOX_MULLER:
        pairs = (
            range(0, values.size - 1, 2) if distribution is drawn else ()
        )  # none is run backwards through a factor
        for place in pairs:
            words, behind = box_muller.words_of_pair(drawn, values[place], values[place + 1])
            yield Neighbors(place, words, behind)
        return
    for place, (words, behind) in enumerate(pairwise(candidates(distribution, value) for value in values)):
        yield Neighbors(place, words, behind)


def _uniform(distribution: distributions.Distribution, words: Words) -> Floats:
    assert isinstance(distribution, distributions.Uniform)
    low, high = np.float32(distribution.low), np.float32(distribution.high)
    values: Floats = words.astype(np.float32)
    values *= np.float32(2.0**-32)
    values *= np.nextafter(high, np.float32(np.inf)) - low
    values += low
    return values


def _normal(distribution: distributions.Distribution, words: Words) -> Floats:
    """Compute normals of words; a word whose attempt would be slow gives nan."""
    assert isinstance(distribution, distributions.Normal)
    scale, limit = bucket_tables("f")
    bucket = (words & np.uint32(0xFF)).astype(np.intp)
    values: Floats = (words >> np.uint32(8)).astype(np.float32)
    values *= scale[bucket]
    values[np.abs(values) >= limit[bucket]] = np.nan
    values *= np.float32(distribution.std)
    values += np.float32(distribution.mean)
    return values


def _uniform_candidates(distribution: distributions.Distribution, value: np.float32) -> Words:
    """Return the words around the quotient, as far as rounding can have moved them."""
    assert isinstance(distribution, distributions.Uniform)
    if not distribution.high > distribution.low or is_halved(distribution):
        return np.empty(0, np.uint32)
    width = float(
        np.nextafter(np.float32(distribution.high), np.float32(np.inf)) - np.float32(distribution.low)
    )
    middle = (float(value) - distribution.low) / width * 2**32
    reach = 2**9 + int(
        2.0**32 * abs(np.spacing(np.float32(max(abs(distribution.low), abs(distribution.high))))) / width
    )
    if reach > _WIDE:
        return np.empty(0, np.uint32)
    first, last = max(0, int(middle) - reach), min(2**32, int(middle) + reach)
    words = np.arange(first, last, dtype=np.int64).astype(np.uint32)
    fitting: Words = words[_uniform(distribution, words) == value]
    return fitting


def _uniform_grid(distribution: distributions.Distribution, values: Floats) -> NDArray[np.bool_]:
    """Return which numbers a float32 around the quotient makes; words are rounded to float32 first."""
    assert isinstance(distribution, distributions.Uniform)
    if is_halved(distribution):
        return np.zeros(values.shape, np.bool_)
    low, high = np.float32(distribution.low), np.float32(distribution.high)
    factor = (np.nextafter(high, np.float32(np.inf)) - low) * np.float32(2.0**-32)
    middle = ((values.astype(np.float64) - low) / factor).astype(np.float32)
    below, above = np.float32(-np.inf), np.float32(np.inf)
    made = np.zeros(values.shape, np.bool_)
    for word in (middle, np.nextafter(middle, below), np.nextafter(middle, above)):
        np.logical_or(made, (word >= 0) & (word * factor + low == values), out=made)
    return made


def _normal_grid(distribution: distributions.Distribution, values: Floats) -> NDArray[np.bool_]:
    """Return which numbers a mantissa next to the quotient makes, in any of the 128 layers."""
    assert isinstance(distribution, distributions.Normal)
    mean, std = np.float32(distribution.mean), np.float32(distribution.std)
    scale = np.abs(bucket_tables("f")[0][1::2])
    standard = (values.astype(np.float64) - distribution.mean) / distribution.std
    near = np.rint(np.abs(standard)[..., None] / scale.astype(np.float64))
    made = np.zeros(near.shape, np.bool_)
    for step in (-1, 0, 1):
        size = (near + step).astype(np.float32) * scale
        signed = np.copysign(size, standard[..., None].astype(np.float32))
        np.logical_or(made, (near + step < 1 << 24) & (signed * std + mean == values[..., None]), out=made)
    grid: NDArray[np.bool_] = np.logical_or.reduce(made, axis=-1)
    return grid


def _scaled(distribution: distributions.Distribution, words: Words) -> Floats:
    assert isinstance(distribution, Times)
    return multiplied(value_of(distribution.distribution, words), distribution.factor)


def _scaled_candidates(distribution: distributions.Distribution, value: np.float32) -> Words:
    """Return the words of each number that becomes this value by the factor."""
    assert isinstance(distribution, Times)
    numbers = [number[0] for number, right in divided(value, np.array([distribution.factor])) if right[0]]
    return np.concatenate(
        [np.empty(0, np.uint32), *(candidates(distribution.distribution, each) for each in numbers)]
    )


def _normal_candidates(distribution: distributions.Distribution, value: np.float32) -> Words:
    """Return words with the mantissas next to the quotient in each layer; the lowest bit is the sign.

    The product with std and the sum with the mean are rounded, each to half a unit of its last place; a mean
    that is large against std so hides the last bits of the mantissa.
    """
    assert isinstance(distribution, distributions.Normal)
    standard = (float(value) - distribution.mean) / distribution.std
    scale = np.abs(bucket_tables("f")[0].astype(np.float64))
    hidden = max(abs(float(np.spacing(np.float32(each)))) for each in (value, value - distribution.mean))
    reach = 3 + int(hidden / distribution.std / scale.min())
    if reach > _WIDE_NORMAL:
        return np.empty(0, np.uint32)
    size = standard * np.sign(bucket_tables("f")[0]) / scale
    near = np.rint(size).astype(np.int64)[:, None] + np.arange(-reach, reach + 1)
    inside = (near >= 0) & (near < 1 << 24)
    words = (near << 8 | np.arange(256)[:, None])[inside].astype(np.uint32)
    fitting: Words = words[_normal(distribution, words) == value]
    return fitting if fitting.size <= _WIDE_NORMAL else np.empty(0, np.uint32)


_FORWARD: dict[type, Callable[[distributions.Distribution, Words], Floats]] = {
    distributions.Uniform: _uniform,
    distributions.Normal: _normal,
    Times: _scaled,
}
_BACKWARD: dict[type, Callable[[distributions.Distribution, np.float32], Words]] = {
    distributions.Uniform: _uniform_candidates,
    distributions.Normal: _normal_candidates,
    Times: _scaled_candidates,
}
_GRID: dict[type, Callable[[distributions.Distribution, Floats], NDArray[np.bool_]]] = {
    distributions.Uniform: _uniform_grid,
    distributions.Normal: _normal_grid,
}
