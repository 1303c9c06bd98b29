"""`keras.utils.set_random_seed`: the generator that initializers without a seed take theirs from."""

from __future__ import annotations

from caffe_fillers.frameworks.tensorflow.keras import Keras

_processes: list[Keras] = [Keras()]


def set_random_seed(seed: int) -> None:
    """Begin anew: initializers that are built from now on get the seeds that Keras gives them.

    >>> from caffe_fillers.frameworks.keras.initializers import HeNormal
    >>> set_random_seed(7)
    >>> HeNormal().seed, HeNormal().seed
    (347712783, 161973070)
    """
    _processes[:] = [Keras(seed)]


def process() -> Keras:
    """Keras since `set_random_seed`, or without one."""
    return _processes[0]
