"""Caffe's messages under the name of pycaffe's generated module, with the fields of all known forks.

They live in a descriptor pool of this package, so a real `caffe_pb2` may be imported beside them.
"""

from __future__ import annotations

from caffe_fillers.schema import *  # noqa: F403  (all messages, TRAIN and TEST)
from caffe_fillers.schema.pool import file_descriptor

DESCRIPTOR = file_descriptor()

globals().update({value.name: value.number for enum in DESCRIPTOR.enum_type for value in enum.value})
