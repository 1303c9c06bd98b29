"""`mx.random`: the generator of a process, which initializers that fill arrays draw from."""

from __future__ import annotations

from caffe_fillers.errors import UsageError
from caffe_fillers.frameworks.mxnet.stream import RandomState

_states: list[RandomState] = []


def seed(seed_state: int) -> None:
    """Begin the generator anew, as `mx.random.seed` does."""
    _states[:] = [RandomState(seed_state)]


def state() -> RandomState:
    """The generator as it stands; before `seed` it is a `UsageError`."""
    if not _states:
        raise UsageError("call mxnet.random.seed(...) first: the values depend on it")
    return _states[0]
