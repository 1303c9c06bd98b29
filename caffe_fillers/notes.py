"""Notes for the user when nothing is wrong: an assumption, a known trap, something Caffe drops."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Note:
    """One thing to tell, and where it was met: `layer` is a name, `line` counts from 1, 0 is unknown."""

    message: str
    layer: str = ""
    line: int = 0


def once(notes: Iterable[Note]) -> tuple[Note, ...]:
    """Each message once, where it was met first, with the number of layers that it is true of.

    >>> [note.message for note in once([Note("zeros", "conv1"), Note("zeros", "conv2"), Note("old", "fc")])]
    ['zeros (in 2 layers)', 'old']
    """
    layers: dict[str, list[Note]] = {}
    for note in notes:
        layers.setdefault(note.message, []).append(note)
    return tuple(
        replace(met[0], message=f"{message} (in {len(met)} layers)") if len(met) > 1 else met[0]
        for message, met in layers.items()
    )
