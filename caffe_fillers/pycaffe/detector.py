"""pycaffe's Detector: scores of windows of images; python/caffe/detector.py, BVLC/caffe 9b8915401.

Windows are cut out with some context around them, as R-CNN does: Girshick et
al., Rich feature hierarchies, CVPR 2014.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.errors import UsageError
from caffe_fillers.pycaffe.classifier import Path, image_transformer
from caffe_fillers.pycaffe.images import Image, load_image, resize_image
from caffe_fillers.pycaffe.net import Net
from caffe_fillers.pycaffe.unavailable import refuse
from caffe_fillers.schema import TEST

Window = Sequence[int] | NDArray[Any]


class Detector(Net):
    """A net with its weights in phase TEST, and how windows of images become its input.

    `context_pad` is how many pixels of the input are context around the
    window; what lies outside the image is the mean. The other settings are
    those of `Classifier`.
    """

    def __init__(
        self,
        model_file: Path,
        pretrained_file: Path,
        mean: NDArray[Any] | None = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
        context_pad: int | None = None,
    ) -> None:
        super().__init__(model_file, TEST, weights=pretrained_file)
        self.transformer = image_transformer(self, mean, input_scale, raw_scale, channel_swap)
        self.configure_crop(context_pad)

    def configure_crop(self, context_pad: int | None) -> None:
        """Set the context, and with it what windows are filled up with: the mean as an image has it."""
        name = self.inputs[0]
        channels, height, width = self.blobs[name].shape[1:]
        self.crop_dims = np.array((height, width, channels))
        self.context_pad = context_pad or 0
        if self.context_pad and height != width:
            raise UsageError(f"context_pad wants an input as high as it is wide, not {height} x {width}")
        mean = np.zeros((channels, 1, 1), np.float32)
        mean = mean + np.asarray(self.transformer.mean.get(name, 0), np.float32)
        if name in self.transformer.channel_swap:
            mean = mean[np.argsort(self.transformer.channel_swap[name])]
        self.crop_mean = mean.transpose(1, 2, 0) / self.transformer.raw_scale.get(name, 1)

    def detect_windows(self, images_windows: Iterable[tuple[str, Iterable[Window]]]) -> list[dict[str, Any]]:
        """The scores of windows: a dict of `window`, `prediction` and `filename` for each.

        Of each image its file name and windows (ymin, xmin, ymax, xmax).
        """
        found: list[dict[str, Any]] = []
        crops: list[Image] = []
        name = self.inputs[0]
        for filename, windows in images_windows:
            image = load_image(filename)
            for window in windows:
                found.append({"window": window, "filename": filename})
                crops.append(self.transformer.preprocess(name, self.crop(image, window)))
        if not found:
            return []
        scores = self.forward_all(None, **{name: np.array(crops)})[self.outputs[0]]
        return [{**each, "prediction": row} for each, row in zip(found, scores, strict=True)]

    def detect_selective_search(self, image_fnames: Sequence[str]) -> list[dict[str, Any]]:
        """Not done, for it needs Matlab: a `NotCaffeError`; `detect_windows` takes windows."""
        refuse("Detector.detect_selective_search (use detect_windows)")

    def crop(self, im: NDArray[Any], window: Window) -> NDArray[Any]:
        """A window cut out of an image, with its context if there is any, then of the input's size."""
        top, left, bottom, right = (int(each) for each in window)
        if not self.context_pad:
            return im[top:bottom, left:right]
        size = int(self.crop_dims[0])
        half = np.array((bottom - top + 1, right - left + 1)) / 2
        grown = half * size / (size - 2 * self.context_pad)
        center = np.array((top, left)) + half
        first, last = np.round(center - grown), np.round(center + grown)
        scale = size / (last - first + 1)
        offset = np.round(np.maximum(0, -first) * scale).astype(int)
        limits = np.array(im.shape[:2])
        first, last = np.clip(first, 0, limits), np.clip(last, 0, limits)
        inside = np.minimum(np.round((last - first + 1) * scale).astype(int), size - offset)
        (y, x), (end_y, end_x) = first.astype(int), last.astype(int)
        cut = np.broadcast_to(self.crop_mean, tuple(self.crop_dims)).astype(np.float32)
        cut[offset[0] : offset[0] + inside[0], offset[1] : offset[1] + inside[1]] = resize_image(
            im[y:end_y, x:end_x], inside
        )
        return cut
