"""A serialized net of any fork, read in the dialect whose numbers it has.

A number means one field in one fork and another in the next, and a file does
not say whose it is. The dialect is the one that leaves the fewest bytes
unread; among equals the one in which fewest layers have the parameters of
another type, then most those of their own (a `BN` its `bn_param`), then the
first in `DIALECTS`; dialects that know all numbers are asked first. Bytes that
it does not know either stay in the message, as protobuf keeps them. A net that
would not come back as the bytes it was keeps all forks' fields so.
"""

from __future__ import annotations

from collections.abc import MutableSequence, Sequence
from typing import Any

from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet

from caffe_fillers.errors import FormatError
from caffe_fillers.schema.binary import first_not_utf_8, from_bytes
from caffe_fillers.schema.dialects import BVLC, DIALECTS, class_in, copy_by_names, for_file
from caffe_fillers.schema.extras import strip_private
from caffe_fillers.schema.messages import NetParameter
from caffe_fillers.schema.overlay import fork_table


def net_from_bytes(data: bytes, dialect: str | None = None) -> NetParameter:
    """A net, marked with its dialect, which may be known; what is none, is a `FormatError`.

    >>> layer = class_in("ssd", "LayerParameter")(type="Permute", permute_param={"order": [0]})
    >>> net = class_in("ssd", "NetParameter")(layer=[layer])
    >>> read = net_from_bytes(net.SerializeToString())
    >>> read.layer[0].permute_param.order, read.text_extra.dialect
    ([0], 'ssd')
    """
    if dialect is not None and (known := _in_a_dialect(data, (dialect,))):
        return known
    try:
        net = from_bytes(NetParameter, data)
        if not (_unread(net, net.ByteSize()) or _foreign_and_own(net)[0]):
            return net
    except FormatError:
        decoded = _in_a_dialect(data)
        if decoded is None:
            raise
        return decoded
    return _in_a_dialect(data) or net


def _in_a_dialect(data: bytes, dialects: Sequence[str] = DIALECTS) -> NetParameter | None:
    """The net in the dialect that reads it best; None where that is BVLC's."""
    clean = _clean(data)
    numbers = _numbers_of_forks(clean)
    knowing = [dialect for dialect in dialects if _knows(dialect, numbers)]
    best = _best(clean, knowing)
    return _best(clean, dialects) if best is None and len(knowing) < len(dialects) else best


def _best(clean: bytes, dialects: Sequence[str]) -> NetParameter | None:
    parsed = {dialect: _parsed(clean, dialect) for dialect in dialects}
    ranks = {
        dialect: (_unread(net, len(clean)), *_foreign_and_own(net))
        for dialect, net in parsed.items()
        if net is not None
    }
    for dialect in sorted(ranks, key=ranks.__getitem__):
        decoded = None if dialect == BVLC else _decoded(parsed[dialect], dialect)
        if decoded is not None or dialect == BVLC:
            return decoded
    return None


def _numbers_of_forks(data: bytes) -> set[tuple[str, int]]:
    """The numbers that BVLC's messages do not know, each with the message; none of what is no net."""
    try:
        net = class_in(BVLC, "NetParameter").FromString(data)
    except (DecodeError, UnicodeDecodeError):
        return set()
    found: set[tuple[str, int]] = set()
    pending: list[Any] = [net]
    while pending:
        message = pending.pop()
        name = message.DESCRIPTOR.full_name.removeprefix("caffe.")
        unknown: Any = UnknownFieldSet(message)
        found |= {(name, field.field_number) for field in unknown}
        for descriptor, value in message.ListFields():
            if descriptor.message_type is not None:
                pending += value if isinstance(value, MutableSequence) else [value]
    return found


def _knows(dialect: str, numbers: set[tuple[str, int]]) -> bool:
    """Return whether a dialect has all of these numbers: a table is read faster than classes are made."""
    table = {} if dialect == BVLC else fork_table(dialect).messages
    known = {(message, field.number) for message, fields in table.items() for field in fields}
    return numbers <= known


def _clean(data: bytes) -> bytes:
    """Remove private fields, which an untrusted file may have; data that is no net is returned unchanged."""
    try:
        net = NetParameter.FromString(data)
    except (DecodeError, UnicodeDecodeError):
        return data
    strip_private(net)
    return net.SerializePartialToString()


def _parsed(data: bytes, dialect: str) -> Any:
    """The net in a dialect's own classes; None where it is none, or lacks what a fork requires."""
    try:
        net = class_in(dialect, "NetParameter").FromString(data)
    except (DecodeError, UnicodeDecodeError):
        return None
    if first_not_utf_8(net):
        return None
    return net if dialect == BVLC or net.IsInitialized() else None


def _unread(net: Message, size: int) -> int:
    """Return how many bytes of a file a message does not know, or would not write again."""
    known = type(net)()
    known.CopyFrom(net)
    known.DiscardUnknownFields()
    return abs(size - len(known.SerializePartialToString()))


def _foreign_and_own(net: Any) -> tuple[int, int]:
    """Count parameters in layers whose name they do not bear, less those in layers whose name they bear."""
    names = [
        (field.name.removesuffix("_param").replace("_", ""), layer.type.lower())
        for layer in net.layer
        for field, _ in layer.ListFields()
        if field.name.endswith("_param")
    ]
    own = sum(name in kind for name, kind in names)
    return len(names) - own, -own


def _decoded(read: Any, dialect: str) -> NetParameter | None:
    """The net in our own classes; None where it would not be written as it was read."""
    net = NetParameter()
    try:
        copy_by_names(read, net)
    except (TypeError, ValueError, DecodeError):  # a fork's field that another fork has with another type
        return None
    if first_not_utf_8(net):  # what the fork does not know, and another fork has as a string
        return None
    written = for_file(net, dialect).SerializeToString(deterministic=True)
    if written != read.SerializeToString(deterministic=True):
        return None
    net.text_extra.dialect = dialect
    for layer in (*net.layer, *net.layers):
        layer.text_extra.dialect = dialect  # type: ignore[attr-defined]  # of two types
    return net
