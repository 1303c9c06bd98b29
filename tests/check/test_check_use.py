"""Files as people have them: rounded, rearranged, renamed, begun late, with a seed that is not theirs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from damages import load
from paths import CORPUS, LENET

import caffe_fillers as cf
from caffe_fillers.check import CheckResult, Kind, check_model
from caffe_fillers.check.differences import difference
from caffe_fillers.check.words import sentence
from caffe_fillers.cli import main
from caffe_fillers.frameworks.arrangements import arrangements, rearranged
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.schema import LayerParameter


def half(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float16)


def brain(values: np.ndarray) -> np.ndarray:
    bits = np.ascontiguousarray(values).view(np.uint32)
    return (bits + np.uint32(0x8000) & np.uint32(0xFFFF0000)).view(np.float32)


def changed(net: cf.Net, change: object, layers: tuple[str, ...] | None = None) -> Model:
    weights = net.fill(seed=7)
    for layer, blobs in weights.items():
        if layers is None or layer in layers:
            blobs[0][...] = change(blobs[0]).reshape(blobs[0].shape).copy()  # type: ignore[operator]
    return weights.model()


def said_of(result: CheckResult, layer: str) -> str:
    return next(each.diagnosis for each in result.verdicts if (each.layer, each.index) == (layer, 0))


@pytest.mark.parametrize(("change", "kind"), [(half, "float16"), (brain, "bfloat16")])
def test_rounded_weights(change: object, kind: str) -> None:
    net = cf.load_net(LENET)
    model = changed(net, change)
    assert f"every value is one of {kind}" in check_model(net.plan, model, quick=True).notes[0]
    refused = check_model(net.plan, model, seed=7, quick=True)
    assert f"rounded to {kind}" in said_of(refused, "conv1")
    forgiven = float(said_of(refused, "conv1").split("--tolerance ")[1].split()[0])
    assert check_model(net.plan, model, seed=7, tolerance=forgiven).passed
    assert not check_model(net.plan, model, seed=8, tolerance=forgiven, quick=True).passed
    found = [
        check_model(net.plan, model, seeds=seeds, tolerance=forgiven, quick=True).seed
        for seeds in (range(5000), range(8, 5000))
    ]
    assert found == [7, None]


def test_whole_precision_has_no_such_note() -> None:
    net = cf.load_net(LENET)
    model = changed(net, lambda values: values[::-1, ::-1] * np.float32(0.1))
    assert check_model(net.plan, model, quick=True).notes == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda values: values.transpose(0, 1, 3, 2), "axes in the order 0, 1, 3, 2"),
        (lambda values: values.transpose(2, 3, 1, 0), "axes in the order 2, 3, 1, 0"),
        (lambda values: values[:, ::-1], "axis 1 reversed: another order of the channels"),
        (lambda values: values[:, :, ::-1, ::-1], "axes 2, 3 reversed: kernels turned"),
    ],
)
def test_rearranged_weights(change: object, said: str) -> None:
    """Of the first layer too, whose values alone can give the seed."""
    net = load("small_fcn")
    result = check_model(net.plan, changed(net, change, ("c1",)))
    assert result.seed == 7
    assert said in said_of(result, "c1")


def test_values_in_any_other_order() -> None:
    wanted = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    assert rearranged(np.random.default_rng(0).permutation(wanted.ravel()).reshape(2, 3, 4), wanted)
    assert rearranged(wanted + 1, wanted) == ""
    found = difference(wanted[::-1].copy(), wanted)
    assert found is not None
    assert (found.kind, sentence(found)) == (Kind.REORDERED, "the declared values, axis 0 reversed")


@pytest.mark.parametrize("shape", [(3,), (2, 3), (1, 5), (2, 3, 4), (4, 1, 3, 3), (2, 2, 2, 3, 2)], ids=str)
def test_arrangements_are_undone(shape: tuple[int, ...]) -> None:
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    seen = {values.tobytes()}
    for each in arrangements(shape):
        np.testing.assert_array_equal(each.undo(each.of(values)), values)
        assert each.of(values).tobytes() not in seen, each.name
        seen.add(each.of(values).tobytes())


def four_axes(blob: ModelBlob) -> ModelBlob:
    return replace(blob, shape=(1,) * (4 - len(blob.shape)) + blob.shape, four_axes=True)


@pytest.mark.parametrize("old", [False, True])
def test_renamed_layers_are_compared_all_the_same(old: bool) -> None:
    """Also where each blob has the four axes of an old file."""
    net = cf.load_net(LENET)
    model = net.fill(seed=7).model()
    layers = [
        replace(
            layer,
            parameter=LayerParameter(name=f"net/{layer.name}"),
            blobs=tuple(four_axes(blob) if old else blob for blob in layer.blobs),
        )
        for layer in model.layers
    ]
    result = check_model(net.plan, replace(model, layers=tuple(layers)))
    assert not result.passed
    assert result.structure[0] == (
        "layer 'conv1' is called 'net/conv1', if that is it: its blobs have the same shapes"
    )
    assert len(result.structure) == 4
    assert result.seed == 7


@pytest.mark.parametrize("seed", [None, 7])
def test_a_stream_that_began_late_is_followed(seed: int | None, tmp_path: Path) -> None:
    """A Data layer drew three words; the net has an Input in its place."""
    trained = load("lmdb_mirror")
    text = (CORPUS / "lmdb_mirror.prototxt").read_text().splitlines()
    axes = " ".join(f"dim: {axis}" for axis in trained.blob_shapes["data"] or ())
    data = f"type: 'Input' top: 'data' top: 'label' input_param {{shape {{{axes}}} shape {{dim: 3}}}}"
    text[1] = f"layer {{name: 'data' {data}}}"
    path = tmp_path / "deploy.prototxt"
    path.write_text("\n".join(text))
    result = check_model(cf.load_net(path).plan, trained.fill(seed=7).model(), seed=seed)
    assert result.passed
    assert result.seed == 7
    assert "3 words late" in result.notes[0]


@pytest.mark.parametrize(("late", "passes"), [(1, True), (4, True), (5, False)])
def test_up_to_four_words_are_forgiven_with_a_seed(late: int, passes: bool) -> None:
    """A data layer that the net does not show drew them."""
    net = cf.load_net(
        "layer { name: 'x' type: 'Input' top: 'x' input_param { shape { dim: 2 dim: 3 } } } layer { name: 'y'"
        " type: 'InnerProduct' bottom: 'x' top: 'y' inner_product_param { num_output: 9"
        " weight_filler { type: 'xavier' } } }"
    )
    stream = cf.Stream(7)
    stream.skip(late)
    result = check_model(net.plan, net.fill(stream=stream).model(), seed=7, quick=True)
    assert result.passed == passes


@pytest.mark.parametrize("ending", ["caffemodel", "caffemodel.txt", "h5", "npz", "safetensors"])
def test_every_format_gives_the_seed(ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / f"weights.{ending}"
    load("v1_net").fill(seed=7).save(path)
    net = CORPUS / "v1_net.prototxt"
    assert main(["check", str(net), str(path)]) == 0
    assert "seed: 7 (recovered from the values)" in capsys.readouterr().out


def test_weights_that_were_trained_a_little() -> None:
    wanted = np.random.default_rng(0).normal(0, 0.1, (30, 20)).astype(np.float32)
    moved = wanted + np.random.default_rng(1).uniform(-0.001, 0.001, wanted.shape).astype(np.float32)
    found = difference(moved, wanted)
    assert found is not None
    assert found.kind is Kind.MOVED
    assert "each moved by 0.001 at most: rounded, or trained a little?" in sentence(found)
    assert (
        difference(np.random.default_rng(2).normal(0, 0.1, wanted.shape).astype(np.float32), wanted) is None
    )


@pytest.mark.parametrize(
    ("layer", "order", "back"),
    [("ip1", (1, 0), "1, 0"), ("conv1", (2, 3, 1, 0), "3, 2, 0, 1"), ("conv2", (0, 2, 3, 1), "0, 3, 1, 2")],
)
def test_transposed_blobs_are_compared_all_the_same(layer: str, order: tuple[int, ...], back: str) -> None:
    net = cf.load_net(LENET)
    array = net.fill(seed=7)[layer][0].transpose(order)
    layers = []
    for each in net.fill(seed=7).model().layers:
        other = ModelBlob(array.shape, lambda: iter([array.ravel()]))
        layers.append(replace(each, blobs=(other, *each.blobs[1:])) if each.name == layer else each)
    model = net.fill(seed=7).model()
    result = check_model(net.plan, replace(model, layers=tuple(layers)))
    assert result.structure[0].endswith(f": transposed? read with its axes as {back}")
    assert not result.passed
    assert result.seed == 7
    assert {each.status.value for each in result.verdicts} == {"exact"}


def test_a_shape_that_no_order_gives_is_left_out() -> None:
    net, other = load("lmdb_plain"), load("lmdb_crop")
    result = check_model(net.plan, other.fill(seed=7).model())
    assert result.structure == ("layer 'fc' blob 0 has shape 3x36, 3x168 is declared",)
    assert [(each.layer, each.index) for each in result.verdicts] == [("conv", 0), ("conv", 1), ("fc", 1)]
