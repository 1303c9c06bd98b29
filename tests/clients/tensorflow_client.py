"""Runs printed graphs of TensorFlow 1 under Python 3.7; requests are described in port/port_workers.py."""

import json
import os
import sys
import traceback
from pathlib import Path
from types import ModuleType

import numpy as np

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow.compat.v1 as tf


def arrays_of(path):
    with np.load(path) as file:
        return dict(file)


def module_of(folder):
    module, path = ModuleType("carried"), folder / "carried.py"
    exec(compile(path.read_text(), str(path), "exec"), module.__dict__)
    return module


def graph(module, folder):
    """The results of the printed graph, and what its placeholders are given: any number of items."""
    inputs = list(arrays_of(folder / "inputs.npz").values())
    places = [tf.placeholder(tf.float32, [None, *each.shape[1:]]) for each in inputs]
    return module.build(*places), dict(zip(places, inputs))  # noqa: B905 - Python 3.7


def run(folder, session):
    """The outputs with the arrays of the layout."""
    module = module_of(folder)
    results, given = graph(module, folder)
    module.load(session, arrays_of(folder / "carried.npz"))
    results = results if isinstance(results, tuple) else (results,)
    return {f"output{number}": session.run(each, given) for number, each in enumerate(results)}


def draw(folder, session):
    """The variables that the graph begins with."""
    graph(module_of(folder), folder)
    session.run(tf.global_variables_initializer())
    return {variable.op.name: session.run(variable) for variable in tf.global_variables()}


def initialise(folder, session):
    """Arrays that initialisers draw for variables of their shapes."""
    wanted = module_of(folder).INITIALISERS
    made = {
        name: tf.get_variable(f"variable{number}", shape, initializer=initialiser)
        for number, (name, (initialiser, shape)) in enumerate(wanted.items())
    }
    session.run(tf.global_variables_initializer())
    return session.run(made)


def main():
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        word, folder = json.loads(line)
        try:
            with tf.Graph().as_default(), tf.Session() as session:
                tf.set_random_seed(1)
                made = {"run": run, "draw": draw, "initialise": initialise}[word](Path(folder), session)
            np.savez(Path(folder) / "outputs.npz", **made)
            error = ""
        except Exception:
            error = traceback.format_exc()
        print(json.dumps(error), file=answers, flush=True)


if __name__ == "__main__":
    main()
