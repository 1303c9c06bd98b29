"""From the committed descriptors to message classes."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

DESCRIPTOR_FILE = "caffe.desc"
UNION_FILE = "union.desc"


def file_descriptor() -> descriptor_pb2.FileDescriptorProto:
    """The descriptor that tools/generate_schema.py made of proto/caffe.proto, as it is committed."""
    return _committed(DESCRIPTOR_FILE)


def union_descriptor() -> descriptor_pb2.FileDescriptorProto:
    """The same with the fields of all forks and the hidden one (`overlay.union_of`), as it is committed."""
    return _committed(UNION_FILE)


def _committed(name: str) -> descriptor_pb2.FileDescriptorProto:
    return descriptor_pb2.FileDescriptorProto.FromString((files(__package__) / name).read_bytes())


def message_classes(
    file: descriptor_pb2.FileDescriptorProto, names: Iterable[str] | None = None
) -> dict[str, Any]:
    """Classes of all messages of a file or of those named, its enums and their values, in a pool of its own.

    >>> message_classes(file_descriptor())["NetParameter"](name="lenet").name
    'lenet'
    """
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    found: dict[str, Any] = {}
    for name in names if names is not None else [message.name for message in file.message_type]:
        found[name] = message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{file.package}.{name}"))
    for enum in file.enum_type:
        found[enum.name] = EnumTypeWrapper(pool.FindEnumTypeByName(f"{file.package}.{enum.name}"))
        found |= {value.name: value.number for value in enum.value}
    return found
