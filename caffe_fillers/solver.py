"""What a solver says of the net that `caffe train` builds: src/caffe/solver.cpp, BVLC/caffe 9b8915401."""

from __future__ import annotations

from dataclasses import dataclass

from caffe_fillers.errors import NetError
from caffe_fillers.schema import TRAIN, NetParameter, NetState, SolverParameter

_SOURCES = ("net", "net_param", "train_net", "train_net_param")


@dataclass(frozen=True)
class TrainingNet:
    """The training net of a solver: a file's name or the net itself, and what the solver adds.

    `seed` is None where the solver leaves it to chance; `weights` are model
    files that are copied into the filled net.
    """

    source: str | NetParameter
    train_state: NetState
    seed: int | None
    weights: tuple[str, ...]

    def state(self, net: NetParameter) -> NetState:
        """`Solver::InitTrainNet`: phase TRAIN, then the net's own state, then the solver's train_state."""
        state = NetState(phase=TRAIN)
        state.MergeFrom(net.state)
        state.MergeFrom(self.train_state)
        return state


def training_net(solver: SolverParameter) -> TrainingNet:
    """The training net that a solver names; exactly one of the four fields that can must be set.

    >>> training_net(SolverParameter(net="lenet.prototxt", random_seed=7)).seed
    7
    """
    given = [name for name in _SOURCES if solver.HasField(name)]
    if len(given) != 1:
        raise NetError(
            f"the solver names {len(given) or 'no'} training nets"
            f"{' (' + ', '.join(given) + ')' if given else ''}: give exactly one of {', '.join(_SOURCES)}"
        )
    if solver.HasField("solver_type") and solver.HasField("type"):
        raise NetError("the solver has both the old solver_type and the new type; remove solver_type")
    seed = solver.random_seed if solver.random_seed >= 0 else None
    return TrainingNet(
        getattr(solver, given[0]),
        solver.train_state,
        None if seed is None else seed % 2**32,  # set_random_seed takes an unsigned int
        tuple(name for files in solver.weights for name in files.split(",")),
    )
