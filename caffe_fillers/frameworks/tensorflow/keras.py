"""Keras 3 on the TensorFlow backend: stateless draws, each from a pair of seeds.

Sources: keras/src/random/seed_generator.py, keras/src/backend/tensorflow/
random.py and keras/src/initializers/random_initializers.py (Keras 3.15).
"""

from __future__ import annotations

from types import ModuleType

from numpy.typing import DTypeLike

from caffe_fillers.errors import UsageError
from caffe_fillers.frameworks.tensorflow.dtypes import dtype_of
from caffe_fillers.frameworks.tensorflow.plain import Constant, Initializer, Shape, resolve
from caffe_fillers.frameworks.tensorflow.sampling import Tensor, bounds_in_single, sample
from caffe_fillers.frameworks.tensorflow.seeds import LARGEST_SEED, PythonRandom, stateless

_LARGEST_DEFAULT_SEED = 10**9


class SeedGenerator:
    """`keras.random.SeedGenerator(seed)`: the pairs [seed, 0], [seed, 1], [seed, 2] and so on.

    >>> generator = SeedGenerator(5)
    >>> generator.next(), generator.next()
    ((5, 0), (5, 1))
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._count = 0

    def next(self) -> tuple[int, int]:
        """The next pair."""
        self._count += 1
        return self.seed, self._count - 1


class Keras:
    """A process since `keras.utils.set_random_seed(seed)`, or without it where `seed` is None.

    An initializer built without a seed takes the next number of Python's
    generator as its own, when it is built. So do layers with a seed
    generator, such as Dropout: `new_seed` also passes over those.

    >>> keras = Keras(7)
    >>> keras.new_seed(), keras.new_seed()
    (347712783, 161973070)
    """

    def __init__(self, seed: int | None = None) -> None:
        self._generator = None if seed is None else PythonRandom(seed)

    def new_seed(self) -> int:
        """The seed of the next initializer, or of the next layer's seed generator."""
        if self._generator is None:
            raise UsageError(
                "neither keras.utils.set_random_seed nor the initializer gave a seed: Keras would draw other "
                "values at every run; give Keras(seed) or draw(..., seed=...)"
            )
        return self._generator.randint(1, _LARGEST_DEFAULT_SEED)

    def draw(
        self,
        initializer: Initializer,
        shape: Shape,
        seed: int | SeedGenerator | None = None,
        dtype: DTypeLike = "float32",
    ) -> Tensor:
        """A tensor as an initializer of `keras.initializers` draws it.

        With a whole number as `seed` every call gives the same values, as one
        initializer called twice does; with a `SeedGenerator` each call goes
        on; without any the initializer counts as built just now. `dtype` is
        float16, bfloat16, float32 or float64.

        >>> from caffe_fillers.frameworks.tensorflow.plain import GLOROT_UNIFORM
        >>> Keras().draw(GLOROT_UNIFORM, (2,), seed=SeedGenerator(5)).tolist()
        [-1.0732358694076538, 0.8124200105667114]
        """
        plain, exact = bounds_in_single(resolve(initializer, shape)), dtype_of(dtype)
        pair = (0, 0) if isinstance(plain, Constant) else self._pair(seed)
        return sample(plain, shape, exact, stateless(*(number % (LARGEST_SEED - 1) for number in pair)))

    def _pair(self, seed: int | SeedGenerator | None) -> tuple[int, int]:
        if isinstance(seed, SeedGenerator):
            return seed.next()
        return (self.new_seed() if seed is None else seed), 0


def __getattr__(name: str) -> ModuleType:
    """Return `initializers`, by its name in TensorFlow: `tf.keras.initializers.glorot_uniform(seed=1)`."""
    if name != "initializers":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from caffe_fillers.frameworks.keras import initializers

    return initializers
