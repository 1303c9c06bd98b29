"""Read what a solver says about weights: which nets, in which states, with which seed.

`caffe train` builds the training net, then the test nets, all from one
random stream; only the training net's weights are kept. Files are named
here, not opened. src/caffe/solver.cpp, src/caffe/util/upgrade_proto.cpp
and include/caffe/sgd_solvers.hpp, BVLC/caffe 9b8915401.
"""

from __future__ import annotations

from dataclasses import dataclass

from caffe_fillers.errors import NetError, UnknownNameError
from caffe_fillers.schema import TEST, TRAIN, NetParameter, NetState, Phase, SolverParameter

_SEEDS = 2**32  # the generator takes an unsigned int of what is an int64 in the file

_TYPES = {
    SolverParameter.SGD: "SGD",
    SolverParameter.NESTEROV: "Nesterov",
    SolverParameter.ADAGRAD: "AdaGrad",
    SolverParameter.RMSPROP: "RMSProp",
    SolverParameter.ADADELTA: "AdaDelta",
    SolverParameter.ADAM: "Adam",
}
_WITHOUT_MOMENTUM = ("AdaGrad", "RMSProp")
_TRAIN_NETS = ("net", "net_param", "train_net", "train_net_param")


@dataclass(frozen=True)
class SolverNet:
    """A net that a solver builds: `passes.prepare(net, state, default=default, inline=inline)` gives it.

    `source` is a file's name, or the net itself where it stands in the
    solver. The net's own state goes between `default` and `state`.
    """

    source: str | NetParameter
    phase: Phase
    state: NetState

    @property
    def default(self) -> NetState:
        """The state that the net's own and `state` override."""
        return NetState(phase=self.phase)

    @property
    def inline(self) -> bool:
        """Whether the net stands in the solver; Caffe does not upgrade it then."""
        return not isinstance(self.source, str)


@dataclass(frozen=True)
class Training:
    """The state that Caffe holds before the first iteration of a solver.

    `seed` is None where Caffe would take a fresh one. `weights` are the
    caffemodels that are copied into the net once it is filled, in order. The level in
    `train_state` counts, although the command `caffe train` puts its own
    --level over it: what Caffe's Solver holds is meant.
    """

    type: str
    train: SolverNet
    tests: tuple[SolverNet, ...]
    seed: int | None
    weights: tuple[str, ...]


def read_solver(solver: SolverParameter, *, path: str = "") -> Training:
    """The nets, states and seed of a solver; what Caffe refuses before it trains is a `NetError`.

    `path` is named in errors.

    >>> training = read_solver(SolverParameter(net="lenet.prototxt", random_seed=-1))
    >>> training.train.source, training.seed
    ('lenet.prototxt', None)
    """
    try:
        solver = upgrade_solver(solver)
        _check(solver)
        return Training(
            type=solver.type,
            train=SolverNet(_train_source(solver), TRAIN, solver.train_state),
            tests=_test_nets(solver),
            seed=solver.random_seed % _SEEDS if solver.random_seed >= 0 else None,
            weights=tuple(name.strip() for names in solver.weights for name in names.split(",")),
        )
    except NetError as error:
        raise NetError(f"{path}: {error}" if path else str(error)) from None


def upgrade_solver(solver: SolverParameter) -> SolverParameter:
    """A solver with the old enum `solver_type` as a string in `type`; both at once are a `NetError`."""
    if not solver.HasField("solver_type"):
        return solver
    if solver.HasField("type"):
        raise NetError("the solver has both type and solver_type, the older form; remove solver_type")
    upgraded = SolverParameter()
    upgraded.CopyFrom(solver)
    name = SolverParameter.SolverType.Name(solver.solver_type)  # a fork may have more types
    upgraded.type = _TYPES.get(solver.solver_type, name)
    upgraded.ClearField("solver_type")
    return upgraded


def _check(solver: SolverParameter) -> None:
    if solver.type not in _TYPES.values():
        raise NetError(str(UnknownNameError("solver type", solver.type, _TYPES.values())))
    if solver.average_loss < 1:
        raise NetError(f"average_loss is {solver.average_loss}; Caffe needs at least 1")
    if solver.type in _WITHOUT_MOMENTUM and solver.momentum:
        raise NetError(f"momentum is {solver.momentum:g}; {solver.type} works without, remove it")
    if solver.type == "RMSProp" and not 0 <= solver.rms_decay < 1:
        raise NetError(f"rms_decay is {solver.rms_decay:g}; it must lie in 0 <= rms_decay < 1")


def _train_source(solver: SolverParameter) -> str | NetParameter:
    given = [name for name in _TRAIN_NETS if solver.HasField(name)]
    if len(given) != 1:
        found = " and ".join(given) or "none"
        tests = "; to fill its test net, give that file itself" if solver.test_net and not given else ""
        raise NetError(
            f"a solver names its training net by one of {', '.join(_TRAIN_NETS)}; here is {found}{tests}"
        )
    source: str | NetParameter = getattr(solver, given[0])
    return source


def _test_nets(solver: SolverParameter) -> tuple[SolverNet, ...]:
    """Test nets in the order in which they are built: messages, then files, then `net` or `net_param` again.

    The last is built once for each `test_iter` that is left.
    """
    sources: list[str | NetParameter] = [*solver.test_net_param, *solver.test_net]
    left = len(solver.test_iter) - len(sources)
    shared = solver.HasField("net") or solver.HasField("net_param")
    if left < 0 or (left > 0 and not shared):
        raise NetError(f"{len(solver.test_iter)} test_iter for {len(sources)} test nets; give one for each")
    sources += [_train_source(solver)] * left
    states = list(solver.test_state) or [NetState()] * len(sources)
    if len(states) != len(sources):
        raise NetError(f"{len(states)} test_state for {len(sources)} test nets; give one for each or none")
    if sources and solver.test_interval <= 0:
        raise NetError(f"test_interval is {solver.test_interval}; with test nets Caffe needs at least 1")
    return tuple(SolverNet(source, TEST, state) for source, state in zip(sources, states, strict=True))
