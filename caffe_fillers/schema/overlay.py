"""Forks' tables, and how they are laid over the descriptor of BVLC's caffe.proto."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableSequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2

from caffe_fillers.schema.extras import PRIVATE, add_extras

_FORKS = Path(__file__).with_name("forks")
_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {name.removeprefix("TYPE_").lower(): number for name, number in _Field.Type.items()}


@dataclass(frozen=True)
class ForkField:
    """A field of a fork's message, as its table says."""

    name: str
    number: int
    type: str
    repeated: bool
    default: str


@dataclass(frozen=True)
class ForkTable:
    """Differences of a fork's caffe.proto from BVLC's: fields by message, numbers of values by enum.

    `missing` are names of BVLC's fields that it has not, by message.
    """

    title: str
    messages: dict[str, list[ForkField]] = field(default_factory=dict)
    enums: dict[str, dict[str, int]] = field(default_factory=dict)
    missing: dict[str, set[str]] = field(default_factory=dict)


# In the order in which they are asked whose net this is.
FORKS = (
    *("ssd", "segnet", "enet", "fast_rcnn", "rfcn", "yjxiong", "pspnet", "sphereface", "shufflenet"),
    *("nvidia15", "nvidia", "jacinto", "jacinto17", "happynear", "ristretto", "openpose", "flownet2"),
    *("lisa", "yolo", "rtpose", "wenwei", "c3d11", "c3d10", "refinedet", "ctpn", "caffe_ocr", "crnn"),
    *("caffe_lstm", "video_caffe", "deformable", "intel", "toolbox", "snns"),
)


@lru_cache
def fork_table(name: str) -> ForkTable:
    """Read the table of a fork.

    >>> fork_table("segnet").messages["LayerParameter"][0]
    ForkField(name='bn_param', number=45, type='BNParameter', repeated=False, default='')
    """
    title, *lines = _FORKS.joinpath(f"{name}.txt").read_text("utf-8").splitlines()
    table = ForkTable(title.removeprefix("# "))
    path, in_enum = "", False
    for line in lines:
        words = line.split()
        if not line.startswith(" "):
            path, in_enum = words[-1], words[0] == "enum"
            if not in_enum:
                table.messages.setdefault(path, [])
        elif in_enum:
            table.enums.setdefault(path, {})[words[0]] = int(words[1])
        elif words[1] == "-":
            table.missing.setdefault(path, set()).add(words[0])
        else:
            table.messages.setdefault(path, []).append(_field(words))
    return table


def _field(words: list[str]) -> ForkField:
    """Parse name, number, type and, after an equals sign, default."""
    name, number, kind, *default = words
    return ForkField(name, int(number), kind.removesuffix("*"), kind.endswith("*"), "".join(default[1:]))


def union() -> ForkTable:
    """All forks at once, under private numbers; where they disagree, the first in `FORKS` is right.

    A field that any fork has repeated is repeated; one that forks have as
    different enums takes the values of all.
    """
    merged: dict[str, dict[str, ForkField]] = {}
    enums: dict[str, dict[str, int]] = {}
    for table in map(fork_table, FORKS):
        for message, fork_fields in table.messages.items():
            known = merged.setdefault(message, {})
            for each in fork_fields:
                old = known.get(each.name, replace(each, number=PRIVATE + len(known)))
                known[each.name] = replace(old, repeated=old.repeated or each.repeated)
                if old.type in enums and each.type in table.enums and old.type != each.type:
                    _number(enums[old.type], table.enums[each.type])
        for enum, values in table.enums.items():
            _number(enums.setdefault(enum, {}), values)
    messages = {message: list(known.values()) for message, known in merged.items()}
    return ForkTable("all forks", messages, enums)


def _number(numbers: dict[str, int], names: Iterable[str]) -> None:
    """Add names with the private numbers that follow."""
    for name in names:
        numbers.setdefault(name, PRIVATE + len(numbers))


def union_of(bvlc: descriptor_pb2.FileDescriptorProto) -> descriptor_pb2.FileDescriptorProto:
    """BVLC's messages with the fields of all forks and the hidden one: any prototxt reads by name."""
    file = descriptor_pb2.FileDescriptorProto()
    file.CopyFrom(bvlc)
    lay_over(file, union(), replacing=False)
    add_extras(file)
    return file


def lay_over(file: descriptor_pb2.FileDescriptorProto, table: ForkTable, *, replacing: bool) -> None:
    """Add a table's fields and values to a file's messages and enums, in place.

    With `replacing` they take the place of BVLC's of the same name or number,
    without it a name that BVLC has stays unchanged.
    """
    for path in (*table.messages, *(path.rpartition(".")[0] for path in table.enums)):
        _message(file, path)
    for path, values in table.enums.items():
        _add_values(_enum(file, path), values, replacing=replacing)
    kinds = dict(_kinds(file.message_type, file.enum_type, f".{file.package}"))
    for path, fork_fields in table.messages.items():
        _add_fields(_message(file, path), fork_fields, kinds, replacing=replacing)
    for path, names in table.missing.items():
        message = _message(file, path)
        kept = [each for each in message.field if each.name not in names]
        del message.field[:]
        message.field.extend(kept)


def _add_fields(
    message: Any, fork_fields: list[ForkField], kinds: Mapping[str, int], *, replacing: bool
) -> None:
    names = {each.name for each in fork_fields}
    numbers = {each.number for each in fork_fields}
    if replacing:
        kept = [each for each in message.field if each.name not in names and each.number not in numbers]
        del message.field[:]
        message.field.extend(kept)
    taken = {each.name for each in message.field}
    for each in fork_fields:
        if each.name in taken:
            continue
        label = _Field.LABEL_REPEATED if each.repeated else _Field.LABEL_OPTIONAL
        added = message.field.add(name=each.name, number=each.number, label=label)
        if each.type in _SCALARS:
            added.type = _SCALARS[each.type]
        else:
            added.type_name = f".caffe.{each.type}"
            added.type = kinds[added.type_name]
        if each.default and not each.repeated:
            added.default_value = each.default


def _add_values(enum: Any, values: Mapping[str, int], *, replacing: bool) -> None:
    if replacing:
        kept = [v for v in enum.value if v.name not in values and v.number not in values.values()]
        del enum.value[:]
        enum.value.extend(kept)
    taken = {value.name for value in enum.value}
    for name, number in values.items():
        if name not in taken:
            enum.value.add(name=name, number=number)


def _message(file: descriptor_pb2.FileDescriptorProto, path: str) -> Any:
    """The message of a path such as `ParamSpec.Inner`, made where there is none; the file for no path."""
    found: Any = file
    for name in path.split(".") if path else ():
        found = _named(found.message_type if found is file else found.nested_type, name)
    return found


def _enum(file: descriptor_pb2.FileDescriptorProto, path: str) -> Any:
    parent, _, name = path.rpartition(".")
    return _named(_message(file, parent).enum_type, name)


def _named(messages: Any, name: str) -> Any:
    for each in messages:
        if each.name == name:
            return each
    return messages.add(name=name)


def _kinds(
    messages: MutableSequence[Any], enums: MutableSequence[Any], scope: str
) -> Iterator[tuple[str, int]]:
    """Full names of all messages and enums, each with the type number of a field that holds it."""
    yield from ((f"{scope}.{enum.name}", _Field.TYPE_ENUM) for enum in enums)
    for message in messages:
        name = f"{scope}.{message.name}"
        yield name, _Field.TYPE_MESSAGE
        yield from _kinds(message.nested_type, message.enum_type, name)
