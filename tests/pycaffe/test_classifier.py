"""Classifier and Detector over a net whose scores are known: means of the channels, times 1, 2 and 3."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import caffe_fillers as cf
import caffe_fillers.pycaffe as caffe
from caffe_fillers.pycaffe.unavailable import NotCaffeError

pytest.importorskip("onnx", reason="onnx is not installed", exc_type=ImportError)
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed", exc_type=ImportError)

NET = """
input: "data" input_dim: 3 input_dim: 3 input_dim: 4 input_dim: 4
layer { name: "pool" type: "Pooling" bottom: "data" top: "pool"
  pooling_param { pool: AVE global_pooling: true } }
layer { name: "ip" type: "InnerProduct" bottom: "pool" top: "ip" inner_product_param { num_output: 3 } }
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    path = tmp_path / "deploy.prototxt"
    path.write_text(NET)
    net = caffe.Net(str(path), caffe.TEST)
    net.params["ip"][0].data[...] = np.diag([1, 2, 3])
    net.save(tmp_path / "trained.caffemodel")
    return str(path), str(tmp_path / "trained.caffemodel")


def image(height: int, width: int) -> np.ndarray:
    """Reds of 0.2, greens of 0.4, blues of 0.6 with one bright column on the right."""
    made = np.full((height, width, 3), (0.2, 0.4, 0.6), np.float32)
    made[:, -1] = 1
    return made


def test_scores_of_the_center(files: tuple[str, str]) -> None:
    """Channels swapped to BGR, times 255, minus the mean, times the scale."""
    classifier = caffe.Classifier(
        *files,
        image_dims=(8, 8),
        mean=np.array([10.0, 20, 30]),
        raw_scale=255,
        input_scale=0.5,
        channel_swap=(2, 1, 0),
    )
    assert isinstance(classifier, caffe.Net)
    scores = classifier.predict([image(8, 8)] * 4, oversample=False)
    bgr = np.array([0.6, 0.4, 0.2]) * 255 - np.array([10, 20, 30])
    np.testing.assert_allclose(scores, [bgr * 0.5 * np.array([1, 2, 3])] * 4, rtol=1e-5)


def test_ten_crops_are_averaged(files: tuple[str, str]) -> None:
    """Four of ten crops, two and their mirrors, have the bright column: a quarter of their pixels."""
    classifier = caffe.Classifier(*files, image_dims=(8, 8))
    mean = 0.4 * 0.25 * (1 - np.array([0.2, 0.4, 0.6])) + np.array([0.2, 0.4, 0.6])
    np.testing.assert_allclose(classifier.predict([image(8, 8)]), [mean * (1, 2, 3)], rtol=1e-5)


def test_images_are_resized_to_the_input(files: tuple[str, str]) -> None:
    scores = caffe.Classifier(*files).predict([np.full((9, 5, 3), 0.5)], oversample=False)
    np.testing.assert_allclose(scores, [[0.5, 1, 1.5]], rtol=1e-5)


def detector(files: tuple[str, str], folder: Path, **settings: object) -> tuple[caffe.Detector, str]:
    pillow = pytest.importorskip("PIL.Image", reason="pillow is not installed")
    name = str(folder / "image.png")
    pillow.fromarray((image(8, 12) * 255).astype(np.uint8)).save(name)
    return caffe.Detector(*files, **settings), name  # type: ignore[arg-type]


def test_windows_are_scored(files: tuple[str, str], tmp_path: Path) -> None:
    made, name = detector(files, tmp_path)
    windows = [np.array([0, 0, 4, 4]), (2, 11, 6, 12)]
    found = made.detect_windows([(name, windows)])
    assert [each["filename"] for each in found] == [name, name]
    assert found[1]["window"] == windows[1]
    np.testing.assert_allclose(found[0]["prediction"], [0.2, 0.8, 1.8], rtol=1e-3)
    np.testing.assert_allclose(found[1]["prediction"], [1, 2, 3], rtol=1e-3)


def test_context_outside_the_image_is_the_mean(files: tuple[str, str], tmp_path: Path) -> None:
    """A window of 2 x 2 in a corner, with a pixel of the input as context on each side."""
    mean = np.array([0.3, 0.2, 0.1])
    made, name = detector(files, tmp_path, mean=mean, channel_swap=(2, 1, 0), context_pad=1)
    crop = made.crop(caffe.io.load_image(name), np.array([0, 0, 2, 2]))
    assert crop.shape == (4, 4, 3)
    assert crop[0, 0].tolist() == pytest.approx([0.1, 0.2, 0.3])
    assert crop[-1, -1].tolist() == pytest.approx([0.2, 0.4, 0.6], abs=1e-2)
    (found,) = made.detect_windows([(name, [np.array([0, 0, 2, 2])])])
    inside = (crop != crop[0, 0]).any(axis=2).mean()
    expected = inside * (np.array([0.6, 0.4, 0.2]) - mean) * (1, 2, 3)
    np.testing.assert_allclose(found["prediction"], expected, rtol=2e-2)


def test_no_windows_no_scores_no_matlab(files: tuple[str, str], tmp_path: Path) -> None:
    made, name = detector(files, tmp_path)
    assert made.detect_windows([(name, [])]) == []
    with pytest.raises(NotCaffeError, match="detect_windows"):
        made.detect_selective_search([name])


def test_a_mean_of_other_channels_is_refused(files: tuple[str, str]) -> None:
    with pytest.raises((ValueError, cf.CaffeFillersError), match="channels"):
        caffe.Classifier(*files, mean=np.zeros(4))
