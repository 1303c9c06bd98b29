"""One tensor by one call, and a whole net's parameters in order from one seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeAlias

from numpy.typing import DTypeLike

from caffe_fillers.errors import UnknownNameError
from caffe_fillers.frameworks.tensorflow.keras import Keras
from caffe_fillers.frameworks.tensorflow.plain import Initializer, Shape
from caffe_fillers.frameworks.tensorflow.sampling import Tensor
from caffe_fillers.frameworks.tensorflow.stateful import Eager, GraphMode


class Drawer(Protocol):
    """The common base of all semantics: tensors one after another."""

    def draw(
        self, initializer: Initializer, shape: Shape, seed: int | None = None, dtype: DTypeLike = "float32"
    ) -> Tensor:
        """The next tensor."""


SEMANTICS: dict[str, Callable[[int | None], Drawer]] = {"tf1": GraphMode, "tf2": Eager, "keras": Keras}
"""Graph mode, eager execution and Keras 3, each from the seed that is global to it."""

Parameter: TypeAlias = tuple[str, Shape, Initializer]


def draw(
    initializer: Initializer,
    shape: Shape,
    *,
    seed: int | None = None,
    dtype: DTypeLike = "float32",
    semantics: str = "tf1",
    global_seed: int | None = None,
) -> Tensor:
    """One tensor, the first that is drawn.

    seed: the initializer's. global_seed: what `tf.compat.v1.set_random_seed`
    (semantics "tf1"), `tf.random.set_seed` ("tf2") or
    `keras.utils.set_random_seed` ("keras") was given; one of the two must be.
    dtype: float16, bfloat16, float32 or float64.
    Errors: `UsageError` without any seed, for TensorFlow would then draw other
    values at every run; `InitializerError`; `UnknownNameError`.

    >>> from caffe_fillers.frameworks.tensorflow.plain import HE_NORMAL
    >>> draw(HE_NORMAL, (3, 3, 64, 128), seed=1, semantics="keras").shape
    (3, 3, 64, 128)
    """
    return _drawer(semantics, global_seed).draw(initializer, shape, seed, dtype)


def draw_all(
    parameters: Iterable[Parameter], seed: int, semantics: str = "tf1", dtype: DTypeLike = "float32"
) -> Iterator[tuple[str, Tensor]]:
    """Each parameter's name and tensor, drawn in this order by initializers without seeds of their own.

    `seed` is the global one (see `draw`). The n-th random initializer gets,
    by "tf1", the operation seed n, from 0; by "tf2" and "keras" the n-th
    number of Python's generator (the two take different ones). A constant
    counts in none of them.

    >>> from caffe_fillers.frameworks.tensorflow.plain import GLOROT_UNIFORM, Constant
    >>> weights = "conv/kernel", (3, 3, 1, 8), GLOROT_UNIFORM
    >>> biases = "conv/bias", (8,), Constant(0.0)
    >>> [(name, values.shape) for name, values in draw_all([weights, biases], seed=1)]
    [('conv/kernel', (3, 3, 1, 8)), ('conv/bias', (8,))]
    """
    drawer = _drawer(semantics, seed)
    for name, shape, initializer in parameters:
        yield name, drawer.draw(initializer, shape, dtype=dtype)


def _drawer(semantics: str, global_seed: int | None) -> Drawer:
    if semantics not in SEMANTICS:
        raise UnknownNameError("semantics", semantics, SEMANTICS)
    return SEMANTICS[semantics](global_seed)
