"""Runs printed gluon blocks under Python 3.8; requests are described in port/port_workers.py."""

import json
import sys
import traceback
from pathlib import Path
from types import ModuleType

import mxnet as mx
import numpy as np
from mxnet.gluon import nn


def module_in(folder):
    """What was printed, as a module."""
    module, path = ModuleType("carried"), folder / "carried.py"
    exec(compile(path.read_text(), str(path), "exec"), module.__dict__)
    return module


def carried(folder):
    """The printed module, and a net of its last class."""
    module = module_in(folder)
    classes = [
        each for each in vars(module).values() if isinstance(each, type) and issubclass(each, nn.HybridBlock)
    ]
    return module, classes[-1]()


def arrays_of(path):
    with np.load(path) as file:
        return dict(file)


def run(folder):
    """The net's outputs, step by step and hybridised."""
    module, net = carried(folder)
    net = module.load(net, arrays_of(folder / "carried.npz"))
    inputs = [mx.nd.array(each) for each in arrays_of(folder / "inputs.npz").values()]
    made = {}
    for name in ("plain", "hybrid"):
        outputs = net(*inputs)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        made.update((f"{name}{number}", each.asnumpy()) for number, each in enumerate(outputs))
        net.hybridize()
    return made


def draw(folder):
    """The parameters that the net begins with, by the names that a saved file has."""
    _, net = carried(folder)
    mx.random.seed(1)
    net.initialize()
    net.save_parameters(str(folder / "drawn.params"))
    return {name: array.asnumpy() for name, array in mx.nd.load(str(folder / "drawn.params")).items()}


def initialise(folder):
    """Arrays that initialisers draw for parameters of their shapes."""
    mx.random.seed(1)
    made = {}
    for name, (initialiser, shape) in module_in(folder).INITIALISERS.items():
        parameter = mx.gluon.Parameter("weight", shape=shape, init=initialiser)
        parameter.initialize()
        made[name] = parameter.data().asnumpy()
    return made


def taken(folder):
    """What a block has of its own, so that no layer may be called so."""
    return {"names": np.array([name for name in dir(nn.HybridBlock()) if not name.startswith("_")])}


def main():
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        word, folder = json.loads(line)
        try:
            made = {"run": run, "draw": draw, "initialise": initialise, "taken": taken}[word](Path(folder))
            np.savez(Path(folder) / "outputs.npz", **made)
            error = ""
        except Exception:
            error = traceback.format_exc()
        print(json.dumps(error), file=answers, flush=True)


if __name__ == "__main__":
    main()
