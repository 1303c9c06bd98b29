"""Blobs with shapes and values, as pycaffe shows them."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.errors import UsageError
from caffe_fillers.shapes import check_blob_shape, given_shape, legacy_dim

Array = NDArray[np.float32]


class Blob:
    """A blob: `shape`, and float32 arrays `data` and `diff`, whose values can be assigned in place.

    Arrays are made, as zeros, when they are asked for. Blobs that share
    their values have one array; that of a Split's top is the array of the
    blob that is `copied`.

    >>> blob = Blob((2, 3))
    >>> blob.data[...] = 1
    >>> blob.data.sum(), blob.num, blob.channels, blob.height
    (np.float32(6.0), 2, 3, 1)
    """

    def __init__(self, shape: Sequence[int], data: Array | None = None, copied: Blob | None = None) -> None:
        self._shape = given_shape(shape)
        check_blob_shape(self._shape)
        self._data = data
        self._copied = copied
        self._diff: Array | None = None

    def __repr__(self) -> str:
        return f"Blob{self._shape}"

    @property
    def shape(self) -> tuple[int, ...]:
        """Lengths of the axes."""
        return self._shape

    @property
    def data(self) -> Array:
        """The values: a view, so that `blob.data[...] = values` changes the blob."""
        if self._copied is not None:
            return self._copied.data
        if self._data is None:
            self._data = np.zeros(self._shape, np.float32)
        return self._data

    @property
    def diff(self) -> Array:
        """The gradient, zeros until something is assigned."""
        if self._diff is None:
            self._diff = np.zeros(self._shape, np.float32)
        return self._diff

    @property
    def count(self) -> int:
        """Number of values."""
        return prod(self._shape)

    @property
    def num(self) -> int:
        """Length of the first of four axes."""
        return legacy_dim(self._shape, 0)

    @property
    def channels(self) -> int:
        """Length of the second of four axes."""
        return legacy_dim(self._shape, 1)

    @property
    def height(self) -> int:
        """Length of the third of four axes."""
        return legacy_dim(self._shape, 2)

    @property
    def width(self) -> int:
        """Length of the last of four axes."""
        return legacy_dim(self._shape, 3)

    def reshape(self, *shape: int) -> None:
        """Give the blob another shape; values that fit stay in their order, as in Caffe's memory."""
        new = given_shape(shape)
        check_blob_shape(new)
        self._data = _refilled(self._data, new)
        self._diff = _refilled(self._diff, new)
        self._shape = new

    def share(self, other: Blob) -> None:
        """Take the array of another blob of the same shape for one's own."""
        if other.shape != self.shape:
            raise UsageError(f"a blob of shape {self.shape} cannot share the values of one of {other.shape}")
        self._data = other.data


def _refilled(values: Array | None, shape: tuple[int, ...]) -> Array | None:
    if values is None:
        return None
    size = prod(shape)
    if size <= values.size:
        return values.reshape(-1)[:size].reshape(shape)
    larger = np.zeros(size, np.float32)
    larger[: values.size] = values.reshape(-1)
    return larger.reshape(shape)
