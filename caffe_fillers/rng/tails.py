"""Beyond the lowest layer of the normal ziggurat: one value in some 1,700."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import libm
from caffe_fillers.rng.pieces import Places, int_float_pairs, unit_uniforms
from caffe_fillers.rng.reals import Dtype, Reals
from caffe_fillers.rng.tables import EXPONENTIAL, NORMAL
from caffe_fillers.rng.twister import Words

Exponentials: TypeAlias = Callable[[Words, Places, Dtype], tuple[Reals, Places]]


def tails(words: Words, place: Places, dtype: Dtype, exponentials: Exponentials) -> tuple[Reals, Places]:
    """Normals beyond the tail's start, from the words at `place` on, and the places behind them.

    Marsaglia's rejection from an exponential, with the logarithm taken on both
    sides (`generate_tail`, boost/random/normal_distribution.hpp).
    """
    start = dtype(NORMAL.x[1])
    values, behind = np.empty(place.size, dtype), place.copy()
    pending = np.arange(place.size)
    while pending.size:
        first, after = exponentials(words, behind[pending], dtype)
        second, after = exponentials(words, after, dtype)
        first /= start
        values[pending], behind[pending] = first + start, after
        pending = pending[(dtype(2) * second <= first * first) & (after <= words.size)]
    return values, behind


def logarithm_exponentials(words: Words, place: Places, dtype: Dtype) -> tuple[Reals, Places]:
    """Boost 1.56 to 1.63: -log(1 - u)."""
    uniforms, behind = unit_uniforms(words, place, dtype)
    return -libm.log(dtype(1) - uniforms), behind


def ziggurat_exponentials(words: Words, place: Places, dtype: Dtype) -> tuple[Reals, Places]:
    """Boost from 1.64: `unit_exponential_distribution`, a ziggurat of 256 layers.

    An exponential's tail looks like the whole, moved by the tail's start
    (boost/random/exponential_distribution.hpp, boost-1.74.0).
    """
    corner = EXPONENTIAL.x.astype(dtype)
    values, shift, behind = np.zeros(place.size, dtype), np.zeros(place.size, dtype), place.copy()
    pending = np.arange(place.size)
    while pending.size:
        mantissa, bucket, after = int_float_pairs(words, behind[pending], dtype)
        layer = bucket.astype(np.intp)
        x = mantissa * dtype(2.0**-24) * corner[layer]
        done = x < corner[layer + 1]
        shift[pending[~done & (layer == 0)]] += corner[1]
        wedge = np.flatnonzero(~done & (layer > 0))
        if wedge.size:
            uniforms, after[wedge] = unit_uniforms(words, after[wedge], dtype)
            done[wedge] = _under_exponential(x[wedge], uniforms, layer[wedge], dtype)
        values[pending], behind[pending] = x, after
        pending = pending[~done & (after <= words.size)]
    return shift + values, behind


def _under_exponential(x: Reals, uniforms: Reals, layer: Places, dtype: Dtype) -> NDArray[np.bool_]:
    """Whether a wedge's point lies below the density: chord and tangent decide first."""
    right, left = (EXPONENTIAL.x[layer + side].astype(dtype) for side in (0, 1))
    width = (EXPONENTIAL.x[layer] - EXPONENTIAL.x[layer + 1]).astype(dtype)
    low, top = (EXPONENTIAL.y[layer + side].astype(dtype) for side in (0, 1))
    height = low + uniforms * (EXPONENTIAL.y[layer + 1] - EXPONENTIAL.y[layer]).astype(dtype)
    below_chord = width * uniforms - (right - x) < 0
    below_tangent = height - (top + (left - x) * top) < 0
    return below_chord & (below_tangent | (height < libm.exp(-x)))
