"""MXNet's initializers: what each does to a weight, whatever the weight's name.

Source: python/mxnet/initializer.py (Apache MXNet 1.9.1). A name's ending
decides whether an initializer is asked at all: see `names`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

import numpy as np
from numpy.typing import DTypeLike

from caffe_fillers.errors import InitializerError, UnknownNameError
from caffe_fillers.frameworks.mxnet.stream import Array, RandomState, Shape

if TYPE_CHECKING:
    from caffe_fillers.frameworks.mxnet.names import InitDesc

WEIGHT = "weight"
FACTOR_TYPES = ("avg", "in", "out")
RANDOM_TYPES = ("uniform", "gaussian")


class Initializer(Protocol):
    """Whatever fills a weight."""

    def fill(
        self, shape: Shape, state: RandomState, dtype: DTypeLike = "float32", name: str = WEIGHT
    ) -> Array:
        """A weight of this shape, drawn from the state; `name` is for messages."""


class Fills:
    """The call of MXNet's initializers: fill a parameter's array."""

    def __call__(self, desc: InitDesc | str, arr: Array) -> None:
        """Fill an array as MXNet does by the parameter's name, from the generator of `mx.random`.

        See `names.initializer_for` for the rules and errors; before
        `random.seed` this is a `UsageError`.
        """
        from caffe_fillers.frameworks.mxnet import names, random

        arr[...] = names.initialize(desc, arr.shape, cast(Initializer, self), random.state(), arr.dtype)


@dataclass(frozen=True)
class Constant(Fills):
    """One value everywhere; nothing is drawn."""

    value: float

    def fill(
        self, shape: Shape, state: RandomState, dtype: DTypeLike = "float32", name: str = WEIGHT
    ) -> Array:
        """See `Initializer`."""
        return np.full(shape, self.value, dtype)


@dataclass(frozen=True)
class Uniform(Fills):
    """U[-scale, scale)."""

    scale: float = 0.07

    def fill(
        self, shape: Shape, state: RandomState, dtype: DTypeLike = "float32", name: str = WEIGHT
    ) -> Array:
        """See `Initializer`."""
        return state.uniform(-self.scale, self.scale, shape, dtype)


@dataclass(frozen=True)
class Normal(Fills):
    """N(0, sigma**2)."""

    sigma: float = 0.01

    def fill(
        self, shape: Shape, state: RandomState, dtype: DTypeLike = "float32", name: str = WEIGHT
    ) -> Array:
        """See `Initializer`."""
        return state.normal(0, self.sigma, shape, dtype)


@dataclass(frozen=True)
class Xavier(Fills):
    """U(-scale, scale) or N(0, scale**2), scale = sqrt(magnitude / factor).

    rnd_type: uniform or gaussian. factor_type: whether the factor is fan_in
    ("in"), fan_out ("out") or their mean ("avg"). For a weight of outputs x
    inputs x height x width fan_in is inputs * height * width, fan_out is
    outputs * height * width. What MXNet refuses when it fills is refused
    then: an `InitializerError`, which is a `ValueError` as MXNet's is.

    >>> Xavier(factor_type="in").scale((8, 3, 5, 5))
    0.2
    >>> Xavier().fill((2, 2), RandomState(1)).tolist()
    [[0.058379530906677246, -1.089989423751831], [-1.1268560886383057, 0.23155581951141357]]
    >>> Xavier().fill((5,), RandomState(1), name="fc1_weight")
    Traceback (most recent call last):
    caffe_fillers.errors.InitializerError: fc1_weight has shape (5,): Xavier needs two axes at least
    """

    rnd_type: str = "uniform"
    factor_type: str = "avg"
    magnitude: float = 3

    def scale(self, shape: Shape, name: str = WEIGHT) -> float:
        """Half the width of the uniform distribution, or the normal one's standard deviation."""
        if len(shape) < 2:
            raise InitializerError(f"{name} has shape {tuple(shape)}: Xavier needs two axes at least")
        if self.factor_type not in FACTOR_TYPES:
            raise InitializerError(
                f"factor_type is {self.factor_type!r}; it must be one of {', '.join(FACTOR_TYPES)}"
            )
        receptive_field = math.prod(shape[2:])
        fan_in, fan_out = shape[1] * receptive_field, shape[0] * receptive_field
        factor = {"avg": (fan_in + fan_out) / 2, "in": fan_in, "out": fan_out}[self.factor_type]
        if 0 in shape or self.magnitude < 0:
            raise InitializerError(
                f"{name} has shape {tuple(shape)} and magnitude {self.magnitude}: Xavier needs axes without "
                "a zero and a magnitude that is not negative"
            )
        return math.sqrt(self.magnitude / factor)

    def fill(
        self, shape: Shape, state: RandomState, dtype: DTypeLike = "float32", name: str = WEIGHT
    ) -> Array:
        """See `Initializer`."""
        scale = self.scale(shape, name)
        if self.rnd_type not in RANDOM_TYPES:
            raise InitializerError(
                f"rnd_type is {self.rnd_type!r}; it must be one of {', '.join(RANDOM_TYPES)}"
            )
        plain = Uniform(scale) if self.rnd_type == "uniform" else Normal(scale)
        return plain.fill(shape, state, dtype, name)


@dataclass(frozen=True)
class MSRAPrelu(Fills):
    """`Xavier` with a gaussian and the magnitude 2 / (1 + slope**2), for PReLUs that start at this slope.

    >>> MSRAPrelu().xavier
    Xavier(rnd_type='gaussian', factor_type='avg', magnitude=1.8823529411764706)
    """

    factor_type: str = "avg"
    slope: float = 0.25

    @property
    def xavier(self) -> Xavier:
        """The `Xavier` that this is."""
        return Xavier("gaussian", self.factor_type, 2 / (1 + self.slope**2))

    def fill(
        self, shape: Shape, state: RandomState, dtype: DTypeLike = "float32", name: str = WEIGHT
    ) -> Array:
        """See `Initializer`."""
        return self.xavier.fill(shape, state, dtype, name)


def zero() -> Constant:
    """`mx.init.Zero()`."""
    return Constant(0.0)


def one() -> Constant:
    """`mx.init.One()`."""
    return Constant(1.0)


_NAMED: dict[str, Callable[..., Initializer]] = {
    "constant": Constant,
    "msraprelu": MSRAPrelu,
    "normal": Normal,
    "one": one,
    "ones": one,
    "uniform": Uniform,
    "xavier": Xavier,
    "zero": zero,
    "zeros": zero,
}


def create(text: str) -> Initializer:
    """An initializer from its name, or from what MXNet's `dumps` wrote, as `__init__` attributes hold it.

    >>> create("zeros"), create('["xavier", {"magnitude": 2.34, "factor_type": "in"}]')
    (Constant(value=0.0), Xavier(rnd_type='uniform', factor_type='in', magnitude=2.34))
    """
    name, arguments = json.loads(text) if text.startswith("[") else (text, {})
    if name.lower() not in _NAMED:
        raise UnknownNameError("initializer", name, _NAMED)
    return _NAMED[name.lower()](**arguments)


def dumps(initializer: Any) -> str:
    """An initializer as `create` and MXNet read it.

    >>> dumps(Xavier())
    '["xavier", {"rnd_type": "uniform", "factor_type": "avg", "magnitude": 3}]'
    """
    return json.dumps([type(initializer).__name__.lower(), asdict(initializer)])
