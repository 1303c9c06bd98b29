"""Caffe's messages, in a descriptor pool of our own: `import caffe` in the same process changes nothing."""

from caffe_fillers.schema.binary import from_bytes as from_bytes
from caffe_fillers.schema.extras import strip_private as strip_private
from caffe_fillers.schema.files import net_from_bytes as net_from_bytes
from caffe_fillers.schema.messages import *  # noqa: F403  (all messages, TRAIN and TEST)
