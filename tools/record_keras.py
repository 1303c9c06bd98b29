"""Record the initial weights of Keras 3 on the TensorFlow backend: tests/goldens/keras-*.json.

pip install tensorflow-cpu==2.21 keras==3.15 && python tools/record_keras.py
"""

from __future__ import annotations

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["KERAS_BACKEND"] = "tensorflow"

from typing import Any

import keras
import tensorflow as tf
from record_tensorflow import DTYPES, LARGE_SHAPE, SCALINGS, SHAPES
from recording import Rows, digest, head, write

SEEDS = (0, 1, -3, 2**31 - 2, 2**40 + 5)


def initializer(name: str, seed: Any) -> Any:
    if name == "wide_normal":
        return keras.initializers.VarianceScaling(*SCALINGS[name], seed=seed)
    return getattr(keras.initializers, name)(seed=seed)


def seeded_rows() -> Rows:
    """Initializers with whole numbers as seeds; each is called twice to show that it repeats itself."""
    for name in SCALINGS:
        for seed in SEEDS:
            made = initializer(name, seed)
            for shape in (*SHAPES, LARGE_SHAPE) if seed == 1 else SHAPES:
                for dtype in DTYPES:
                    values, again = (made(shape, dtype=dtype).numpy() for _ in range(2))
                    assert values.tobytes() == again.tobytes()
                    yield [name, seed, dtype, shape, digest(values), head(values)]


def generator_rows() -> Rows:
    """Initializers that share a SeedGenerator."""
    for seed in SEEDS:
        generator = keras.random.SeedGenerator(seed)
        draws = [[name, digest(initializer(name, generator)((9, 7)).numpy())] for name in SCALINGS]
        yield [seed, draws]


def default_rows() -> Rows:
    """Initializers without seeds, built and called in turn after set_random_seed."""
    for seed in (0, 1, 42, 2**32 - 1):
        keras.utils.set_random_seed(seed)
        draws = []
        for name in SCALINGS:
            made = initializer(name, None)
            draws.append([name, made.seed, digest(made((9, 7)).numpy())])
        yield [seed, draws]


def model_rows() -> Rows:
    """A model's weights after set_random_seed, with a Dropout that takes a seed between two layers."""
    layers = keras.layers
    for seed in (1, 7):
        keras.utils.set_random_seed(seed)
        model = keras.Sequential(
            [
                *(
                    keras.Input((8, 8, 3)),
                    layers.Conv2D(4, 3),
                    layers.BatchNormalization(),
                    layers.Dropout(0.5),
                ),
                *(layers.Flatten(), layers.Dense(5, kernel_initializer="he_normal"), layers.Dense(2)),
            ]
        )
        yield [
            seed,
            [[each.path.split("/")[-1], list(each.shape), digest(each.numpy())] for each in model.weights],
        ]


def main() -> None:
    sections = {
        "seeded": seeded_rows(),
        "generators": generator_rows(),
        "defaults": default_rows(),
        "models": model_rows(),
    }
    sections = {name: list(rows) for name, rows in sections.items()}
    release = ".".join(keras.__version__.split(".")[:2])
    write(f"keras-{release}.json", {"keras": keras.__version__, "tensorflow": tf.__version__}, sections)


if __name__ == "__main__":
    main()
