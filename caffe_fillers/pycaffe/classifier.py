"""pycaffe's Classifier: images in, scores out; python/caffe/classifier.py, BVLC/caffe 9b8915401."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.pycaffe.blobs import Array
from caffe_fillers.pycaffe.images import oversample as ten_crops
from caffe_fillers.pycaffe.images import resize_image
from caffe_fillers.pycaffe.net import Net
from caffe_fillers.pycaffe.transformer import Transformer
from caffe_fillers.schema import TEST

Path = str | os.PathLike[str]


def image_transformer(
    net: Net,
    mean: NDArray[Any] | None,
    input_scale: float | None,
    raw_scale: float | None,
    channel_swap: Sequence[int] | None,
) -> Transformer:
    """A transformer for the first input of a net, of images of height x width x channels."""
    name = net.inputs[0]
    transformer = Transformer({name: net.blobs[name].shape})
    transformer.set_transpose(name, (2, 0, 1))
    if mean is not None:
        transformer.set_mean(name, mean)
    if input_scale is not None:
        transformer.set_input_scale(name, input_scale)
    if raw_scale is not None:
        transformer.set_raw_scale(name, raw_scale)
    if channel_swap is not None:
        transformer.set_channel_swap(name, channel_swap)
    return transformer


class Classifier(Net):
    """A net with its weights in phase TEST, and how images become its input.

    Images are resized to `image_dims` (by default the input's height and
    width) and cropped to the input; `mean`, `input_scale`, `raw_scale` and
    `channel_swap` are those of `io.Transformer`.
    """

    def __init__(
        self,
        model_file: Path,
        pretrained_file: Path,
        image_dims: Sequence[int] | None = None,
        mean: NDArray[Any] | None = None,
        input_scale: float | None = None,
        raw_scale: float | None = None,
        channel_swap: Sequence[int] | None = None,
    ) -> None:
        super().__init__(model_file, TEST, weights=pretrained_file)
        self.transformer = image_transformer(self, mean, input_scale, raw_scale, channel_swap)
        self.crop_dims = np.array(self.blobs[self.inputs[0]].shape[2:])
        self.image_dims = np.array(self.crop_dims if image_dims is None else image_dims)

    def predict(self, inputs: Sequence[NDArray[Any]], oversample: bool = True) -> Array:
        """The scores of each image, height x width x channels, as rows: N x classes.

        With `oversample` they are means over ten crops (corners, center, and
        these mirrored), without it those of the center.
        """
        images = [resize_image(image, tuple(self.image_dims)) for image in inputs]
        if oversample:
            crops = ten_crops(images, tuple(self.crop_dims))
        else:
            top, left = ((self.image_dims - self.crop_dims) / 2).astype(int)
            height, width = self.crop_dims
            crops = np.array([image[top : top + height, left : left + width] for image in images])
        name = self.inputs[0]
        data = np.array([self.transformer.preprocess(name, crop) for crop in crops])
        scores = self.forward_all(None, **{name: data})[self.outputs[0]]
        return scores.reshape(len(images), 10, -1).mean(axis=1) if oversample else scores
