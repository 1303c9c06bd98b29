"""Arrays, messages and images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import caffe_fillers as cf
import caffe_fillers.pycaffe as caffe


@pytest.mark.parametrize("shape", [(), (3,), (2, 3), (1, 3, 4, 5), (2, 1, 2, 1, 2)])
def test_arrays_to_blobs_and_back(shape: tuple[int, ...]) -> None:
    array = np.float32(np.random.default_rng(1).normal(size=shape))
    proto = caffe.io.array_to_blobproto(array, diff=2 * array)
    assert np.array_equal(caffe.io.blobproto_to_array(proto), array)
    assert np.array_equal(caffe.io.blobproto_to_array(proto, return_diff=True), 2 * array)


def test_old_axes_and_vectors() -> None:
    proto = caffe.proto.caffe_pb2.BlobProto(num=1, channels=2, height=1, width=3, data=range(6))
    assert caffe.io.blobproto_to_array(proto).shape == (1, 2, 1, 3)
    arrays = [np.ones((2, 3)), np.zeros(4)]
    again = caffe.io.blobprotovector_str_to_arraylist(caffe.io.arraylist_to_blobprotovector_str(arrays))
    assert all(np.array_equal(one, other) for one, other in zip(arrays, again, strict=True))


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_datums(dtype: type) -> None:
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    datum = caffe.io.array_to_datum(array, 5)
    assert datum.label == 5
    assert np.array_equal(caffe.io.datum_to_array(datum), array)
    with pytest.raises(ValueError, match="three axes"):
        caffe.io.array_to_datum(np.zeros(3))


def test_a_mean_file_into_a_transformer(tmp_path: Path) -> None:
    """The way of a deployed net: a mean of the training images, RGB to BGR, and back."""
    mean = np.arange(3 * 4 * 4, dtype=np.float32).reshape(3, 4, 4)
    (tmp_path / "mean.binaryproto").write_bytes(caffe.io.array_to_blobproto(mean[None]).SerializeToString())
    blob = caffe.proto.caffe_pb2.BlobProto()
    blob.ParseFromString((tmp_path / "mean.binaryproto").read_bytes())
    transformer = caffe.io.Transformer({"data": (1, 3, 2, 2)})
    transformer.set_transpose("data", (2, 0, 1))
    transformer.set_channel_swap("data", (2, 1, 0))
    transformer.set_raw_scale("data", 255)
    transformer.set_mean("data", caffe.io.blobproto_to_array(blob)[0].mean(1).mean(1))
    image = np.float32(np.random.default_rng(2).random((2, 2, 3)))
    made = transformer.preprocess("data", image)
    expected = 255 * image.transpose(2, 0, 1)[::-1] - mean.mean(axis=(1, 2))[:, None, None]
    np.testing.assert_allclose(made, expected, rtol=1e-5)
    np.testing.assert_allclose(transformer.deprocess("data", made[None]), image, rtol=1e-4, atol=1e-6)
    with pytest.raises(cf.CaffeFillersError, match="did you mean 'data'"):
        transformer.set_raw_scale("dato", 1)


def test_resize_is_linear_between_pixels_as_areas() -> None:
    """A row of 0, 1 to four pixels: their middles lie at -1/4, 1/4, 3/4, 5/4 of the old ones."""
    image = np.repeat(np.float32([[0, 1]]), 2, axis=0)[:, :, None]
    resized = caffe.io.resize_image(image, (2, 4))[..., 0]
    np.testing.assert_allclose(resized, [[0, 0.25, 0.75, 0.75]] * 2)
    assert (caffe.io.resize_image(np.full((3, 3, 3), 7.0), (5, 2)) == 7).all()


@pytest.mark.parametrize("color", [True, False])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_images(mode: str, color: bool, tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image")
    pillow.new(mode, (5, 4), 51 if mode == "L" else (51, 51, 51, 0)[: len(mode)]).save(tmp_path / "image.png")
    image = caffe.io.load_image(str(tmp_path / "image.png"), color)
    assert image.shape == (4, 5, 3 if color else 1)
    np.testing.assert_allclose(image, 0.2, rtol=1e-6)


def test_oversample_is_corners_center_and_mirrors() -> None:
    image = np.arange(5 * 5, dtype=np.float32).reshape(5, 5, 1)
    crops = caffe.io.oversample([image], (3, 3))
    assert crops[:5, 0, 0, 0].tolist() == [0, 2, 10, 12, 6]
    assert np.array_equal(crops[5:], crops[:5, :, ::-1])
