"""Names of layers as names in Python."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

_OTHER = re.compile(r"\W", re.ASCII)


def identifiers(names: Iterable[str], reserved: Iterable[str] = ()) -> dict[str, str]:
    """An identifier for each name, no two the same, and none that is reserved.

    >>> list(identifiers(["conv1", "res2a/1x1", "res2a_1x1", "3x3", "class"]).values())
    ['conv1', 'res2a_1x1', 'res2a_1x1_2', 'layer_3x3', 'class_']
    """
    chosen: dict[str, str] = {}
    taken = set(reserved)
    for name in names:
        if name not in chosen:
            chosen[name] = _free(_identifier(name), taken)
            taken.add(chosen[name])
    return chosen


def _identifier(name: str) -> str:
    plain = _OTHER.sub("_", name)
    if not plain or not plain[0].isalpha():
        return f"layer_{plain}"
    return f"{plain}_" if keyword.iskeyword(plain) else plain


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
