"""Models that no seed of Caffe makes, however right they look: for tests of false seeds and for the tool."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from damages import Arrays, drawn, place, random_blobs, with_arrays

import caffe_fillers as cf
from caffe_fillers import laws
from caffe_fillers.model import Model
from caffe_fillers.rng import Stream

Maker = Callable[[Arrays, dict[tuple[int, int], laws.Law], np.random.Generator], None]


def stranger(net: cf.Net, kind: str, number: int) -> Model:
    """The model number `number` of a kind."""
    model, arrays = drawn(net, number)
    declared = {place(blob): step.law() for blob, step in random_blobs(net)}
    STRANGERS[kind](arrays, declared, np.random.default_rng(number))
    return with_arrays(model, arrays)


def _each(change: Callable[[np.ndarray, laws.Law, np.random.Generator], np.ndarray]) -> Maker:
    def make(
        arrays: Arrays, declared: dict[tuple[int, int], laws.Law], generator: np.random.Generator
    ) -> None:
        for where, law in declared.items():
            changed = change(arrays[where], law, generator)
            arrays[where] = np.asarray(changed, np.float32).reshape(arrays[where].shape)

    return make


def _numpy(values: np.ndarray, law: laws.Law, generator: np.random.Generator) -> np.ndarray:
    """The declared law from numpy's own generator."""
    if isinstance(law, laws.Uniform):
        return generator.uniform(law.low, law.high, values.shape)
    return generator.normal(law.mean, law.std, values.shape)


def _torch(values: np.ndarray, law: laws.Law, generator: np.random.Generator) -> np.ndarray:
    """A uniform as PyTorch makes it on a CPU: the same generator, of whose words the low 24 bits count."""
    words = Stream(int(generator.integers(2**32))).words(values.size)
    unit = (words & np.uint32(2**24 - 1)).astype(np.float32) * np.float32(2.0**-24)
    spread = np.float32(law.std * np.sqrt(3))
    return unit * (2 * spread) + np.float32(law.mean - spread)


def _another_generator(values: np.ndarray, law: laws.Law, generator: np.random.Generator) -> np.ndarray:
    """Drawn by Caffe's laws from mt19937_64."""
    return laws.sample(law, Stream(int(generator.integers(2**32)), generator="mt19937_64"), values.shape)


def _shuffled(values: np.ndarray, law: laws.Law, generator: np.random.Generator) -> np.ndarray:
    return generator.permutation(values.ravel())


def _trained(values: np.ndarray, law: laws.Law, generator: np.random.Generator) -> np.ndarray:
    return generator.laplace(law.mean, law.std / np.sqrt(2), values.shape)


def _one_step(values: np.ndarray, law: laws.Law, generator: np.random.Generator) -> np.ndarray:
    """Caffe's values after a step of training."""
    return values + generator.normal(0, law.std * 1e-3, values.shape).astype(np.float32)


def _half(values: np.ndarray, law: laws.Law, generator: np.random.Generator) -> np.ndarray:
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
