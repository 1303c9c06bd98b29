"""Choose the path that draws: the compiled loops of `_kernel.c` if they were built, or numpy alone.

Both give the same bytes. numpy's is the reference, and the only one on a machine where no compiler was found
when the package was installed, or where `CAFFE_FILL_PURE` is set in the environment.
"""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from caffe_fillers.rng.reals import Reals

if TYPE_CHECKING:
    from caffe_fillers.rng import _kernel as loops
else:
    try:
        from caffe_fillers.rng import _kernel as loops
    except ImportError:
        loops = None

__all__ = ["ALL", "PURE", "description", "is_built", "is_used", "loops", "ziggurat_tables"]

PURE = "CAFFE_FILL_PURE"
"""The variable of the environment that switches the compiled loops off."""

INTERFACE = 3
"""The number of the loops' arguments as a whole: another one is of another release, and not called."""

is_stale = loops is not None and getattr(loops, "INTERFACE", 1) != INTERFACE
is_built = loops is not None and not is_stale
is_used = is_built and not os.environ.get(PURE)

ALL = 1 << 62
"""More words than any call draws."""


@cache
def ziggurat_tables(code: str) -> Reals:
    """Corners of the layers of both ziggurats in one array, in the order of `Tables` in `_kernel.c`.

    >>> ziggurat_tables("f").size
    2050
    """
    from caffe_fillers.rng.attempts import bucket_tables
    from caffe_fillers.rng.tables import EXPONENTIAL, NORMAL

    scale, limit = bucket_tables(code)
    x, y = NORMAL
    exp_x, exp_y = EXPONENTIAL
    columns = x[:-1], -np.diff(x), y[:-1], np.diff(y), exp_x, -np.diff(exp_x), exp_y, np.diff(exp_y)
    return np.concatenate((scale, limit, *(column.astype(code) for column in columns)))


def description() -> str:
    """Name the path in use, and say why it is not the compiled one.

    >>> description().split(":")[0] in ("compiled loops", "numpy alone")
    True
    """
    if is_used:
        return "compiled loops"
    if is_built:
        return f"numpy alone: {PURE} is set"
    return f"numpy alone: the compiled loops are {'of another release' if is_stale else 'not installed'}"
