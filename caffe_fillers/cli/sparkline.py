"""A law's density as a line of block characters, from the law alone."""

from __future__ import annotations

from functools import singledispatch
from itertools import pairwise
from statistics import NormalDist

import numpy as np

from caffe_fillers import laws

CELLS = 9
_BLOCKS = " ▁▂▃▄▅▆▇█"


def sparkline(law: laws.Law) -> str:
    """The share of values in each of nine cells: over the support, of a normal over three deviations.

    >>> sparkline(laws.Uniform(-1.0, 1.0)), sparkline(laws.Normal(0.0, 1.0))
    ('█████████', '▁▁▃▆█▆▃▁▁')
    """
    shares = _shares(law)
    return "".join(_BLOCKS[_height(share / max(shares))] for share in shares) if any(shares) else ""


def _height(part: float) -> int:
    """What is there at all is seen."""
    return max(round(part * (len(_BLOCKS) - 1)), 1) if part > 0 else 0


@singledispatch
def _shares(law: object) -> list[float]:
    """Of a law that nothing is known of: none."""
    return []


@_shares.register
def _uniform(law: laws.Uniform) -> list[float]:
    return [1 / CELLS] * CELLS


@_shares.register
def _normal(law: laws.Normal) -> list[float]:
    edges = [NormalDist().cdf(-3 + 6 * index / CELLS) for index in range(CELLS + 1)]
    return [high - low for low, high in pairwise(edges)]


@_shares.register
def _sparse(law: laws.SparseNormal) -> list[float]:
    shares = [law.keep * share for share in _normal(law.normal)]
    shares[CELLS // 2] += 1 - law.keep
    return shares


@_shares.register
def _constant(law: laws.Constant) -> list[float]:
    return [float(index == CELLS // 2) for index in range(CELLS)]


@_shares.register
def _exact(law: laws.Exact) -> list[float]:
    counts, _ = np.histogram(law.block, CELLS)
    return [float(count) for count in counts]


@_shares.register
def _unit_sum(law: laws.UnitSum) -> list[float]:
    """To first order a uniform from 0 to twice the mean."""
    return [1 / CELLS] * CELLS
