"""Shapes that data layers read from their files, never data.

Each reader returns None where the file is not there, which is no error; a
file that is there and cannot be read is a `SourceError`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Sources(Protocol):
    """Access of a data layer to the files that it names."""

    def find(self, name: str) -> Path | None:
        """The path of a file or folder named in the prototxt, or None where it is missing."""
