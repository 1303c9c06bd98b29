"""What a person should know although nothing is wrong: an assumption, a known trap, something Caffe drops."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """One thing to tell, and where it was met: `layer` is a name, `line` counts from 1, 0 is unknown."""

    message: str
    layer: str = ""
    line: int = 0
