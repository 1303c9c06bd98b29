"""No seed for what no seed of Caffe made: twenty models of each of ten kinds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from caffe_fillers.distributions import Uniform
from caffe_fillers.recover.anywhere import recover_exact, recover_moved, recover_signed
from caffe_fillers.rng import Stream

BOUND, SIZE, MODELS = 0.0612, 25_000, 20
DECLARED = Uniform(-BOUND, BOUND)
Maker = Callable[[int], np.ndarray]


def caffe(number: int, generator: str = "mt19937") -> np.ndarray:
    return DECLARED.draw(SIZE, Stream(number, generator=generator))


def lcg(number: int) -> np.ndarray:
    """minstd_rand0, as C++'s default_random_engine."""
    state, values = number + 1, []
    for _ in range(SIZE):
        state = state * 16807 % (2**31 - 1)
        values.append(state / (2**31 - 1))
    return np.array(values) * 2 * BOUND - BOUND


def steps(values: np.ndarray, number: int) -> np.ndarray:
    """Trained for long."""
    return values * 0.3 + np.random.default_rng(number).laplace(0, BOUND / 2, SIZE)


FOREIGN: dict[str, Maker] = {
    "PCG64": lambda number: np.random.default_rng(number).uniform(-BOUND, BOUND, SIZE),
    "Philox": lambda number: np.random.Generator(np.random.Philox(number)).uniform(-BOUND, BOUND, SIZE),
    "numpy's mt19937, two outputs each": lambda number: np.random.RandomState(number).uniform(
        -BOUND, BOUND, SIZE
    ),
    "mt19937_64": lambda number: caffe(number, "mt19937_64"),
    "minstd": lcg,
    "shuffled": lambda number: np.random.default_rng(number).permutation(caffe(number)),
    "trained": lambda number: steps(caffe(number), number),
    "absolute values": lambda number: np.abs(caffe(number)) * 2 - BOUND,
    "sums of two seeds": lambda number: (caffe(number) + caffe(number + 1000)) / 2,
    "foreign, through float16": lambda number: (
        np.random.default_rng(number).uniform(-BOUND, BOUND, SIZE).astype(np.float16)
    ),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_foreign_models_have_no_seed(kind: str) -> None:
    for number in range(MODELS):
        values = FOREIGN[kind](number).astype(np.float32)
        for way in (recover_exact, recover_signed, recover_moved):
            assert way(DECLARED, values, most_words=1 << 22) is None, (number, way)
