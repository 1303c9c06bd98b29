"""Files of C3D 1.0, whose BlobProto has a length: read, planned, written and checked."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest

import caffe_fillers as cf
from caffe_fillers.api.weights import load_weights
from caffe_fillers.cli import main
from caffe_fillers.formats.wire import prefix, varint_field

NET = """name: "clip"
input: "data"
input_dim: 2 input_dim: 3 input_dim: 4 input_dim: 8 input_dim: 8
layers { name: "a" type: CONVOLUTION3D bottom: "data" top: "a" blobs_lr: 1 blobs_lr: 2 convolution_param {
  num_output: 4 kernel_size: 3 kernel_depth: 2 weight_filler { type: "gaussian" std: 0.01 sparse: -1 } } }
layers { name: "p" type: POOLING3D bottom: "a" top: "p" pooling_param {
  kernel_size: 2 kernel_depth: 1 stride: 2 temporal_stride: 2 } }
layers { name: "r" type: RELU bottom: "p" top: "r" }
layers { name: "f" type: INNER_PRODUCT bottom: "r" top: "f" inner_product_param {
  num_output: 5 weight_filler { type: "gaussian" sparse: 2 } } }
layers { name: "g" type: INNER_PRODUCT bottom: "r" top: "g" inner_product_param {
  num_output: 5 weight_filler { type: "xavier" } } }
"""


def blob(axes: tuple[int, ...], values: list[float]) -> bytes:
    """A blob as C3D 1.0 serializes it: num, channels, length, height, width, data."""
    head = b"".join(varint_field(number, length) for number, length in enumerate(axes, 1))
    data = struct.pack(f"<{len(values)}f", *values)
    return head + prefix(6, len(data)) + data


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    """A model with one CONVOLUTION3D layer; its bias is of an older file, with a length of 0."""
    weight, bias = blob((2, 1, 3, 1, 2), [0.5] * 12), blob((1, 1, 0, 1, 2), [1.0, 2.0])
    layer = prefix(4, 2) + b"c1" + varint_field(5, 30)
    layer += b"".join(prefix(6, len(each)) + each for each in (weight, bias))
    path = tmp_path / "c3d.caffemodel"
    path.write_bytes(prefix(1, 4) + b"clip" + prefix(2, len(layer)) + layer)
    return path


def test_a_model_is_read(stored: Path) -> None:
    weights = load_weights(stored)
    assert [each.shape for each in weights["c1"]] == [(2, 1, 3, 1, 2), (1, 1, 1, 1, 2)]
    assert weights["c1"][1].ravel().tolist() == [1.0, 2.0]


@pytest.mark.parametrize("extension", [".npz", ".safetensors", ".caffemodel.prototxt"])
def test_a_model_goes_through_other_formats(stored: Path, extension: str) -> None:
    other, again = stored.with_name(f"y{extension}"), stored.with_name("z.caffemodel")
    assert main(["convert", str(stored), str(other)]) == main(["convert", str(other), str(again)]) == 0
    assert again.read_bytes() == stored.read_bytes().replace(
        b"\x18\x00", b"\x18\x01"
    )  # the length is written


def test_a_net_is_recognized_planned_and_read_again(tmp_path: Path) -> None:
    net = cf.load_net(io.BytesIO(NET.encode()))
    assert net.blob_shapes["a"] == (2, 4, 3, 6, 6)
    assert net.blob_shapes["p"] == (2, 4, 2, 3, 3)
    assert net.blob_shapes["r"] == (2, 4, 1, 3, 3)  # a neuron layer that is not in place forgets the length
    assert net.blob_shapes["r_r_0_split_1"] == (2, 4, 1, 3, 3)
    weights = net.fill(seed=3)
    assert [each.shape for each in weights["f"]] == [(1, 1, 1, 5, 36), (1, 1, 1, 1, 5)]
    bound = np.sqrt(np.float32(3) / np.float32(5 * 36))  # fan_in counts all values: count / num
    assert 0.9 * bound < np.abs(weights["g"][0]).max() <= bound
    weights.save(tmp_path / "x.caffemodel")
    again = load_weights(tmp_path / "x.caffemodel")
    assert {name: [each.tobytes() for each in blobs] for name, blobs in again.items()} == {
        name: [each.tobytes() for each in blobs] for name, blobs in weights.items()
    }


def test_a_file_is_checked_and_its_seed_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "net.prototxt").write_text(NET)
    net, model = str(tmp_path / "net.prototxt"), str(tmp_path / "x.caffemodel")
    assert main([net, "-o", model, "--seed", "7", "--quiet"]) == 0
    assert main(["check", net, model]) == 0
    assert "seed: 7" in capsys.readouterr().out


def test_the_second_input_begins_where_the_fourth_number_of_the_first_is() -> None:
    """net.cpp reads `input_dim` in steps of four, though an input has five."""
    text = 'input: "a" input: "b" ' + " ".join(f"input_dim: {dim}" for dim in range(1, 11))
    text += ' layers { name: "p" type: POOLING3D bottom: "a" top: "p" '
    text += "pooling_param { kernel_size: 1 kernel_depth: 1 } }"
    net = cf.load_net(io.BytesIO(text.encode()), dialect="c3d10")
    assert net.blob_shapes["a"] == (1, 2, 3, 4, 5)
    assert net.blob_shapes["b"] == (5, 6, 7, 8, 9)


@pytest.mark.parametrize(
    ("dims", "error"),
    [
        ("input_dim: 3 input_dim: 4 input_dim: 8", "3 input_dim; give 5 input_dim"),
        ("input_dim: 2 input_dim: 3 input_dim: 8 input_dim: 8", "2x3x8x8; five axes are needed"),
    ],
)
def test_fewer_numbers_than_five_for_an_input_are_refused(dims: str, error: str) -> None:
    name, head, _, *layers = NET.splitlines()
    with pytest.raises(cf.CaffeFillersError, match=error):
        cf.load_net(io.BytesIO("\n".join([name, head, dims, *layers]).encode()))
