"""TensorFlow 1's initializers by their documented names: objects that are called with a shape.

`tf.compat.v1.glorot_uniform_initializer(seed=1)(shape)`: each call adds an
operation to the graph and runs it once, as `GraphMode` does; the graph's seed
is what `set_random_seed` was given last. Source: tensorflow/python/ops/
init_ops.py (TensorFlow 1.15 and 2.21).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from numpy.typing import DTypeLike

from caffe_fillers.frameworks.tensorflow import plain
from caffe_fillers.frameworks.tensorflow.plain import (
    Constant,
    Initializer,
    RandomNormal,
    RandomUniform,
    Shape,
    TruncatedNormal,
    VarianceScaling,
)
from caffe_fillers.frameworks.tensorflow.sampling import Tensor
from caffe_fillers.frameworks.tensorflow.stateful import GraphMode

_graphs: list[GraphMode] = [GraphMode()]
"""The default graph of this process."""


def set_random_seed(seed: int | None) -> None:
    """`tf.compat.v1.set_random_seed(seed)`, in a new graph: operations without seeds are counted from 0."""
    _graphs[:] = [GraphMode(seed)]


@dataclass(frozen=True)
class GraphInitializer:
    """An initializer with its seed and type; called with a shape it gives the tensor.

    Where neither it nor the graph has a seed the call is a `UsageError`, for
    TensorFlow would draw other values at every run.

    >>> glorot_uniform_initializer(seed=1)((2, 2)).tolist()
    [[-0.6392252445220947, 1.0297645330429077], [-1.1010152101516724, -0.010423898696899414]]
    """

    initializer: Initializer
    seed: int | None = None
    dtype: DTypeLike = "float32"

    def __call__(self, shape: Shape, dtype: DTypeLike | None = None, partition_info: None = None) -> Tensor:
        """A tensor of this shape; `dtype` is the initializer's own where it is not given."""
        chosen = self.dtype if dtype is None else dtype
        return _graphs[0].draw(self.initializer, shape, self.seed, chosen)


Seeded = Callable[..., GraphInitializer]


def _seeded(initializer: Initializer) -> Seeded:
    def make(seed: int | None = None, dtype: DTypeLike = "float32") -> GraphInitializer:
        return GraphInitializer(initializer, seed, dtype)

    return make


glorot_uniform = glorot_uniform_initializer = _seeded(plain.GLOROT_UNIFORM)
glorot_normal = glorot_normal_initializer = _seeded(plain.GLOROT_NORMAL)
he_uniform = _seeded(plain.HE_UNIFORM)
he_normal = _seeded(plain.HE_NORMAL)
lecun_uniform = _seeded(plain.LECUN_UNIFORM)
lecun_normal = _seeded(plain.LECUN_NORMAL)


def variance_scaling_initializer(
    scale: float = 1.0,
    mode: str = "fan_in",
    distribution: str = "truncated_normal",
    seed: int | None = None,
    dtype: DTypeLike = "float32",
) -> GraphInitializer:
    """`tf.compat.v1.variance_scaling_initializer`; what TensorFlow refuses is an `InitializerError`."""
    return GraphInitializer(VarianceScaling(scale, mode, distribution), seed, dtype)


def random_uniform_initializer(
    minval: float = 0.0, maxval: float | None = None, seed: int | None = None, dtype: DTypeLike = "float32"
) -> GraphInitializer:
    """`tf.compat.v1.random_uniform_initializer`: U[minval, maxval), maxval 1 where it is not given."""
    return GraphInitializer(RandomUniform(minval, 1.0 if maxval is None else maxval), seed, dtype)


def random_normal_initializer(
    mean: float = 0.0, stddev: float = 1.0, seed: int | None = None, dtype: DTypeLike = "float32"
) -> GraphInitializer:
    """`tf.compat.v1.random_normal_initializer`."""
    return GraphInitializer(RandomNormal(mean, stddev), seed, dtype)


def truncated_normal_initializer(
    mean: float = 0.0, stddev: float = 1.0, seed: int | None = None, dtype: DTypeLike = "float32"
) -> GraphInitializer:
    """`tf.compat.v1.truncated_normal_initializer`."""
    return GraphInitializer(TruncatedNormal(mean, stddev), seed, dtype)


def constant_initializer(value: float = 0.0, dtype: DTypeLike = "float32") -> GraphInitializer:
    """`tf.compat.v1.constant_initializer` of one number."""
    return GraphInitializer(Constant(value), None, dtype)


def zeros_initializer(dtype: DTypeLike = "float32") -> GraphInitializer:
    """`tf.compat.v1.zeros_initializer`."""
    return constant_initializer(0.0, dtype)


def ones_initializer(dtype: DTypeLike = "float32") -> GraphInitializer:
    """`tf.compat.v1.ones_initializer`."""
    return constant_initializer(1.0, dtype)
