"""What a solver names: nets, states, seed, weights; and what Caffe refuses before it trains."""

import json
from typing import Any

import pytest
from paths import CORPUS

from caffe_fillers import passes, prototxt
from caffe_fillers.errors import NetError
from caffe_fillers.schema import TEST, TRAIN, NetParameter, NetState, SolverParameter
from caffe_fillers.solver import SolverNet, read_solver, upgrade_solver

RUNS = {
    name: run
    for name, runs in json.loads((CORPUS / "goldens.json").read_text()).items()
    for run in runs
    if "solver" in run
}


def solver(text: str) -> SolverParameter:
    return prototxt.parse(text, SolverParameter).message


@pytest.mark.parametrize(("name", "run"), RUNS.items(), ids=RUNS)
def test_layers_are_those_that_caffe_saved(name: str, run: dict[str, Any]) -> None:
    net = read_solver(solver((CORPUS / f"{name}.prototxt").read_text())).train
    parameter = net.source
    if isinstance(parameter, str):
        parameter = prototxt.parse((CORPUS / parameter).read_text(), NetParameter).message
    prepared = passes.prepare(parameter, net.state, default=net.default, inline=net.inline).net
    assert [[layer.name, layer.type] for layer in prepared.layer] == run["layers"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("net: 'n'", ("n", NetState())),
        ("train_net: 'n' train_state { stage: 's' level: 2 }", ("n", NetState(level=2, stage=["s"]))),
        ("net_param { name: 'inline' }", ("inline", NetState())),
        (
            "train_net_param { name: 'inline' } test_net: 't' test_iter: 1 test_interval: 1",
            ("inline", NetState()),
        ),
    ],
)
def test_the_training_net(text: str, expected: tuple[str, NetState]) -> None:
    train = read_solver(solver(text)).train
    assert (_name(train), _plain(train.state)) == expected
    assert train.inline == ("_param {" in text)
    assert train.default == NetState(phase=TRAIN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("net: 'n'", []),
        ("net: 'n' test_iter: 9 test_interval: 1", ["n"]),
        ("net: 'n' test_iter: [9, 9] test_interval: 1", ["n", "n"]),
        (
            "net: 'n' test_net: 't' test_net_param { name: 'p' } test_iter: [1, 1, 1] test_interval: 1",
            ["p", "t", "n"],
        ),
        (
            "net_param { name: 'n' } test_net: ['t', 'u'] test_iter: [1, 1, 1] test_interval: 1",
            ["t", "u", "n"],
        ),
        ("train_net: 'n' test_net: 't' test_iter: 1 test_interval: 1", ["t"]),
    ],
)
def test_test_nets_in_the_order_of_building(text: str, expected: list[str]) -> None:
    tests = read_solver(solver(text)).tests
    assert [_name(test) for test in tests] == expected
    assert all(test.default == NetState(phase=TEST) for test in tests)


def test_each_test_net_has_its_state() -> None:
    text = "net: 'n' test_iter: [1, 1] test_interval: 1 test_state { stage: 'a' } test_state { level: 1 }"
    states = [_plain(test.state) for test in read_solver(solver(text)).tests]
    assert states == [NetState(stage=["a"]), NetState(level=1)]


@pytest.mark.parametrize(
    ("text", "seed"),
    [
        ("", None),
        ("random_seed: -1", None),
        ("random_seed: -5", None),
        ("random_seed: 0", 0),
        ("random_seed: 4294967295", 2**32 - 1),
        ("random_seed: 4294967297", 1),
        ("random_seed: 9223372036854775807", 2**32 - 1),
    ],
)
def test_seeds_are_cut_to_what_the_generator_takes(text: str, seed: int | None) -> None:
    assert read_solver(solver(f"net: 'n' {text}")).seed == seed


def test_the_old_type_of_a_fork_is_refused_by_name() -> None:
    with pytest.raises(NetError, match="unknown solver type 'SAG'"):
        read_solver(solver("net: 'n' solver_type: SAG"))


def test_weights_are_lists_of_files() -> None:
    assert read_solver(solver("net: 'n' weights: 'a, b' weights: ' c '")).weights == ("a", "b", "c")


@pytest.mark.parametrize("name", ["SGD", "NESTEROV", "ADAGRAD", "RMSPROP", "ADADELTA", "ADAM"])
def test_the_old_type_becomes_a_string(name: str) -> None:
    old = solver(f"net: 'n' solver_type: {name} lr_policy: 'fixed'")
    upgraded = upgrade_solver(old)
    assert not upgraded.HasField("solver_type")
    assert upgraded.type.upper() == name
    assert read_solver(old).type == upgraded.type
    assert old.HasField("solver_type") and upgraded.lr_policy == "fixed"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "here is none"),
        ("net: 'a' train_net: 'b'", "here is net and train_net"),
        ("net: 'n' solver_type: SGD type: 'SGD'", "both type and solver_type"),
        ("net: 'n' type: 'Adams'", "unknown solver type 'Adams' (did you mean 'Adam'?)"),
        ("net: 'n' average_loss: 0", "average_loss is 0"),
        ("net: 'n' type: 'AdaGrad' momentum: 0.9", "momentum is 0.9; AdaGrad works without"),
        ("net: 'n' solver_type: RMSPROP momentum: 0.9", "momentum is 0.9; RMSProp works without"),
        ("net: 'n' type: 'RMSProp' rms_decay: 1", "rms_decay is 1"),
        ("net: 'n' test_net: 't'", "0 test_iter for 1 test nets"),
        ("train_net: 'n' test_net: 't' test_iter: [1, 1]", "2 test_iter for 1 test nets"),
        ("net: 'n' test_iter: 1", "test_interval is 0"),
        ("net: 'n' test_iter: [1, 1] test_interval: 1 test_state { }", "1 test_state for 2 test nets"),
    ],
)
def test_what_caffe_refuses(text: str, message: str) -> None:
    with pytest.raises(NetError) as caught:
        read_solver(solver(text), path="solver.prototxt")
    assert str(caught.value).startswith("solver.prototxt: ")
    assert message in str(caught.value)


def _name(net: SolverNet) -> str:
    return net.source if isinstance(net.source, str) else net.source.name


def _plain(state: NetState) -> NetState:
    """The state without what the reader of the text noted."""
    return NetState(**{name.name: value for name, value in state.ListFields() if name.name != "text_extra"})
