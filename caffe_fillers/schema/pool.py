"""Make message classes of the committed descriptors."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
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
    return descriptor_pb2.FileDescriptorProto.FromString(Path(__file__).with_name(name).read_bytes())


def message_classes(
    file: descriptor_pb2.FileDescriptorProto, names: Iterable[str] | None = None
) -> dict[str, Any]:
    """Messages' classes, enums and their values, all of a file or those named, in a pool of their own.

    >>> message_classes(file_descriptor())["NetParameter"](name="lenet").name
    'lenet'
    """
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    wanted = names if names is None else set(names)
    found: dict[str, Any] = {}
    for message in file.message_type:
        if wanted is None or message.name in wanted:
            descriptor = pool.FindMessageTypeByName(f"{file.package}.{message.name}")
            found[message.name] = message_factory.GetMessageClass(descriptor)
    for enum in file.enum_type:
        if wanted is None or enum.name in wanted:
            found[enum.name] = EnumTypeWrapper(pool.FindEnumTypeByName(f"{file.package}.{enum.name}"))
            found |= {value.name: value.number for value in enum.value}
    return found
