"""Images made ready for a net's input, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.errors import UsageError, suggestion
from caffe_fillers.pycaffe.images import Image, resize_image


class Transformer:
    """Settings for each input of a net, by name; `inputs` are the inputs' shapes.

    In this order: resize, transpose, swap channels, scale raw values,
    subtract the mean, scale.

    >>> transformer = Transformer({"data": (1, 3, 2, 2)})
    >>> transformer.set_transpose("data", (2, 0, 1))
    >>> transformer.set_raw_scale("data", 255)
    >>> transformer.preprocess("data", np.ones((4, 4, 3))).shape
    (3, 2, 2)
    """

    def __init__(self, inputs: Mapping[str, Sequence[int]]) -> None:
        self.inputs = {name: tuple(shape) for name, shape in inputs.items()}
        self.transpose: dict[str, Sequence[int]] = {}
        self.channel_swap: dict[str, Sequence[int]] = {}
        self.raw_scale: dict[str, float] = {}
        self.mean: dict[str, NDArray[Any]] = {}
        self.input_scale: dict[str, float] = {}

    def _shape(self, name: str) -> tuple[int, ...]:
        if name not in self.inputs:
            known = ", ".join(self.inputs)
            raise UsageError(
                f"{name!r} is not one of the net's inputs{suggestion(name, self.inputs)}: {known}"
            )
        return self.inputs[name]

    def preprocess(self, in_: str, data: NDArray[Any]) -> Image:
        """An image of height x width x channels as the values of an input."""
        size = self._shape(in_)[2:]
        image = data.astype(np.float32)
        if image.shape[:2] != size:
            image = resize_image(image, size)
        image = image.transpose(self.transpose.get(in_, range(image.ndim)))
        if in_ in self.channel_swap:
            image = image[list(self.channel_swap[in_])]
        image = image * np.float32(self.raw_scale.get(in_, 1))
        image = image - np.asarray(self.mean.get(in_, 0), np.float32)
        return np.asarray(image * np.float32(self.input_scale.get(in_, 1)), np.float32)

    def deprocess(self, in_: str, data: NDArray[Any]) -> NDArray[Any]:
        """The values of an input as an image: `preprocess` backwards, without resizing."""
        self._shape(in_)
        image: NDArray[Any] = data.squeeze()
        image = image / self.input_scale.get(in_, 1)
        image = image + self.mean.get(in_, 0)
        image = image / self.raw_scale.get(in_, 1)
        if in_ in self.channel_swap:
            image = image[np.argsort(self.channel_swap[in_])]
        if in_ in self.transpose:
            image = image.transpose(np.argsort(self.transpose[in_]))
        return image

    def set_transpose(self, in_: str, order: Sequence[int]) -> None:
        """The order of axes; (2, 0, 1) makes channels x height x width."""
        if len(order) != len(self._shape(in_)) - 1:
            raise UsageError(f"transpose {tuple(order)} must name each of the input's axes after the first")
        self.transpose[in_] = order

    def set_channel_swap(self, in_: str, order: Sequence[int]) -> None:
        """The order of channels, after the transpose; (2, 1, 0) makes BGR of RGB."""
        if len(order) != self._shape(in_)[1]:
            raise UsageError(f"channel_swap {tuple(order)} must name each of the input's channels")
        self.channel_swap[in_] = order

    def set_raw_scale(self, in_: str, scale: float) -> None:
        """A factor before the mean; 255 for nets that were trained on bytes."""
        self._shape(in_)
        self.raw_scale[in_] = scale

    def set_mean(self, in_: str, mean: NDArray[Any]) -> None:
        """Set what is subtracted: a value a channel, or an image, which is resized to the input."""
        _, channels, *size = self._shape(in_)
        if mean.ndim == 1:
            if len(mean) != channels:
                raise ValueError(f"{len(mean)} means for {channels} channels")
            mean = mean[:, np.newaxis, np.newaxis]
        else:
            shape = mean.shape if mean.ndim == 3 else (1, *mean.shape)
            if len(shape) != 3:
                raise ValueError(f"a mean of shape {mean.shape} is neither one value a channel nor an image")
            if shape != (channels, *size):
                mean = _resized_mean(mean.reshape(shape), size)
        self.mean[in_] = mean

    def set_input_scale(self, in_: str, scale: float) -> None:
        """A factor after the mean."""
        self._shape(in_)
        self.input_scale[in_] = scale


def _resized_mean(mean: NDArray[Any], size: Sequence[int]) -> NDArray[Any]:
    least, greatest = mean.min(), mean.max()
    scaled = (mean - least) / ((greatest - least) or 1)
    resized = resize_image(scaled.transpose(1, 2, 0), size).transpose(2, 0, 1)
    return np.asarray(resized * (greatest - least) + least)
