"""The messages of proto/caffe.proto; their types are in messages.pyi."""

from caffe_fillers.schema.pool import file_descriptor, message_classes

globals().update(message_classes(file_descriptor()))
