"""One tensor: unit values from a place in the Philox sequence, scaled in the tensor's own type."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import singledispatch

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.frameworks.tensorflow.distributions import normal, truncated_normal, uniform
from caffe_fillers.frameworks.tensorflow.dtypes import Dtype
from caffe_fillers.frameworks.tensorflow.philox import Philox
from caffe_fillers.frameworks.tensorflow.plain import (
    Constant,
    Plain,
    RandomNormal,
    RandomUniform,
    Shape,
    TruncatedNormal,
)

Tensor = NDArray[np.generic]


def sample(plain: Plain, shape: Shape, dtype: Dtype, philox: Philox) -> Tensor:
    """A tensor of this shape, C order, drawn from this place on."""
    return _values(plain, philox, math.prod(shape), dtype).reshape(tuple(shape))


def bounds_in_single(plain: Plain) -> Plain:
    """The initializer as Keras passes it on: a uniform's bounds go through float32, even to float64.

    `tf.cast(bound, dtype)` makes a float32 tensor of a Python number before it converts.
    """
    if not isinstance(plain, RandomUniform):
        return plain
    return RandomUniform(float(np.float32(plain.minval)), float(np.float32(plain.maxval)))


def zero_mean_not_added(plain: Plain) -> Plain:
    """The initializer as a graph runs it: its optimizer takes out the addition of a mean of 0.

    So what a float16 is too small for stays a negative zero. Adding negative
    zero leaves every value unchanged.
    """
    if isinstance(plain, RandomNormal | TruncatedNormal) and plain.mean == 0:
        return replace(plain, mean=-0.0)
    return plain


@singledispatch
def _values(plain: Plain, philox: Philox, size: int, dtype: Dtype) -> Tensor:
    raise TypeError(f"{plain!r} is no initializer of TensorFlow's")


@_values.register
def _(plain: Constant, philox: Philox, size: int, dtype: Dtype) -> Tensor:
    return np.full(size, plain.value, dtype.numpy)


@_values.register
def _(plain: RandomUniform, philox: Philox, size: int, dtype: Dtype) -> Tensor:
    low, high = (np.asarray(bound, dtype.numpy) for bound in (plain.minval, plain.maxval))
    return _scaled(uniform(philox, size, dtype), high - low, low)


@_values.register
def _(plain: RandomNormal, philox: Philox, size: int, dtype: Dtype) -> Tensor:
    std, mean = (np.asarray(number, dtype.numpy) for number in (plain.stddev, plain.mean))
    return _scaled(normal(philox, size, dtype), std, mean)


@_values.register
def _(plain: TruncatedNormal, philox: Philox, size: int, dtype: Dtype) -> Tensor:
    std, mean = (np.asarray(number, dtype.numpy) for number in (plain.stddev, plain.mean))
    return _scaled(truncated_normal(philox, size, dtype), std, mean)


def _scaled(unit: Tensor, factor: Tensor, offset: Tensor) -> Tensor:
    """Scale and shift by multiplying and adding, each step rounded to the type, in place."""
    np.multiply(unit, factor, out=unit)
    np.add(unit, offset, out=unit)
    return unit
