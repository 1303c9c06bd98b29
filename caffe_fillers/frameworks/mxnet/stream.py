"""MXNet's stream of random values on the CPU, as after `mx.random.seed(seed)`.

Sources: include/mxnet/random_generator.h, src/operator/random/sampler.h and
sample_op.h, src/resource.cc (Apache MXNet 1.9.1); the distributions are
those of libstdc++ (bits/random.h and bits/random.tcc), made anew for each
value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from caffe_fillers import libm
from caffe_fillers.errors import InitializerError, UnknownNameError
from caffe_fillers.frameworks.mxnet.lanes import Counts, Lanes, Words, ragged, starts
from caffe_fillers.frameworks.mxnet.text import float32_parameter

Shape: TypeAlias = Sequence[int]
Array: TypeAlias = NDArray[np.floating]

_LANES = 1024
_VALUES_PER_LANE = 64
"""A lane is used only once the ones before it have this many values to give."""

_PAIRS_PER_LANE = 256
"""How many pairs a lane draws at a time, so that the arrays stay small."""

_SEED_FACTOR = 127
_WORD = 2.0**32


@dataclass(frozen=True)
class _Type:
    """A type, the one its values are computed in, and how many words a uniform value takes."""

    compute: type[np.floating]
    words: int


_TYPES = {
    "float16": _Type(np.float64, 2),
    "float32": _Type(np.float32, 1),
    "float64": _Type(np.float64, 2),
}


class RandomState:
    """The CPU's generator after `mx.random.seed(seed)`; each draw goes on where the last one stopped.

    1024 generators, the i-th seeded with 127 * seed + i, share a draw in
    equal pieces, so the number of threads does not matter. Arrays of
    `mxnet.numpy` come from another generator, and GPUs from a third kind;
    neither is here.

    >>> state = RandomState(1)
    >>> state.uniform(0.0, 1.0, (3,)).tolist()
    [0.5238333344459534, 0.05501367151737213, 0.03996296972036362]
    """

    def __init__(self, seed: int) -> None:
        first = seed * _SEED_FACTOR % 2**32
        self._lanes = Lanes((np.arange(_LANES, dtype=np.uint64) + np.uint64(first)).astype(np.uint32))

    def uniform(self, low: float, high: float, shape: Shape, dtype: DTypeLike = "float32") -> Array:
        """`mx.random.uniform(low, high, shape, dtype)`; the bounds reach MXNet as float32.

        Errors: `InitializerError` where low is above high.
        """
        bottom, top = float32_parameter(low), float32_parameter(high)
        if not top >= bottom:
            raise InitializerError(f"a uniform distribution from {low} to {high}: low must not be above high")
        name, exact = _type(dtype)
        counts = _shares(math.prod(shape))
        units = _uniform(self._lanes.take(counts * exact.words), exact)
        return _rounded(units * (top - bottom) + bottom, name).reshape(shape)

    def normal(self, loc: float, scale: float, shape: Shape, dtype: DTypeLike = "float32") -> Array:
        """`mx.random.normal(loc, scale, shape, dtype)`; both numbers reach MXNet as float32.

        Errors: `InitializerError` where scale is not positive.
        """
        mean, std = float32_parameter(loc), float32_parameter(scale)
        if not std > 0:
            raise InitializerError(
                f"a normal distribution of standard deviation {scale}: it must be positive"
            )
        name, exact = _type(dtype)
        units = self._unit_normal(_shares(math.prod(shape)), exact)
        return _rounded(units * std + mean, name).reshape(shape)

    def _unit_normal(self, counts: Counts, exact: _Type) -> Array:
        """Marsaglia's polar method, one value of each pair; a lane draws again what it is still short of."""
        result = np.empty(int(counts.sum()), exact.compute)
        place, missing = starts(counts), counts.copy()
        while missing.any():
            pairs = np.minimum(missing, _PAIRS_PER_LANE)
            points = _uniform(self._lanes.take(pairs * 2 * exact.words), exact).reshape(-1, 2)
            x, y = (2 * points - 1).T
            square = x * x + y * y
            inside = (square <= 1) & (square != 0)
            lane = np.repeat(np.arange(len(counts)), pairs)[inside]
            accepted = np.bincount(lane, minlength=len(counts))
            result[ragged(place, accepted)] = _polar(y[inside], square[inside])
            place += accepted
            missing -= accepted
        return result


def _polar(y: Array, square: Array) -> Array:
    values: Array = y * np.sqrt(-2 * libm.log(square) / square)
    return values


def _uniform(words: Words, exact: _Type) -> Array:
    """`std::generate_canonical`: words as digits of base 2**32, low ones first.

    A float32 word near 2**32 gives 1 itself: MXNet was built against a
    libstdc++ that did not yet round such values down.
    """
    digits = words.reshape(-1, exact.words).astype(exact.compute)
    total = digits[:, 0]
    for place in range(1, exact.words):
        total = total + digits[:, place] * exact.compute(_WORD**place)
    units: Array = total / exact.compute(_WORD**exact.words)
    return units


def _shares(size: int) -> Counts:
    """Return how many values each lane gives: equal pieces, the last ones shorter or empty."""
    lanes = min(-(-size // _VALUES_PER_LANE), _LANES)
    piece = -(-size // lanes) if lanes else 0
    return np.clip(size - np.arange(lanes) * piece, 0, piece)


def _rounded(values: Array, name: str) -> Array:
    """Round to the type; float16 by way of float32, as mshadow's `half_t` is made from a double."""
    if name == "float16":
        values = values.astype(np.float32)
    return values.astype(name)


def _type(dtype: DTypeLike) -> tuple[str, _Type]:
    name = dtype if isinstance(dtype, str) else np.dtype(dtype).name
    if name not in _TYPES:
        raise UnknownNameError("floating type", name, _TYPES)
    return name, _TYPES[name]
