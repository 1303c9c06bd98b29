"""The messages of proto/caffe.proto and of the forks; the types of the former are in messages.pyi."""

from caffe_fillers.schema.pool import message_classes, union_descriptor

globals().update(message_classes(union_descriptor()))
