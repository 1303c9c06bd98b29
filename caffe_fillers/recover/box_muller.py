"""Words that a pair of normals was made of in Boost up to 1.55, by Box and Muller's method."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import distributions, libm

Words = NDArray[np.uint32]
Floats = NDArray[np.float32]

_AROUND = 1 << 11
"""Words that rounding may lie off: eight steps of a float from a half to one."""
_STEPS = 8


def words_of_pair(
    distribution: distributions.Normal, cosine: np.float32, sine: np.float32
) -> tuple[Words, Words]:
    """Return the candidates for the word of the angle and for that of the radius of two values.

    >>> from caffe_fillers.rng import Stream
    >>> distribution, stream = distributions.Normal(0.0, 0.01), Stream(7, "1.54")
    >>> words = stream.peek(2)
    >>> angles, radii = words_of_pair(distribution, *distribution.sample((2,), stream))
    >>> words[0] in angles, words[1] in radii
    (True, True)
    """
    if not (np.isfinite(cosine) and np.isfinite(sine)):
        return np.empty(0, np.uint32), np.empty(0, np.uint32)
    x, y = ((float(value) - distribution.mean) / distribution.std for value in (cosine, sine))
    angles = _around(math.atan2(y, x) / (2 * math.pi) % 1 * 2**32, _AROUND)
    steps = np.rint(math.exp(-(x * x + y * y) / 2) * 2**24) + np.arange(-_STEPS, _STEPS + 1)
    radii = np.concatenate(
        [_around(2**32 - step * 256, 256) for step in steps if 0 < step <= 2**24] or [angles[:0]]
    )
    angle, angle_of = np.unique(_unit(angles), return_inverse=True)
    rest, rest_of = np.unique(np.float32(1) - _unit(radii), return_inverse=True)
    row, column = np.nonzero(_fits(distribution, angle, rest, cosine, sine))
    return angles[np.isin(angle_of, row)], np.unique(radii[np.isin(rest_of, column)])


def _fits(
    distribution: distributions.Normal, angle: Floats, rest: Floats, cosine: np.float32, sine: np.float32
) -> NDArray[np.bool_]:
    """Return which angles (in turns) and remainders 1 - u give both values by `rng.box_muller`."""
    turned = np.float32(2) * np.float32(math.pi) * angle
    sines, cosines = libm.sincos(turned)
    rho = np.sqrt(np.float32(-2) * libm.log(rest))
    mean, std = np.float32(distribution.mean), np.float32(distribution.std)
    along = np.multiply.outer(cosines, rho) * std + mean
    across = np.multiply.outer(sines, rho) * std + mean
    fits: NDArray[np.bool_] = (along == cosine) & (across == sine)
    return fits


def _around(word: float, reach: int) -> Words:
    first, last = max(0, int(word) - reach), min(2**32, int(word) + reach + 1)
    return np.arange(first, last, dtype=np.int64).astype(np.uint32)


def _unit(words: Words) -> Floats:
    """Compute `uniform_01` of words; those that give 1 are drawn again."""
    unit: Floats = words.astype(np.float32) * np.float32(2.0**-32)
    return unit
