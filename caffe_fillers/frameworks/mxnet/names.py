"""Choose the initializer of a parameter by its name, and order a whole net's parameters.

Source: python/mxnet/initializer.py, `Initializer.__call__` and `_legacy_init`
(Apache MXNet 1.9.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from numpy.typing import DTypeLike

from caffe_fillers.errors import InitializerError
from caffe_fillers.frameworks.mxnet.initializers import Constant, Initializer, create
from caffe_fillers.frameworks.mxnet.stream import Array, RandomState, Shape

INIT_ATTRIBUTE = "__init__"


@dataclass(frozen=True)
class InitDesc:
    """A parameter's name and attributes, as MXNet's `InitDesc`.

    The attribute `__init__` holds an initializer as text; then the name does
    not matter. The moving mean and variance of a BatchNorm symbol have
    `["zero", {}]` and `["one", {}]` there.
    """

    name: str
    attrs: Mapping[str, str] = field(default_factory=dict)


Description: TypeAlias = InitDesc | str

_WEIGHT = "weight"
_ENDINGS = {"bias": 0.0, "gamma": 1.0, "beta": 0.0, "min": 0.0, "max": 1.0, "bias_quantize": 0.0}
_LEGACY_ENDINGS = {
    "bias": 0.0,
    "gamma": 1.0,
    "beta": 0.0,
    "moving_mean": 0.0,
    "moving_var": 1.0,
    "moving_inv_var": 0.0,
    "moving_avg": 0.0,
    "min": 0.0,
    "max": 1.0,
}
_LEGACY_BEGINNINGS = ("upsampling", "stn_loc")


def initializer_for(description: Description, default: Initializer) -> Initializer:
    """The initializer of a parameter, where `default` is the net's.

    A weight gets the default, biases and betas 0, gammas 1, ranges 0 and 1.
    A moving mean or variance has a rule only where the description is a bare
    name, MXNet's older way; an `InitDesc` needs its attribute. Any other
    name is an `InitializerError`, which is a `ValueError` as MXNet's is.

    >>> from caffe_fillers.frameworks.mxnet.initializers import Xavier
    >>> initializer_for(InitDesc("bn_gamma"), Xavier()), initializer_for("bn_moving_var", Xavier())
    (Constant(value=1.0), Constant(value=1.0))
    >>> initializer_for(InitDesc("bn_moving_mean", {"__init__": '["zero", {}]'}), Xavier())
    Constant(value=0.0)
    """
    if isinstance(description, str):
        if description.startswith(_LEGACY_BEGINNINGS):
            raise InitializerError(
                f"{description}: MXNet's rules for upsampling and stn_loc names are not here"
            )
        return _by_ending(description, default, _LEGACY_ENDINGS)
    text = description.attrs.get(INIT_ATTRIBUTE)
    return create(text) if text else _by_ending(description.name, default, _ENDINGS)


def initialize(
    description: Description,
    shape: Shape,
    default: Initializer,
    state: RandomState,
    dtype: DTypeLike = "float32",
) -> Array:
    """A parameter's values: `default(description, array)` in MXNet."""
    name = description if isinstance(description, str) else description.name
    return initializer_for(description, default).fill(shape, state, dtype, name)


def draw_all(
    parameters: Iterable[tuple[Description, Shape, Initializer]], seed: int, dtype: DTypeLike = "float32"
) -> Iterator[tuple[str, Array]]:
    """Each parameter's name and values, drawn in this order after `mx.random.seed(seed)`.

    A bare name is taken as an `InitDesc` without attributes. The order
    matters: `Module.init_params` goes by the sorted names, Gluon's
    `initialize` by the order of the blocks.

    >>> from caffe_fillers.frameworks.mxnet.initializers import Xavier
    >>> net = [("fc_weight", (10, 20), Xavier()), ("fc_bias", (10,), Xavier())]
    >>> [(name, values.shape) for name, values in draw_all(net, seed=1)]
    [('fc_weight', (10, 20)), ('fc_bias', (10,))]
    """
    state = RandomState(seed)
    for description, shape, initializer in parameters:
        exact = InitDesc(description) if isinstance(description, str) else description
        yield exact.name, initialize(exact, shape, initializer, state, dtype)


def _by_ending(name: str, default: Initializer, endings: Mapping[str, float]) -> Initializer:
    if name.endswith(_WEIGHT):
        return default
    for ending, value in endings.items():
        if name.endswith(ending):
            return Constant(value)
    raise InitializerError(
        f"{name}: MXNet has no initializer for this name; a name must end in one of "
        f"{', '.join([_WEIGHT, *endings])}, or the parameter must have the attribute {INIT_ATTRIBUTE}"
    )
