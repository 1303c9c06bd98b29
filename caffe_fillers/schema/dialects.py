"""Dialects: a fork's schema, in which one of its nets is recognized and written to a file.

Inside this package all messages are of one schema, BVLC's with the fields of
all forks under private numbers; only a file needs a fork's own numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, MutableSequence
from functools import lru_cache
from typing import Any

from google.protobuf.message import Message

from caffe_fillers.errors import UnknownNameError
from caffe_fillers.schema.extras import FIELD, PRIVATE, strip_private
from caffe_fillers.schema.fork_types import foreign_types, lacks, types_of
from caffe_fillers.schema.overlay import FORKS, fork_table, lay_over
from caffe_fillers.schema.pool import file_descriptor, message_classes

BVLC = "bvlc"
DIALECTS = (BVLC, *FORKS)
ALIASES = {
    "deformable_convnets": "deformable",
    "fastrcnn": "fast_rcnn",
    "faster_rcnn": "fast_rcnn",
    "jacinto16": "jacinto",
    "mobilenet_yolo": "yolo",
    "openpose_train": "openpose",
    "sfm": "wenwei",
    "windows": "happynear",
}
"""Other names of dialects, as `check_dialect` spells them: most are those of the forks' repositories."""


def check_dialect(name: str) -> str:
    """The dialect of a name, which may be another name of it, or that of the fork's repository.

    >>> check_dialect("ssd"), check_dialect("caffe-ssd"), check_dialect("py-faster-rcnn")
    ('ssd', 'ssd', 'fast_rcnn')
    """
    spelled = re.sub(r"\W", "_", name.lower())
    short = re.sub(r"^(py|caffe)_|_caffe$|_caffe(?=_)", "", spelled)
    known = (ALIASES.get(each, each) for each in (spelled, short))
    found = next((each for each in known if each in DIALECTS), None)
    if found is None:
        raise UnknownNameError("dialect", name, DIALECTS)
    return found


def recognize(net: Message) -> str:
    """The dialect of a net by its fields and layer types; the first in `DIALECTS` of those that fit best.

    >>> from caffe_fillers.schema import NetParameter
    >>> recognize(NetParameter(layer=[{"permute_param": {"order": [0]}}])), recognize(NetParameter())
    ('ssd', 'bvlc')
    """
    return candidates(net)[0]


def candidates(net: Any) -> list[str]:
    """The dialects that fit a net best: that lack the fewest of its layer types, then of its fields.

    A net that uses nothing that only forks have is of BVLC's.

    >>> from caffe_fillers.schema import NetParameter
    >>> candidates(NetParameter(layer=[{"type": "BN"}, {"type": "Upsample"}]))
    ['segnet', 'enet']
    """
    used = set(_used(net))
    types = types_of(net)
    if not any(private for *_, private in used) and not types & foreign_types():
        return [BVLC]
    names = {(scope, name) for scope, name, _ in used}
    ranks = {
        dialect: (
            sum(lacks(dialect, each) for each in types),
            sum(name not in _known(dialect) for name in names),
        )
        for dialect in DIALECTS
    }
    best = min(ranks.values())
    return [dialect for dialect, rank in ranks.items() if rank == best]


def numbered_alike(net: Message, dialect: str, other: str) -> bool:
    """Return whether all that a net uses has the same numbers in two dialects, known to both or none."""
    left, right = _known(dialect), _known(other)
    return all(left.get((scope, name)) == right.get((scope, name)) for scope, name, _ in _used(net))


def unknown_to(net: Message, dialect: str) -> list[str]:
    """The fields and enum values that a net uses and a dialect has not, `LayerParameter.permute_param`.

    >>> from caffe_fillers.schema import NetParameter
    >>> unknown_to(NetParameter(layer=[{"permute_param": {"order": [0]}}]), "bvlc")
    ['LayerParameter.permute_param', 'PermuteParameter.order']
    """
    known = _known(dialect)
    return sorted({f"{scope}.{name}" for scope, name, _ in _used(net) if (scope, name) not in known})


def for_file(message: Message, dialect: str) -> Message:
    """A message as the dialect writes it: its numbers, without what it does not know.

    >>> from caffe_fillers.schema import LayerParameter
    >>> layer = LayerParameter(permute_param={"order": [0]})
    >>> for_file(layer, "ssd").SerializeToString().hex(), for_file(layer, "bvlc").SerializeToString()
    ('d20c020800', b'')
    """
    if dialect == BVLC:
        target = type(message)()
        target.CopyFrom(message)
        strip_private(target)
    else:
        target = class_in(dialect, message.DESCRIPTOR.name)()
        copy_by_names(message, target)
    return target


def class_in(dialect: str, name: str) -> Any:
    """The class of a message with a dialect's own fields and numbers."""
    return _classes(dialect)[name]


@lru_cache
def _classes(dialect: str) -> dict[str, Any]:
    """Message classes by name."""
    file = file_descriptor()
    if dialect != BVLC:
        lay_over(file, fork_table(dialect), replacing=True)
    return message_classes(file)


@lru_cache
def _known(dialect: str) -> dict[tuple[str, str], int]:
    """The numbers of all fields and enum values, by the message or enum that each belongs to and its name."""
    if dialect == BVLC:
        file = file_descriptor()
        return dict(_declared(file.message_type, file.enum_type, ""))
    table = fork_table(dialect)
    missing = {(path, name) for path, names in table.missing.items() for name in names}
    known = {key: number for key, number in _known(BVLC).items() if key not in missing}
    known |= {(path, each.name): each.number for path, fields in table.messages.items() for each in fields}
    known |= {(path, name): number for path, values in table.enums.items() for name, number in values.items()}
    return known


def _declared(
    messages: Iterable[Any], enums: Iterable[Any], scope: str
) -> Iterator[tuple[tuple[str, str], int]]:
    for enum in enums:
        yield from (((scope + enum.name, value.name), value.number) for value in enum.value)
    for message in messages:
        path = scope + message.name
        yield from (((path, field.name), field.number) for field in message.field)
        yield from _declared(message.nested_type, message.enum_type, f"{path}.")


def _used(message: Message) -> Iterator[tuple[str, str, bool]]:
    """Message, name and privacy of each field within, and of each enum value."""
    for descriptor, value in message.ListFields():
        if descriptor.name == FIELD:
            continue
        yield (
            message.DESCRIPTOR.full_name.removeprefix("caffe."),
            descriptor.name,
            descriptor.number >= PRIVATE,
        )
        values = value if isinstance(value, MutableSequence) else (value,)
        if descriptor.message_type is not None:
            for each in values:
                yield from _used(each)
        elif descriptor.enum_type is not None:
            for each in values:
                name = descriptor.enum_type.values_by_number[each].name
                yield descriptor.enum_type.full_name.removeprefix("caffe."), name, each >= PRIVATE


def copy_by_names(source: Message, target: Message) -> None:
    """Copy by names what the target knows, and as bytes what not even the source knows."""
    for descriptor, value in source.ListFields():
        field: Any = target.DESCRIPTOR.fields_by_name.get(descriptor.name)
        if field is None:
            continue
        many = isinstance(value, MutableSequence)
        values = list(value) if many else [value]
        repeated = isinstance(getattr(target, field.name), MutableSequence)
        if descriptor.message_type is not None:
            for each in values:
                place = getattr(target, field.name).add() if repeated else getattr(target, field.name)
                place.SetInParent()
                copy_by_names(each, place)
            continue
        if descriptor.enum_type is not None:
            names = [descriptor.enum_type.values_by_number[each].name for each in values]
            known = field.enum_type.values_by_name
            values = [known[name].number for name in names if name in known]
        if repeated:
            getattr(target, field.name).extend(values)
        elif values:
            setattr(target, field.name, values[-1])
    target.MergeFromString(unknown_bytes(source))


def unknown_bytes(message: Message) -> bytes:
    """The fields at the top of a message that its type does not have, as they were read."""
    rest = type(message)()
    rest.CopyFrom(message)
    for descriptor, _ in message.ListFields():
        rest.ClearField(descriptor.name)
    return rest.SerializePartialToString()
