"""`keras.initializers`: objects that are called with a shape, under the names of classes and functions.

Source: keras/src/initializers/random_initializers.py (Keras 3.15). An
initializer without a seed gets its own when it is built.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from numpy.typing import DTypeLike

from caffe_fillers.errors import UnknownNameError
from caffe_fillers.frameworks.keras.utils import process
from caffe_fillers.frameworks.tensorflow import plain
from caffe_fillers.frameworks.tensorflow.keras import Keras, SeedGenerator
from caffe_fillers.frameworks.tensorflow.plain import Initializer, Shape
from caffe_fillers.frameworks.tensorflow.sampling import Tensor

Seed = int | SeedGenerator | None


@dataclass(frozen=True)
class KerasInitializer:
    """An initializer with its seed; called with a shape it gives the tensor.

    Two calls give the same values, or with a `SeedGenerator` the next ones.
    """

    initializer: Initializer
    seed: int | SeedGenerator = 0

    def __call__(self, shape: Shape, dtype: DTypeLike | None = None) -> Tensor:
        """A tensor of this shape, float32 where no type is given."""
        return Keras().draw(self.initializer, shape, self.seed, "float32" if dtype is None else dtype)


def _built(initializer: Initializer, seed: Seed) -> KerasInitializer:
    """The initializer with its seed, or with the next of the process; a `UsageError` where it has none."""
    return KerasInitializer(initializer, process().new_seed() if seed is None else seed)


def _scaled(initializer: Initializer) -> Callable[..., KerasInitializer]:
    def make(seed: Seed = None) -> KerasInitializer:
        return _built(initializer, seed)

    return make


GlorotUniform = glorot_uniform = _scaled(plain.GLOROT_UNIFORM)
GlorotNormal = glorot_normal = _scaled(plain.GLOROT_NORMAL)
HeUniform = he_uniform = _scaled(plain.HE_UNIFORM)
HeNormal = he_normal = _scaled(plain.HE_NORMAL)
LecunUniform = lecun_uniform = _scaled(plain.LECUN_UNIFORM)
LecunNormal = lecun_normal = _scaled(plain.LECUN_NORMAL)


def variance_scaling(
    scale: float = 1.0, mode: str = "fan_in", distribution: str = "truncated_normal", seed: Seed = None
) -> KerasInitializer:
    """`keras.initializers.VarianceScaling`; what Keras refuses is an `InitializerError`."""
    return _built(plain.VarianceScaling(scale, mode, distribution), seed)


def random_uniform(minval: float = -0.05, maxval: float = 0.05, seed: Seed = None) -> KerasInitializer:
    """`keras.initializers.RandomUniform`."""
    return _built(plain.RandomUniform(minval, maxval), seed)


def random_normal(mean: float = 0.0, stddev: float = 0.05, seed: Seed = None) -> KerasInitializer:
    """`keras.initializers.RandomNormal`."""
    return _built(plain.RandomNormal(mean, stddev), seed)


def truncated_normal(mean: float = 0.0, stddev: float = 0.05, seed: Seed = None) -> KerasInitializer:
    """`keras.initializers.TruncatedNormal`."""
    return _built(plain.TruncatedNormal(mean, stddev), seed)


def constant(value: float = 0.0) -> KerasInitializer:
    """`keras.initializers.Constant`."""
    return KerasInitializer(plain.Constant(value))


def zeros() -> KerasInitializer:
    """`keras.initializers.Zeros`."""
    return constant(0.0)


def ones() -> KerasInitializer:
    """`keras.initializers.Ones`."""
    return constant(1.0)


VarianceScaling, RandomUniform, RandomNormal = variance_scaling, random_uniform, random_normal
TruncatedNormal, Constant, Zeros, Ones = truncated_normal, constant, zeros, ones

_NAMED: dict[str, Callable[..., KerasInitializer]] = {
    "constant": constant,
    "glorot_normal": glorot_normal,
    "glorot_uniform": glorot_uniform,
    "he_normal": he_normal,
    "he_uniform": he_uniform,
    "lecun_normal": lecun_normal,
    "lecun_uniform": lecun_uniform,
    "ones": ones,
    "random_normal": random_normal,
    "random_uniform": random_uniform,
    "truncated_normal": truncated_normal,
    "variance_scaling": variance_scaling,
    "zeros": zeros,
}


def get(name: str) -> KerasInitializer:
    """`keras.initializers.get` of a name as layers take it, built without arguments.

    >>> get("zeros")((2,)).tolist()
    [0.0, 0.0]
    """
    if name not in _NAMED:
        raise UnknownNameError("initializer", name, _NAMED)
    return _NAMED[name]()
