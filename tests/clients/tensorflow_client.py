"""Draws by printed initializers of TensorFlow 1 under Python 3.7; requests: port/port_workers.py."""

import json
import os
import sys
import traceback
from pathlib import Path
from types import ModuleType

import numpy as np

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import tensorflow.compat.v1 as tf


def module_of(folder):
    module, path = ModuleType("carried"), folder / "carried.py"
    exec(compile(path.read_text(), str(path), "exec"), module.__dict__)
    return module


def initialize(folder, session):
    """Arrays that initializers draw for variables of their shapes."""
    wanted = module_of(folder).INITIALIZERS
    made = {
        name: tf.get_variable(f"variable{number}", shape, initializer=initializer)
        for number, (name, (initializer, shape)) in enumerate(wanted.items())
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
                made = {"initialize": initialize}[word](Path(folder), session)
            np.savez(Path(folder) / "outputs.npz", **made)
            error = ""
        except Exception:
            error = traceback.format_exc()
        print(json.dumps(error), file=answers, flush=True)


if __name__ == "__main__":
    main()
