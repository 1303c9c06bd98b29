"""The C library's log, exp, sin and cos, of float32 and float64: within an ulp, not correctly rounded.

Boost, TensorFlow and MXNet call the C library, whose last bit is part of
their streams.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.libm import double, single

Reals: TypeAlias = NDArray[np.floating[Any]]


def log(x: Reals) -> Reals:
    """Natural logarithm of positive normal numbers.

    >>> log(np.array([1.0, 0.5], np.float32)).tolist()
    [0.0, -0.6931471824645996]
    """
    return single.log(_singles(x)) if x.dtype == np.float32 else double.log(_doubles(x))


def exp(x: Reals) -> Reals:
    """Exponential of numbers whose exponential is a normal number.

    For float64 it is the C library's own, called for each value: only the
    tails of float64 normals need it.

    >>> exp(np.array([0.0, -1.0], np.float32)).tolist()
    [1.0, 0.3678794503211975]
    """
    if x.dtype == np.float32:
        return single.exp(_singles(x))
    return np.fromiter(map(math.exp, x.tolist()), np.float64, x.size)


def sincos(x: Reals) -> tuple[Reals, Reals]:
    """Sine and cosine of numbers from 0 to 100.

    >>> [part.tolist() for part in sincos(np.array([0.5, 3.0], np.float32))]
    [[0.4794255495071411, 0.14112000167369843], [0.8775825500488281, -0.9899924993515015]]
    """
    if x.dtype == np.float32:
        return single.sin(_singles(x)), single.cos(_singles(x))
    return double.sincos(_doubles(x))


def _singles(x: Reals) -> NDArray[np.float32]:
    return x.astype(np.float32, copy=False)


def _doubles(x: Reals) -> NDArray[np.float64]:
    return x.astype(np.float64, copy=False)
