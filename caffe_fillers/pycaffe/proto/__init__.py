"""The messages, as pycaffe's `caffe.proto` has them."""

from caffe_fillers.pycaffe.proto import caffe_pb2

__all__ = [
    "caffe_pb2",
]
