"""Between numpy's arrays and Caffe's messages BlobProto and Datum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.schema import BlobProto, BlobProtoVector, Datum

_OLD_AXES = ("num", "channels", "height", "width")


def blobproto_to_array(blob: BlobProto, return_diff: bool = False) -> NDArray[Any]:
    """The values of a message, or its gradient, in its shape or its four old axes.

    >>> blobproto_to_array(array_to_blobproto(np.ones((2, 3)))).shape
    (2, 3)
    """
    values = np.array(blob.diff if return_diff else blob.data)
    if any(blob.HasField(name) for name in _OLD_AXES):
        return values.reshape((blob.num, blob.channels, blob.height, blob.width))
    return values.reshape(tuple(blob.shape.dim))


def array_to_blobproto(arr: NDArray[Any], diff: NDArray[Any] | None = None) -> BlobProto:
    """A message of an array of any number of axes, with a gradient if one is given."""
    blob = BlobProto()
    blob.shape.dim.extend(arr.shape)
    blob.data.extend(arr.astype(float).flat)
    if diff is not None:
        blob.diff.extend(diff.astype(float).flat)
    return blob


def arraylist_to_blobprotovector_str(arraylist: Iterable[NDArray[Any]]) -> bytes:
    """Arrays as a serialized BlobProtoVector."""
    return BlobProtoVector(blobs=[array_to_blobproto(each) for each in arraylist]).SerializeToString()


def blobprotovector_str_to_arraylist(data: bytes) -> list[NDArray[Any]]:
    """The arrays of a serialized BlobProtoVector."""
    return [blobproto_to_array(blob) for blob in BlobProtoVector.FromString(data).blobs]


def array_to_datum(arr: NDArray[Any], label: int | None = None) -> Datum:
    """A message of an array of three axes: bytes for uint8, floats for any other type.

    >>> array_to_datum(np.zeros((3, 2, 2), np.uint8), label=7).label
    7
    """
    if arr.ndim != 3:
        raise ValueError(f"a datum has three axes, and the array has shape {arr.shape}")
    datum = Datum(channels=arr.shape[0], height=arr.shape[1], width=arr.shape[2])
    if arr.dtype == np.uint8:
        datum.data = arr.tobytes()
    else:
        datum.float_data.extend(arr.astype(float).flat)
    if label is not None:
        datum.label = int(label)
    return datum


def datum_to_array(datum: Datum) -> NDArray[Any]:
    """The values of a message, in channels, height and width; an encoded image is a `ValueError`."""
    if datum.encoded:
        raise ValueError("the datum holds an encoded image; decode datum.data with an image library")
    shape = (datum.channels, datum.height, datum.width)
    if datum.data:
        values: NDArray[Any] = np.frombuffer(datum.data, np.uint8).copy()
    else:
        values = np.array(datum.float_data, float)
    return values.reshape(shape)
