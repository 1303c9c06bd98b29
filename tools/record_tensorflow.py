"""Record the initial weights of TensorFlow's graph mode and eager mode: tests/goldens/tensorflow-*.json.

pip install tensorflow-cpu==2.21 && python tools/record_tensorflow.py
pip install tensorflow==1.15.5 'protobuf<3.21' && python tools/record_tensorflow.py     # Python 3.7
"""

from __future__ import annotations

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import logging
from typing import Any

import numpy as np
import tensorflow as tf
from recording import Rows, digest, head, write

logging.disable(logging.CRITICAL)

v1 = tf.compat.v1
RELEASE = ".".join(tf.__version__.split(".")[:2])
TWO = RELEASE.startswith("2")

SHAPES = (
    *((), (1,), (7,), (64,), (1, 1), (10, 20), (33, 65), (2, 5, 6)),
    *((3, 3, 3, 16), (5, 5, 7, 9), (3, 3, 32, 9), (3, 2, 3, 8, 4), (0, 5)),
)
SEEDS = ((None, 1), (3, 7), (0, 0), (None, -3), (11, 2**40 + 5))  # graph seed, operation seed
DTYPES = ("float16", "bfloat16", "float32", "float64") if TWO else ("float16", "float32", "float64")
RUNS = 3
LARGE_SHAPE, LARGE_SEED = (3, 3, 64, 128), 7  # more than is worked on at a time, with one seed only

SCALINGS = {
    "glorot_uniform": (1.0, "fan_avg", "uniform"),
    "glorot_normal": (1.0, "fan_avg", "truncated_normal"),
    "he_uniform": (2.0, "fan_in", "uniform"),
    "he_normal": (2.0, "fan_in", "truncated_normal"),
    "lecun_uniform": (1.0, "fan_in", "uniform"),
    "lecun_normal": (1.0, "fan_in", "truncated_normal"),
    "wide_normal": (0.7, "fan_out", "untruncated_normal"),
}


def initializer(name: str, seed: int | None = None) -> Any:
    """TensorFlow's initializer of this name; wide_normal is a VarianceScaling that has none."""
    if name == "wide_normal":
        return v1.initializers.variance_scaling(*SCALINGS[name], seed=seed)
    return getattr(v1.initializers, name)(seed=seed)


def graph_rows() -> Rows:
    """Operations with seeds of their own, each run three times in one session."""
    for name in SCALINGS:
        for graph_seed, seed in SEEDS:
            with tf.Graph().as_default() as graph:
                if graph_seed is not None:
                    v1.set_random_seed(graph_seed)
                shapes = (*SHAPES, LARGE_SHAPE) if seed == LARGE_SEED else SHAPES
                cases = [(shape, dtype) for shape in shapes for dtype in DTYPES]
                tensors = [initializer(name, seed)(shape, dtype=dtype) for shape, dtype in cases]
                with v1.Session(graph=graph) as session:
                    runs = [session.run(tensors) for _ in range(RUNS)]
            for place, (shape, dtype) in enumerate(cases):
                draws = [run[place] for run in runs]
                yield [name, graph_seed, seed, dtype, shape, [digest(draw) for draw in draws], head(draws[0])]


def unseeded_rows() -> Rows:
    """Operations without seeds in one graph, and the seeds that TensorFlow chose for them."""
    for graph_seed in (0, 1, 1234):
        with tf.Graph().as_default() as graph:
            v1.set_random_seed(graph_seed)
            variables = [
                v1.get_variable(f"v{place}", (3, 4), initializer=initializer(name), use_resource=False)
                for place, name in enumerate(SCALINGS)
            ]
            random = [node for node in graph.get_operations() if "seed2" in node.node_def.attr]
            with v1.Session(graph=graph) as session:
                session.run(v1.global_variables_initializer())
                values = session.run(variables)
        rows = enumerate(SCALINGS)
        yield [graph_seed, [[name, random[i].get_attr("seed2"), digest(values[i])] for i, name in rows]]


def eager_rows() -> Rows:
    """Sequences of eager calls: equal seeds share a counter, missing ones come from Python's generator."""
    calls = [
        *(("glorot_uniform", 5, "float32", (3,)), ("he_uniform", 5, "float32", (3, 2))),
        *(("glorot_normal", 5, "float32", (70,)), ("glorot_uniform", 5, "float64", (3,))),
        *(("glorot_uniform", None, "float32", (9, 9)), ("wide_normal", None, "float16", (9, 9))),
        *(("glorot_uniform", 5, "float32", (8, 8)), ("he_normal", None, "bfloat16", (3, 3, 2, 4))),
        *(("he_normal", 5, "float32", (8, 8)), ("lecun_normal", None, "float64", (30,))),
    ]
    for seed in (0, 1, 42, 2**31, 2**40 + 5):
        tf.random.set_seed(seed)
        draws = [initializer(name, own)(shape, dtype=dtype) for name, own, dtype, shape in calls]
        yield [seed, [[*call, digest(draws[place].numpy())] for place, call in enumerate(calls)]]


def plain_rows() -> Rows:
    """Uniform and normal initializers with bounds and moments of their own."""
    cases = {
        "uniform": ([-0.05, 0.05], [0.0, 1.0], [0.1, 0.7], [-1e-8, 3e-8]),
        "normal": ([0.0, 0.05], [0.1, 1.0], [-2.0, 1e-6]),
        "truncated": ([0.0, 0.05], [0.1, 1.0], [-2.0, 1e-6]),
    }
    functions = {
        "uniform": v1.random_uniform_initializer,
        "normal": v1.random_normal_initializer,
        "truncated": v1.truncated_normal_initializer,
    }
    for kind, all_numbers in cases.items():
        for numbers in all_numbers:
            for dtype in DTYPES:
                with tf.Graph().as_default() as graph:
                    tensor = functions[kind](*numbers, seed=1)((1000,), dtype=dtype)
                    with v1.Session(graph=graph) as session:
                        values = session.run(tensor)
                yield [kind, numbers, dtype, digest(values), head(values)]


def main() -> None:
    sections = {"operations": graph_rows(), "unseeded": unseeded_rows(), "plain": plain_rows()}
    if TWO:
        sections["eager"] = eager_rows()
    sections = {name: list(rows) for name, rows in sections.items()}
    write(f"tensorflow-{RELEASE}.json", {"tensorflow": tf.__version__, "runs": RUNS}, sections)


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    main()
