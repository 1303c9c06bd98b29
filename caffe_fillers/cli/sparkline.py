"""Draw a distribution's density as a line of block characters."""

from __future__ import annotations

import numpy as np

from caffe_fillers.distributions import Distribution

CELLS = 9
_DEVIATIONS = 3
_BLOCKS = " ▁▂▃▄▅▆▇█"


def sparkline(distribution: Distribution) -> str:
    """Draw the share of values in each of nine cells: over the support, or three standard deviations of it.

    >>> from caffe_fillers.distributions import Normal, Uniform
    >>> sparkline(Uniform(-1.0, 1.0)), sparkline(Normal(0.0, 1.0))
    ('█████████', '▁▁▃▆█▆▃▁▁')
    """
    low, high = distribution.range_of_most(_DEVIATIONS)
    if not low < high:
        shares = [float(cell == CELLS // 2) for cell in range(CELLS)]
    else:
        below = distribution.cdf(np.linspace(low, high, CELLS + 1))
        below[0] = 0.0  # the cell has its lower end
        shares = np.diff(below).tolist()
    return "".join(_BLOCKS[_height(share / max(shares))] for share in shares)


def _height(part: float) -> int:
    """Return the height of a cell; any share above 0 is visible."""
    return max(round(part * (len(_BLOCKS) - 1)), 1) if part > 0 else 0
