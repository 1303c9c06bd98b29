"""Weight files that say what their net is: checked alone, in the shapes that their weights tell."""

from pathlib import Path

import pytest

import caffe_fillers as cf
from caffe_fillers.api.stored import load_net_of
from caffe_fillers.api.weights import open_model
from caffe_fillers.cli import main
from caffe_fillers.errors import UnknownShapeError
from caffe_fillers.shapes import UNKNOWN

HEAD = "input: 'x' input_shape { dim: 2 dim: 5 dim: 8 dim: 8 } "
CONVOLUTION = (
    "layer { name: 'c' type: 'Convolution' bottom: 'x' top: 'c' "
    "convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: 'xavier' } } } "
)
WIDE = HEAD.replace("dim: 8 dim: 8", "dim: 7 dim: 9")
INNER_PRODUCT = (
    "layer { name: 'ip' type: 'InnerProduct' bottom: 'c' top: 'ip' "
    "inner_product_param { num_output: 2 weight_filler { type: 'xavier' } } } "
)


def save(folder: Path, text: str, **options: str) -> str:
    """A file of weights, drawn with seed 7."""
    net = folder / "net.prototxt"
    net.write_text(text)
    weights = folder / "m.caffemodel"
    cf.load_net(net, **options).fill(seed=7).save(weights)  # type: ignore[arg-type]
    return str(weights)


# Caffes without an Input layer: their files hold the names of inputs alone.
OLD = [{"dialect": "segnet"}, {"dialect": "lisa"}, {"dialect": "pspnet"}, {"caffe": "rc2"}, {"caffe": "rc3"}]


@pytest.mark.parametrize("options", OLD, ids=str)
@pytest.mark.parametrize("group", ["", "group: 1"])
def test_a_file_with_names_of_inputs_alone_is_checked(
    options: dict[str, str], group: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = save(tmp_path, HEAD + CONVOLUTION.replace("kernel_size", f"{group} kernel_size"), **options)
    assert main(["check", weights]) == 0
    captured = capsys.readouterr()
    assert captured.out.endswith("passed\n")
    assert "'x' is taken as ?x5x?x?, as the weights have its channels" in captured.err


@pytest.mark.parametrize("extension", ["npz", "h5", "safetensors", "npy.d", "caffemodel.prototxt"])
def test_names_of_inputs_go_through_every_format(extension: str, tmp_path: Path) -> None:
    pytest.importorskip({"h5": "h5py", "safetensors": "safetensors"}.get(extension, "numpy"))
    weights = save(tmp_path, HEAD + CONVOLUTION, dialect="segnet")
    other, again = tmp_path / f"m.{extension}", tmp_path / "again.caffemodel"
    assert main(["convert", weights, str(other)]) == main(["convert", str(other), str(again)]) == 0
    assert again.read_bytes() == Path(weights).read_bytes()


def test_what_the_weights_do_not_tell_is_asked_for_by_the_files_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = save(tmp_path, WIDE + CONVOLUTION + INNER_PRODUCT, caffe="rc3")
    assert main(["check", weights]) == 2
    assert f"{weights}: layer 'ip' (InnerProduct)" in (said := capsys.readouterr().err)
    assert "--shape x=" in said
    assert main(["check", weights, "--shape", "x=2,5,7,9"]) == 0
    with open_model(weights) as model:
        with pytest.raises(UnknownShapeError):
            load_net_of(model, weights)
        net, shapes = load_net_of(model, weights, shapes={"x": (2, 5, 7, 9)})
    assert not shapes
    assert net.blob_shapes["ip"] == (2, 2)


def test_shapes_of_a_net_that_does_not_tell_them_come_from_the_weights(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = save(tmp_path, HEAD + CONVOLUTION)
    net = tmp_path / "open.prototxt"
    net.write_text("layer { name: 'x' type: 'Input' top: 'x' } " + CONVOLUTION)
    assert main(["check", str(net), weights]) == 0
    assert "taken as ?x5x?x?" in capsys.readouterr().err


def test_a_dialect_in_the_file_is_not_said_to_be_given(tmp_path: Path) -> None:
    text = HEAD + CONVOLUTION + "layer { name: 'p' type: 'Permute' bottom: 'c' top: 'p' permute_param {} }"
    with open_model(save(tmp_path, text, dialect="ssd")) as model:
        notes = [note.message for note in load_net_of(model, "m")[0].notes]
    assert "dialect ssd (recognized from the fields)" in notes
    assert UNKNOWN not in load_net_of(model, "m")[1].get("x", ())[:2]
