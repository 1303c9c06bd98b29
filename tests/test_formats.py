"""Every registered format carries every net of the corpus to every other format and back, byte for byte."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

import caffe_fillers as cf
from caffe_fillers.errors import FormatError
from caffe_fillers.formats import formats, read_model
from caffe_fillers.model import Model

CORPUS = Path(__file__).parent / "corpus"
NETS = ("all_fillers", "conv_nd", "recurrent", "siamese", "sharing_modes", "small_inception", "v1_net")
READABLE = [name for name in formats if formats[name].read is not None]


def _model(net: str) -> Model:
    return cf.load_net(CORPUS / f"{net}.prototxt").fill(seed=1701).model()


def _written(name: str, model: Model) -> io.BytesIO:
    file = io.BytesIO()
    formats[name].write(file, model)
    file.seek(0)
    return file


def _read(name: str, file: io.BytesIO) -> Model:
    return read_model(file, "file", name)


@pytest.mark.parametrize("net", NETS)
@pytest.mark.parametrize("first", READABLE)
def test_any_to_any_is_lossless(net: str, first: str) -> None:
    model = _model(net)
    expected = _written("caffemodel", model).getvalue()
    through_first = _read(first, _written(first, model))
    assert _written("caffemodel", through_first).getvalue() == expected
    for second in READABLE:
        through_both = _read(second, _written(second, through_first))
        assert _written("caffemodel", through_both).getvalue() == expected, second


@pytest.mark.parametrize("name", READABLE)
def test_writing_twice_gives_the_same_values(name: str) -> None:
    model = _model("small_resnet")
    again = _read(name, _written(name, model))
    for (_, _, wanted), (_, _, got) in zip(model.blobs(), again.blobs(), strict=True):
        assert wanted.array().tobytes() == got.array().tobytes()


@pytest.mark.parametrize("name", READABLE)
def test_what_is_not_the_format_is_refused(name: str) -> None:
    with pytest.raises(FormatError):
        _read(name, io.BytesIO(b"\xff" * 64))


@pytest.mark.parametrize("name", READABLE)
def test_a_file_cut_short_is_refused(name: str) -> None:
    whole = _written(name, _model("small_inception")).getvalue()
    with pytest.raises(FormatError):
        for _, _, blob in _read(name, io.BytesIO(whole[: len(whole) // 2])).blobs():
            blob.array()


def test_h5_is_laid_out_as_caffe_does(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    weights = cf.load_net(CORPUS / "siamese.prototxt").fill(seed=1701)
    weights.save(tmp_path / "net.caffemodel.h5")
    model = weights.model()
    with h5py.File(tmp_path / "net.caffemodel.h5") as file:
        assert set(file["data"]) == {layer.name for layer in model.layers}
        for layer in model.layers:
            owned = {str(index) for index, blob in enumerate(layer.blobs) if blob.owner is None}
            assert set(file["data"][layer.name]) == owned
            for index in owned:
                dataset = file["data"][layer.name][index]
                assert dataset.dtype == np.dtype("<f4")
                assert dataset[()].tobytes() == layer.blobs[int(index)].array().tobytes()


def test_npz_opens_with_numpy_alone() -> None:
    model = _model("small_inception")
    with np.load(_written("npz", model), allow_pickle=False) as file:
        for layer, index, blob in model.blobs():
            assert file[f"{layer.name}/{index}"].tobytes() == blob.array().tobytes()


def test_safetensors_opens_with_its_package() -> None:
    package = pytest.importorskip("safetensors.numpy")
    model = _model("small_inception")
    arrays = package.load(_written("safetensors", model).getvalue())
    for layer, index, blob in model.blobs():
        assert arrays[f"{layer.name}/{index}"].tobytes() == blob.array().tobytes()


def test_foreign_files_are_read_by_their_names() -> None:
    file = io.BytesIO()
    np.savez(file, **{"conv1.0": np.ones((2, 3), order="F"), "conv1.1": np.arange(2)})
    file.seek(0)
    (layer,) = _read("npz", file).layers
    assert layer.name == "conv1"
    assert [blob.array().tolist() for blob in layer.blobs] == [[[1, 1, 1], [1, 1, 1]], [0, 1]]
