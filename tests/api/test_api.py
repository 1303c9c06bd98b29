"""The Python interface: weights copied as Caffe copies them, arrays that are shared, streams handed over."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from paths import CORPUS, LENET

import caffe_fillers as cf
from caffe_fillers.api.weights import load_weights, open_model
from caffe_fillers.cli import main
from caffe_fillers.copying import copy_weights
from caffe_fillers.errors import FormatError, NetError, UnknownNameError, UsageError
from caffe_fillers.model import Model

DATA = "layer { name: 'data' type: 'Input' top: 'data' input_param { shape { dim: 2 dim: 4 } } }\n"


def _product(name: str, outputs: int = 4, params: str = "", filler: str = "xavier") -> str:
    return (
        f"layer {{ name: '{name}' type: 'InnerProduct' bottom: 'data' top: '{name}{outputs}' {params} "
        f"inner_product_param {{ num_output: {outputs} weight_filler {{ type: '{filler}' }} }} }}\n"
    )


def _net(*layers: str) -> cf.Net:
    return cf.load_net(io.BytesIO((DATA + "".join(layers)).encode()))


def _model(*layers: str, seed: int = 1) -> Model:
    return _net(*layers).fill(seed=seed).model()


def _values(model: Model) -> dict[tuple[str, int], bytes]:
    """Bytes by layer and index; a second layer of a name has a prime."""
    found: dict[tuple[str, int], bytes] = {}
    for layer, index, blob in model.blobs():
        name = layer.name if (layer.name, index) not in found else f"{layer.name}'"
        found[name, index] = blob.array().tobytes()
    return found


# Net::CopyTrainedLayersFrom, src/caffe/net.cpp.


def test_layers_of_the_same_name_are_copied_and_others_ignored() -> None:
    target, source = _model(_product("a"), _product("b")), _model(_product("z"), _product("b"), seed=2)
    copied = copy_weights(target, source, "old.caffemodel")
    wanted = _values(target) | {("b", index): _values(source)["b", index] for index in (0, 1)}
    assert _values(copied.model) == wanted
    layers = {(target.layers[layer_id].name, index) for layer_id, index in copied.origins}
    assert layers == {("b", 0), ("b", 1)} and set(copied.origins.values()) == {"old.caffemodel"}
    assert copied.ignored == ("z",)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (_product("a", 5), r"old: blob 0 of layer 'a' has shape 5x4, the net's has 4x4; rename the layer"),
        (
            _product("a").replace("num_output", "bias_term: false num_output"),
            "'a' has 1 blobs, the net's has 2",
        ),
        (
            _product("a").replace("InnerProduct", "Bias"),
            "'a' has 1 blobs",
        ),
    ],
)
def test_what_does_not_fit_is_refused(source: str, message: str) -> None:
    with pytest.raises(NetError, match=message):
        copy_weights(_model(_product("a")), _model(source), "old")


def test_of_layers_with_one_name_the_first_is_the_target_and_the_last_the_source() -> None:
    twins = _product("a"), _product("a", 4).replace("'a4'", "'second'")
    target, source = _model(*twins), _model(*twins, seed=2)
    copied = copy_weights(target, source, "old").model
    assert _values(copied)["a", 0] == _values(source)["a'", 0]
    assert _values(copied)["a'", 0] == _values(target)["a'", 0]


SHARED = [
    _product("a", params="param { name: 'w' }"),
    _product("b", params="param { name: 'w' }").replace("b4", "bb"),
]


def test_a_copy_into_a_shared_blob_shows_in_all_layers_and_the_last_wins() -> None:
    target = _model(*SHARED)
    only_second = _model(_product("b"), seed=2)
    copied = copy_weights(target, only_second, "old").model
    assert _values(copied)["a", 0] == _values(copied)["b", 0] == _values(only_second)["b", 0]
    both = _model(_product("a"), _product("b"), seed=3)
    copied = copy_weights(target, both, "old").model
    assert _values(copied)["a", 0] == _values(copied)["b", 0] == _values(both)["b", 0]


def test_files_are_copied_in_their_order_and_closed_with_the_block(tmp_path: Path) -> None:
    for seed in (2, 3):
        _net(_product("a")).fill(seed=seed).save(tmp_path / f"{seed}.caffemodel")
    _net(_product("b")).fill(seed=4).save(tmp_path / "4.npz")
    net = _net(_product("a"), _product("b"))
    files = [str(tmp_path / name) for name in ("2.caffemodel", "3.caffemodel", "4.npz")]
    with net.with_weights(net.model(seed=1), files) as copied:
        values = _values(copied.model)
    assert values["a", 0] == load_weights(tmp_path / "3.caffemodel")["a"][0].tobytes()
    assert values["b", 0] == load_weights(tmp_path / "4.npz")["b"][0].tobytes()
    assert set(copied.origins.values()) == set(files[1:])
    with (
        pytest.raises(UsageError, match=r"'5\.caffemodel' are neither here nor beside"),
        net.with_weights(net.model(seed=1), ["5.caffemodel"]),
    ):
        pass


def test_the_command_copies_what_a_solver_and_the_user_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(DATA + _product("a") + _product("b"))
    Path("solver.prototxt").write_text("net: 'net.prototxt' random_seed: 5 weights: 'first.caffemodel'")
    _net(_product("a")).fill(seed=2).save("first.caffemodel")
    _net(_product("b")).fill(seed=3).save("second.npy.d")
    assert main(["solver.prototxt", "--weights", "second.npy.d", "--quiet"]) == 0
    weights = load_weights("solver.caffemodel")
    assert weights["a"][0].tobytes() == load_weights("first.caffemodel")["a"][0].tobytes()
    assert weights["b"][0].tobytes() == load_weights("second.npy.d")["b"][0].tobytes()


# Arrays.


def test_a_shared_blob_is_one_array_and_saved_as_it_is(tmp_path: Path) -> None:
    weights = _net(*SHARED).fill(seed=1)
    assert np.shares_memory(weights["a"][0], weights["b"][0])
    weights["b"][0][...] = 7
    assert (weights["a"][0] == 7).all()
    for name in (
        "net.caffemodel",
        "net.h5",
        "net.npz",
        "net.safetensors",
        "net.npy.d",
        "net.caffemodel.prototxt",
    ):
        weights.save(tmp_path / name)
        again = load_weights(tmp_path / name)
        assert (again["a"][0] == 7).all() and (again["b"][0] == 7).all()


def test_weights_are_a_mapping_of_float32_arrays() -> None:
    weights = cf.load_net(LENET).fill(seed=1701)
    assert list(weights) == ["conv1", "conv2", "ip1", "ip2"] and len(weights) == 4
    assert "pool1" not in weights and "conv1" in weights
    assert weights.num_parameters == 431_080
    assert all(
        blob.dtype == np.float32 and blob.flags.writeable for blobs in weights.values() for blob in blobs
    )
    with pytest.raises(KeyError):
        weights["pool1"]


def test_shared_parameters_are_counted_once() -> None:
    assert _net(*SHARED).fill(seed=1).num_parameters == 4 * 4 + 4 + 4
    assert _net(*SHARED).plan.num_parameters == 4 * 4 + 4 + 4


# Streams.


def test_a_stream_goes_on_where_a_net_ends() -> None:
    stream = cf.Stream(1701)
    first = cf.load_net(LENET).fill(stream=stream)
    second = cf.load_net(LENET).fill(stream=stream)
    assert first["conv1"][0].tobytes() == cf.load_net(LENET).fill(seed=1701)["conv1"][0].tobytes()
    assert first["conv1"][0].tobytes() != second["conv1"][0].tobytes()
    again = cf.Stream(1701)
    again.skip(stream.position)
    assert cf.fill((5,), "uniform", stream=again).tolist() == cf.fill((5,), "uniform", stream=stream).tolist()


def test_blobs_filled_one_by_one_are_those_of_the_net() -> None:
    weights = cf.load_net(LENET).fill(seed=7)
    stream = cf.Stream(7)
    for layer in weights:
        assert (
            cf.fill(weights[layer][0].shape, "xavier", stream=stream).tobytes() == weights[layer][0].tobytes()
        )


def test_fillers_that_are_thrown_away_move_the_stream() -> None:
    stream, alone = cf.Stream(1), cf.Stream(1)
    _net(*SHARED).fill(stream=stream)
    _net(SHARED[0]).fill(stream=alone)
    assert stream.position > alone.position  # the second layer's own weight was drawn, too


def test_a_solvers_test_nets_draw_after_its_training_net() -> None:
    net = cf.load_net(CORPUS / "solver_test_nets.prototxt")
    stream = cf.Stream(net.seed or 0)
    net.fill(stream=stream)
    assert net.test_plans
    trained = cf.Stream(net.seed or 0)
    for plan in (net.plan, *net.test_plans):
        for step in plan.steps:
            distribution = step.distribution() if hasattr(step, "distribution") else None
            if distribution is None:
                trained.skip(getattr(step, "words", 0))
            else:
                for _ in distribution.chunks(step.count, trained):
                    pass
    assert stream.position == trained.position


def test_a_stream_and_a_seed_are_not_given_together() -> None:
    with pytest.raises(UsageError, match="not both"):
        cf.load_net(LENET).fill(seed=1, stream=cf.Stream(1))
    with pytest.raises(UsageError, match="outside"):
        cf.fill((1,), "uniform", seed=-1)
    with pytest.raises(UsageError, match="the uniform filler takes"):
        cf.fill((1,), "uniform", std=1.0)
    with pytest.raises(UsageError, match="float16"):
        cf.fill((1,), "uniform", dtype="float16")
    with pytest.raises(UnknownNameError, match="did you mean 'xavier'"):
        cf.fill((1, 1), "xaviar")


def test_a_model_is_read_only_while_it_is_open(tmp_path: Path) -> None:
    path = tmp_path / "net.caffemodel"
    weights = _net(_product("a")).fill(seed=1)
    weights.save(path)
    with open_model(path) as model:
        assert next(iter(model.blobs()))[2].array().tobytes() == weights["a"][0].tobytes()
    with pytest.raises(UsageError, match="cannot read"):
        load_weights(tmp_path / "missing.caffemodel")
    with pytest.raises(UsageError, match="no weight format has the extension"):
        weights.save(tmp_path / "net.weights")
    with pytest.raises(FormatError, match="cannot write"):
        weights.save(tmp_path / "missing" / "net.caffemodel")


def _lenet() -> cf.Net:
    return cf.load_net(LENET)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: cf.fill((2, 3), "xavier", seed=1, boost=1.54), "write the release as a text"),
        (lambda: cf.fill((2, 3), "xavier", seed=1, caffe=1.0), "unknown Caffe release '1.0'"),
        (lambda: cf.fill((2, 3), "xavier", seed="a"), "seed 'a' is no whole number"),
        (lambda: cf.fill((2, 3), "xavier", seed=1.0), "seed 1.0 is no whole number"),
        (lambda: cf.fill((2, 3), "xavier", seed=-1), "outside 0 to"),
        (lambda: cf.fill(3, "xavier", seed=1), "shape 3 is no sequence"),
        (lambda: cf.fill((2.5, 3), "xavier", seed=1), r"shape \(2.5, 3\) is no sequence"),
        (lambda: cf.fill("23", "xavier", seed=1), "shape '23' is no sequence"),
        (lambda: _lenet().fill(seed="a"), "seed 'a' is no whole number"),
        (lambda: _lenet().fill(seed=1, boost=1.54), "write the release as a text"),
        (lambda: _lenet().signal(input_std=0), "std 0"),
        (lambda: _lenet().signal(input_mean=float("nan")), "mean nan"),
        (lambda: _lenet().only(["ip9"]), "unknown layer 'ip9'"),
        (lambda: cf.load_net(_lenet()), "not from Net"),
        (lambda: cf.load_net(None), "not from NoneType"),
        (lambda: cf.load_net(LENET, shapes={"data": 3}), "shape 3 is no sequence"),
        (lambda: cf.load_net(LENET, shapes={"data": (1, 1, 2.5, 2)}), "is no sequence of whole numbers"),
    ],
)
def test_arguments_that_make_no_sense(call: Callable[[], object], said: str) -> None:
    with pytest.raises(cf.CaffeFillersError, match=said):
        call()


def test_one_layer_may_be_named_without_a_list() -> None:
    one, listed = (_lenet().only(layers).fill(seed=1) for layers in ("ip1", ["ip1"]))
    assert list(one) == list(listed) == ["ip1"]
    assert one["ip1"][0].tobytes() == listed["ip1"][0].tobytes()


@pytest.mark.parametrize("shape", [[2, 3], np.array([2, 3]), (np.int64(2), np.int32(3))])
def test_lengths_of_any_whole_type(shape: object) -> None:
    assert cf.fill(shape, "xavier", seed=np.uint32(1)).shape == (2, 3)  # type: ignore[arg-type]
