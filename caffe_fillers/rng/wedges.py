"""Wedges of the normal ziggurat: is a point between two layers' corners below the density?"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from caffe_fillers import libm
from caffe_fillers.rng.pieces import Places
from caffe_fillers.rng.reals import Dtype, Reals
from caffe_fillers.rng.tables import NORMAL


class _Corners(NamedTuple):
    """By layer, each rounded once from the double table as Boost's casts do."""

    x: Reals
    width: Reals
    y: Reals
    rise: Reals


@cache
def _corners(name: str) -> _Corners:
    x, y = NORMAL
    return _Corners(*(column.astype(name) for column in (x[:-1], x[:-1] - x[1:], y[:-1], y[1:] - y[:-1])))


def below_curve(x: Reals, uniforms: Reals, layer: Places, dtype: Dtype) -> NDArray[np.bool_]:
    """Boost 1.56 to 1.63: by the density alone."""
    corners = _corners(dtype.__name__)
    return corners.y[layer] + uniforms * corners.rise[layer] < _density(x)


def between_bounds(x: Reals, uniforms: Reals, layer: Places, dtype: Dtype) -> NDArray[np.bool_]:
    """Boost from 1.64: chord and tangent decide first, the density only between them.

    Layers with a corner at x >= 1 lie where the density is convex, the others
    where it is concave, and there chord and tangent change their parts.
    """
    corners = _corners(dtype.__name__)
    corner_x, corner_y = corners.x[layer], corners.y[layer]
    height = corner_y + uniforms * corners.rise[layer]
    left = corner_x - x
    above_chord = corners.width[layer] * uniforms - left
    above_tangent = height - (corner_y + left * corner_y * corner_x)
    convex = NORMAL.x[layer] >= 1
    above_upper = np.where(convex, above_chord, above_tangent)
    above_lower = np.where(convex, above_tangent, above_chord)
    accepted = above_upper < 0
    between = np.flatnonzero(accepted & (above_lower >= 0))
    accepted[between] = height[between] < _density(x[between])
    return accepted


def _density(x: Reals) -> Reals:
    return libm.exp(-(x * x / x.dtype.type(2)))
