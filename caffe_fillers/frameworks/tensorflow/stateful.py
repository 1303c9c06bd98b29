"""Stateful draws: a graph and its sessions (TensorFlow 1), and eager execution under one seed.

A stateful operation keeps a counter. Each run goes on where the last one
stopped; a new session, or `tf.random.set_seed`, starts again.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from numpy.typing import DTypeLike

from caffe_fillers.errors import UsageError
from caffe_fillers.frameworks.tensorflow.dtypes import Dtype, dtype_of
from caffe_fillers.frameworks.tensorflow.plain import Constant, Initializer, Plain, Shape, resolve
from caffe_fillers.frameworks.tensorflow.sampling import Tensor, sample, zero_mean_not_added
from caffe_fillers.frameworks.tensorflow.seeds import LARGEST_SEED, PythonRandom, operation_seeds, stateful


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation of a graph: what it draws and the two seeds it was built with."""

    plain: Plain
    shape: tuple[int, ...]
    dtype: Dtype
    seeds: tuple[int, int]

    @property
    def size(self) -> int:
        """Number of values in one run."""
        return math.prod(self.shape)


class Graph:
    """A graph of TensorFlow 1, `seed` being what `tf.compat.v1.set_random_seed` was given.

    An operation without a seed of its own gets its number among the graph's
    unseeded ones, 0, 1, 2 (TensorFlow 2.21). TensorFlow 1.15 gives it the
    number of the last node of any kind instead: pass that as `seed` to
    repeat such a graph (3 for the first variable with a glorot_uniform).
    Without a graph seed the values of an unseeded operation differ from run
    to run, so it is refused.

    >>> from caffe_fillers.frameworks.tensorflow.plain import RandomUniform
    >>> graph = Graph(seed=1)
    >>> weights = graph.add(RandomUniform(-1.0, 1.0), (2,), seed=2)
    >>> session = Session()
    >>> session.run(weights).tolist(), session.run(weights).tolist()
    ([-0.18720650672912598, 0.7151992321014404], [0.20773077011108398, 0.052216291427612305])
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed
        self._unseeded = 0

    def add(
        self, initializer: Initializer, shape: Shape, seed: int | None = None, dtype: DTypeLike = "float32"
    ) -> Operation:
        """Build the operation that draws a tensor; nothing is drawn yet."""
        plain = resolve(initializer, shape)
        seeds = (0, 0) if isinstance(plain, Constant) else self._seeds(seed)
        return Operation(plain, tuple(shape), dtype_of(dtype), seeds)

    def _seeds(self, seed: int | None) -> tuple[int, int]:
        if seed is None:
            if self.seed is None:
                raise UsageError(
                    "neither the graph nor the operation has a seed: TensorFlow would draw other values at "
                    "every run; give Graph(seed=...) or add(..., seed=...)"
                )
            seed = self._unseeded
            self._unseeded += 1
        return operation_seeds(self.seed, seed)


class Session:
    """A session: the counters of the operations run in it."""

    def __init__(self) -> None:
        self._given: Counter[Operation] = Counter()

    def run(self, operation: Operation) -> Tensor:
        """The operation's next tensor."""
        philox = stateful(operation.seeds, self._given[operation])
        self._given[operation] += operation.size
        plain = zero_mean_not_added(operation.plain)
        return sample(plain, operation.shape, operation.dtype, philox)


class GraphMode:
    """A graph and one session in it: each draw adds an operation and runs it once.

    >>> from caffe_fillers.frameworks.tensorflow.plain import RandomUniform
    >>> GraphMode(1).draw(RandomUniform(0.0, 1.0), (2,)).tolist()
    [0.8126964569091797, 0.07857465744018555]
    """

    def __init__(self, seed: int | None = None) -> None:
        self.graph, self.session = Graph(seed), Session()

    def draw(
        self, initializer: Initializer, shape: Shape, seed: int | None = None, dtype: DTypeLike = "float32"
    ) -> Tensor:
        """The tensor of an operation of its own; `dtype` is float16, bfloat16, float32 or float64."""
        return self.session.run(self.graph.add(initializer, shape, seed, dtype))


class Eager:
    """Eager execution since `tf.random.set_seed(seed)`; TensorFlow 2 with initializers of `tf.compat.v1`.

    Calls with equal seeds, type and distribution share one kernel and its
    counter, whatever their shapes; a call without a seed takes one from
    Python's generator, seeded alike (tensorflow/python/eager/context.py,
    `_internal_operation_seed`). `seed` None means that none was set: then
    each call needs its own.

    >>> from caffe_fillers.frameworks.tensorflow.plain import RandomUniform
    >>> eager = Eager(3)
    >>> eager.draw(RandomUniform(0.0, 1.0), (3,), seed=5).tolist()
    [0.3976691961288452, 0.8425681591033936, 0.004518985748291016]
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed
        self._fresh_seeds = None if seed is None else PythonRandom(seed)
        self._given: Counter[tuple[type[Plain], str, tuple[int, int]]] = Counter()

    def draw(
        self, initializer: Initializer, shape: Shape, seed: int | None = None, dtype: DTypeLike = "float32"
    ) -> Tensor:
        """The next tensor; `dtype` is float16, bfloat16, float32 or float64."""
        plain, exact = resolve(initializer, shape), dtype_of(dtype)
        seeds = (0, 0) if isinstance(plain, Constant) else self._seeds(seed)
        kernel = type(plain), exact.name, seeds
        philox = stateful(seeds, self._given[kernel])
        self._given[kernel] += math.prod(shape)
        return sample(plain, shape, exact, philox)

    def _seeds(self, seed: int | None) -> tuple[int, int]:
        if seed is None:
            if self._fresh_seeds is None:
                raise UsageError(
                    "neither tf.random.set_seed nor the call gave a seed: TensorFlow would draw other values "
                    "at every run; give Eager(seed) or draw(..., seed=...)"
                )
            seed = self._fresh_seeds.randint(0, LARGEST_SEED)
        return operation_seeds(self.seed, seed)
