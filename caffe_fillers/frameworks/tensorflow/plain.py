"""TensorFlow's initializers as data: what is drawn for a shape, by whatever seeds.

Sources: tensorflow/python/ops/init_ops.py (TensorFlow 1.15 and 2.21) and
keras/src/initializers/random_initializers.py (Keras 3.15), which agree.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from caffe_fillers.errors import InitializerError

Shape: TypeAlias = Sequence[int]

MODES = ("fan_in", "fan_out", "fan_avg")
DISTRIBUTIONS = ("uniform", "truncated_normal", "untruncated_normal")

TRUNCATED_DEVIATION = 0.87962566103423978
"""Standard deviation of N(0, 1) cut off at two: what `VarianceScaling` divides by."""


class Fans(NamedTuple):
    """Number of inputs and of outputs of a weight, by TensorFlow's counting."""

    fan_in: int
    fan_out: int


def fans(shape: Shape) -> Fans:
    """Fans of a weight that keeps its channels last: height x width x inputs x outputs.

    Caffe counts from the first axes instead, outputs x inputs x height x width.

    >>> fans((20, 10)), fans((3, 3, 64, 128))
    (Fans(fan_in=20, fan_out=10), Fans(fan_in=576, fan_out=1152))
    >>> fans(()), fans((5,))
    (Fans(fan_in=1, fan_out=1), Fans(fan_in=5, fan_out=5))
    """
    if len(shape) < 2:
        size = shape[0] if shape else 1
        return Fans(size, size)
    receptive_field = math.prod(shape[:-2])
    return Fans(shape[-2] * receptive_field, shape[-1] * receptive_field)


@dataclass(frozen=True)
class Constant:
    """One value everywhere; nothing is drawn."""

    value: float = 0.0


@dataclass(frozen=True)
class RandomUniform:
    """U[minval, maxval)."""

    minval: float
    maxval: float


@dataclass(frozen=True)
class RandomNormal:
    """N(mean, stddev**2)."""

    mean: float
    stddev: float


@dataclass(frozen=True)
class TruncatedNormal:
    """N(mean, stddev**2) without what is two standard deviations or more from the mean."""

    mean: float
    stddev: float


Plain: TypeAlias = Constant | RandomUniform | RandomNormal | TruncatedNormal


@dataclass(frozen=True)
class VarianceScaling:
    """Weights whose variance is scale / n, where n is fan_in, fan_out or their mean.

    `distribution` is uniform, truncated_normal (also called normal) or
    untruncated_normal. What TensorFlow refuses is an `InitializerError`.

    >>> VarianceScaling(1.0, "fan_avg", "uniform").resolve((300, 300))
    RandomUniform(minval=-0.1, maxval=0.1)
    >>> VarianceScaling(mode="fan_input")
    Traceback (most recent call last):
    caffe_fillers.errors.InitializerError: mode is 'fan_input'; it must be one of fan_in, fan_out, fan_avg
    """

    scale: float = 1.0
    mode: str = "fan_in"
    distribution: str = "truncated_normal"

    def __post_init__(self) -> None:
        distribution = self.distribution.lower()
        object.__setattr__(
            self, "distribution", "truncated_normal" if distribution == "normal" else distribution
        )
        if self.scale <= 0:
            raise InitializerError(f"scale is {self.scale}; it must be positive")
        if self.mode not in MODES:
            raise InitializerError(f"mode is {self.mode!r}; it must be one of {', '.join(MODES)}")
        if self.distribution not in DISTRIBUTIONS:
            raise InitializerError(
                f"distribution is {self.distribution!r}; it must be one of {', '.join(DISTRIBUTIONS)}"
            )

    def resolve(self, shape: Shape) -> Plain:
        """The plain initializer that this is for one shape."""
        fan_in, fan_out = fans(shape)
        count = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, count)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return RandomUniform(-limit, limit)
        if self.distribution == "truncated_normal":
            return TruncatedNormal(0.0, math.sqrt(variance) / TRUNCATED_DEVIATION)
        return RandomNormal(0.0, math.sqrt(variance))


Initializer: TypeAlias = Plain | VarianceScaling

GLOROT_UNIFORM = VarianceScaling(1.0, "fan_avg", "uniform")
GLOROT_NORMAL = VarianceScaling(1.0, "fan_avg", "truncated_normal")
HE_UNIFORM = VarianceScaling(2.0, "fan_in", "uniform")
HE_NORMAL = VarianceScaling(2.0, "fan_in", "truncated_normal")
LECUN_UNIFORM = VarianceScaling(1.0, "fan_in", "uniform")
LECUN_NORMAL = VarianceScaling(1.0, "fan_in", "truncated_normal")


def resolve(initializer: Initializer, shape: Shape) -> Plain:
    """Return what an initializer draws for one shape; a negative axis is an `InitializerError`."""
    if any(axis < 0 for axis in shape):
        raise InitializerError(f"shape {tuple(shape)} has an axis of negative length")
    return initializer.resolve(shape) if isinstance(initializer, VarianceScaling) else initializer
