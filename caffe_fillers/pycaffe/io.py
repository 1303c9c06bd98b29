"""Arrays, protos, images: pycaffe's `caffe.io`."""

from __future__ import annotations

from caffe_fillers.pycaffe.arrays import (
    array_to_blobproto,
    array_to_datum,
    arraylist_to_blobprotovector_str,
    blobproto_to_array,
    blobprotovector_str_to_arraylist,
    datum_to_array,
)
from caffe_fillers.pycaffe.images import load_image, oversample, resize_image
from caffe_fillers.pycaffe.proto import caffe_pb2
from caffe_fillers.pycaffe.transformer import Transformer

__all__ = [
    "Transformer",
    "array_to_blobproto",
    "array_to_datum",
    "arraylist_to_blobprotovector_str",
    "blobproto_to_array",
    "blobprotovector_str_to_arraylist",
    "caffe_pb2",
    "datum_to_array",
    "load_image",
    "oversample",
    "resize_image",
]
