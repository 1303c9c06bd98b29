"""Types of layers and fillers that each fork has: evidence of a net's dialect."""

from __future__ import annotations

from collections.abc import Iterator, MutableSequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

_TABLE = Path(__file__).with_name("forks") / "types.tsv"


@lru_cache
def _table() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """Map dialects to the types that BVLC has not, and those of BVLC's that it has not."""
    lines = (line for line in _TABLE.read_text("utf-8").splitlines() if not line.startswith("#"))
    rows = (line.split("\t") for line in lines)
    return {name: (frozenset(more.split()), frozenset(fewer.split())) for name, more, fewer in rows}


def types_of(net: Any) -> set[str]:
    """Types of a net's layers, and of fillers as `filler:msra`; layers of an enum are not counted."""
    return {layer.type for layer in net.layer} | {f"filler:{kind}" for kind in _filler_types(net)}


def _filler_types(message: Message) -> Iterator[str]:
    for descriptor, value in message.ListFields():
        if descriptor.message_type is None:
            continue
        for each in value if isinstance(value, MutableSequence) else (value,):
            if descriptor.message_type.name == "FillerParameter":
                yield each.type
            else:
                yield from _filler_types(each)


@lru_cache
def foreign_types() -> frozenset[str]:
    """The types that some fork has and no Caffe of BVLC with its plug-ins."""
    return frozenset().union(*(more for more, _ in _table().values())) - _table()["bvlc"][0]


def lacks(dialect: str, kind: str) -> bool:
    """Return whether a dialect surely has not a type; of a dialect that is not in the table nothing is sure.

    >>> lacks("segnet", "BatchNorm"), lacks("enet", "BatchNorm"), lacks("enet", "Permute")
    (True, False, True)
    """
    if dialect not in _table():
        return False
    more, fewer = _table()[dialect]
    return kind in fewer or (kind in foreign_types() and kind not in more)
