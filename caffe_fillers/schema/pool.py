"""From the committed descriptor to message classes."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from caffe_fillers.schema.extras import add_extras
from caffe_fillers.schema.overlay import lay_over, union

DESCRIPTOR_FILE = "caffe.desc"


def file_descriptor() -> descriptor_pb2.FileDescriptorProto:
    """The descriptor that tools/generate_schema.py made of proto/caffe.proto, as it is committed."""
    committed = files(__package__).joinpath(DESCRIPTOR_FILE).read_bytes()
    return descriptor_pb2.FileDescriptorProto.FromString(committed)


def union_descriptor() -> descriptor_pb2.FileDescriptorProto:
    """BVLC's messages with the fields of all forks and the hidden one: any prototxt reads by name."""
    file = file_descriptor()
    lay_over(file, union(), replacing=False)
    add_extras(file)
    return file


def message_classes(file: descriptor_pb2.FileDescriptorProto) -> dict[str, Any]:
    """Message classes, enums and enum values of a file, by name, in a new pool that nothing else shares.

    >>> message_classes(file_descriptor())["NetParameter"](name="lenet").name
    'lenet'
    """
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    names: dict[str, Any] = {}
    for message in file.message_type:
        descriptor = pool.FindMessageTypeByName(f"{file.package}.{message.name}")
        names[message.name] = message_factory.GetMessageClass(descriptor)
    for enum in file.enum_type:
        names[enum.name] = EnumTypeWrapper(pool.FindEnumTypeByName(f"{file.package}.{enum.name}"))
        names |= {value.name: value.number for value in enum.value}
    return names
