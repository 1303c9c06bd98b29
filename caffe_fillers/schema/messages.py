"""The messages of proto/caffe.proto, with forks' fields; their types are in messages.pyi.

The messages that only forks have come as values of these messages' fields.
"""

from caffe_fillers.schema.extras import MESSAGE
from caffe_fillers.schema.pool import file_descriptor, message_classes, union_descriptor

_bvlc = file_descriptor()
_names = [each.name for each in (*_bvlc.message_type, *_bvlc.enum_type)]
_classes = message_classes(union_descriptor(), [*_names, MESSAGE])
globals().update(_classes)
__all__ = list(_classes)
