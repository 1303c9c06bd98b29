"""Initializers that frameworks use by default or that people take for them, by name, as distributions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from caffe_fillers.distributions import Distribution, Normal, TruncatedNormal, Uniform
from caffe_fillers.distributions.truncated_normal import CUT
from caffe_fillers.fans import Fans, VarianceNorm
from caffe_fillers.frameworks.initializers.contract import Scaling

_IN, _AVERAGE = VarianceNorm.FAN_IN, VarianceNorm.AVERAGE


@dataclass(frozen=True)
class Named:
    """An initializer of some framework, and what it draws for a weight with these fans."""

    name: str
    distribution: Callable[[Fans], Distribution]


NAMED = (
    Named("Keras' and TensorFlow's glorot_uniform", Scaling(1.0, _AVERAGE, uniform=True).distribution),
    Named("MXNet's Xavier", Scaling(1.0, _AVERAGE, uniform=True).distribution),
    Named("PyTorch's default of Conv and Linear", Scaling(1 / 3, _IN, uniform=True).distribution),
    Named("Keras' he_uniform", Scaling(2.0, _IN, uniform=True).distribution),
    Named("MXNet's default Uniform(0.07)", lambda _: Uniform(-0.07, 0.07)),
    Named("Keras' RandomUniform(0.05)", lambda _: Uniform(-0.05, 0.05)),
    Named("glorot_normal, not truncated", Scaling(1.0, _AVERAGE, uniform=False).distribution),
    Named("lecun_normal, not truncated", Scaling(1.0, _IN, uniform=False).distribution),
    Named("Keras' RandomNormal(0.05)", lambda _: Normal(0.0, 0.05)),
    Named("Keras' he_normal, truncated", Scaling(2.0, _IN, uniform=False, truncated=True).distribution),
    Named(
        "Keras' glorot_normal, truncated", Scaling(1.0, _AVERAGE, uniform=False, truncated=True).distribution
    ),
    Named("Keras' lecun_normal, truncated", Scaling(1.0, _IN, uniform=False, truncated=True).distribution),
    Named("TensorFlow's truncated_normal(0.1)", lambda _: TruncatedNormal(0.0, 0.1 * CUT)),
)
