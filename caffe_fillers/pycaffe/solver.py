"""Solvers as far as they hold nets: what is built, seeded and filled before the first step."""

from __future__ import annotations

import os

from caffe_fillers.api.loading import load_net
from caffe_fillers.api.reading import read_net
from caffe_fillers.errors import UsageError
from caffe_fillers.prototxt import Tolerance
from caffe_fillers.pycaffe.net import Net
from caffe_fillers.pycaffe.process import reading, set_random_seed
from caffe_fillers.pycaffe.unavailable import refuse


class Solver:
    """The training net and the test nets of a solver, drawn in Caffe's order; steps are not done.

    A `random_seed` in the file begins the process's generator anew, as
    `Solver::Init` does (src/caffe/solver.cpp, BVLC/caffe 9b8915401).
    """

    iter = 0

    def __init__(self, solver_file: str | os.PathLike[str]) -> None:
        path = os.fspath(solver_file)
        tolerance = Tolerance.LENIENT if reading().lenient else Tolerance.CAREFUL
        if read_net(path, tolerance=tolerance).solver is None:
            raise UsageError(f"{path} is a net, not a solver: give it to caffe.Net")
        loaded = load_net(path, **reading().keywords())
        if loaded.seed is not None:
            set_random_seed(loaded.seed)
        self.net = Net.of_solver(loaded)
        for name in loaded.weights:
            found = loaded.folders.find(name)
            if found is None:
                raise UsageError(f"the weights {name!r} are neither here nor beside the solver")
            self.net.copy_from(found)
        self.test_nets = [Net.of_solver(loaded, number) for number in range(len(loaded.test_plans))]

    def share_weights(self, net: Net) -> None:
        """Let another net have the training net's values."""
        net.share_with(self.net)

    def step(self, iterations: int) -> None:
        """Not done: a `NotCaffeError`."""
        refuse("Solver.step")

    def solve(self, resume_file: str | None = None) -> None:
        """Not done: a `NotCaffeError`."""
        refuse("Solver.solve")

    def apply_update(self) -> None:
        """Not done: a `NotCaffeError`."""
        refuse("Solver.apply_update")

    def snapshot(self) -> None:
        """Not done: a `NotCaffeError`; `solver.net.save(name)` writes the weights."""
        refuse("Solver.snapshot (use solver.net.save)")

    def restore(self, filename: str) -> None:
        """Not done: a `NotCaffeError`."""
        refuse("Solver.restore")


class SGDSolver(Solver):
    """A solver of type SGD; the type makes no difference before the first step, nor in those below."""


class NesterovSolver(SGDSolver):
    """See `SGDSolver`."""


class AdaGradSolver(SGDSolver):
    """See `SGDSolver`."""


class RMSPropSolver(SGDSolver):
    """See `SGDSolver`."""


class AdaDeltaSolver(SGDSolver):
    """See `SGDSolver`."""


class AdamSolver(SGDSolver):
    """See `SGDSolver`."""


def get_solver(solver_file: str | os.PathLike[str]) -> Solver:
    """The solver that a file describes."""
    return SGDSolver(solver_file)
