"""Models that no seed of Caffe makes, however right they look: for tests of false seeds and for the tool."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from damages import Arrays, drawn, place, random_blobs, with_arrays

import caffe_fillers as cf
from caffe_fillers import distributions
from caffe_fillers.model import Model
from caffe_fillers.rng import Stream

Maker = Callable[[Arrays, dict[tuple[int, int], distributions.Distribution], np.random.Generator], None]


def stranger(net: cf.Net, kind: str, number: int) -> Model:
    """The model number `number` of a kind."""
    model, arrays = drawn(net, number)
    declared = {place(blob): step.distribution() for blob, step in random_blobs(net)}
    STRANGERS[kind](arrays, declared, np.random.default_rng(number))
    return with_arrays(model, arrays)


def _each(
    change: Callable[[np.ndarray, distributions.Distribution, np.random.Generator], np.ndarray],
) -> Maker:
    def make(
        arrays: Arrays,
        declared: dict[tuple[int, int], distributions.Distribution],
        generator: np.random.Generator,
    ) -> None:
        for where, distribution in declared.items():
            changed = change(arrays[where], distribution, generator)
            arrays[where] = np.asarray(changed, np.float32).reshape(arrays[where].shape)

    return make


def _numpy(
    values: np.ndarray, distribution: distributions.Distribution, generator: np.random.Generator
) -> np.ndarray:
    """The declared distribution from numpy's own generator."""
    if isinstance(distribution, distributions.Uniform):
        return generator.uniform(distribution.low, distribution.high, values.shape)
    return generator.normal(distribution.mean, distribution.std, values.shape)


def _torch(
    values: np.ndarray, distribution: distributions.Distribution, generator: np.random.Generator
) -> np.ndarray:
    """A uniform as PyTorch makes it on a CPU: the same generator, of whose words the low 24 bits count."""
    words = Stream(int(generator.integers(2**32))).words(values.size)
    unit = (words & np.uint32(2**24 - 1)).astype(np.float32) * np.float32(2.0**-24)
    spread = np.float32(distribution.std * np.sqrt(3))
    return unit * (2 * spread) + np.float32(distribution.mean - spread)


def _another_generator(
    values: np.ndarray, distribution: distributions.Distribution, generator: np.random.Generator
) -> np.ndarray:
    """Drawn by Caffe's distributions from mt19937_64."""
    return distribution.sample(values.shape, Stream(int(generator.integers(2**32)), generator="mt19937_64"))


def _shuffled(
    values: np.ndarray, distribution: distributions.Distribution, generator: np.random.Generator
) -> np.ndarray:
    return generator.permutation(values.ravel())


def _trained(
    values: np.ndarray, distribution: distributions.Distribution, generator: np.random.Generator
) -> np.ndarray:
    return generator.laplace(distribution.mean, distribution.std / np.sqrt(2), values.shape)


def _one_step(
    values: np.ndarray, distribution: distributions.Distribution, generator: np.random.Generator
) -> np.ndarray:
    """Caffe's values after a step of training."""
    return values + generator.normal(0, distribution.std * 1e-3, values.shape).astype(np.float32)


def _half(
    values: np.ndarray, distribution: distributions.Distribution, generator: np.random.Generator
) -> np.ndarray:
    return values.astype(np.float16)


STRANGERS: dict[str, Maker] = {
    "numpy's generator": _each(_numpy),
    "as PyTorch draws": _each(_torch),
    "mt19937_64": _each(_another_generator),
    "shuffled": _each(_shuffled),
    "trained": _each(_trained),
    "after one step": _each(_one_step),
    "through float16": _each(_half),
}
