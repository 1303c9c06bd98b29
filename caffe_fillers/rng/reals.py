"""The two C++ types that Caffe draws: float and double."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.errors import UsageError

Dtype: TypeAlias = type[np.floating[Any]]
Reals: TypeAlias = NDArray[np.floating[Any]]

BLOCK = 1 << 16
"""Values that are worked on at a time: few enough for a processor's second-level cache."""


def new_or_given(size: int, dtype: Dtype, out: Reals | None) -> Reals:
    """An array for `size` values, `out` where it is given and fits.

    >>> new_or_given(3, np.float32, None).shape
    (3,)
    """
    if dtype not in (np.float32, np.float64):
        raise UsageError(f"Caffe draws float32 and float64, not {np.dtype(dtype).name}")
    if out is None:
        return np.empty(size, dtype)
    if out.shape != (size,) or out.dtype != dtype or not (out.flags.writeable and out.flags.c_contiguous):
        raise UsageError(f"out must be a writeable, contiguous array of {size} {np.dtype(dtype).name}")
    return out
