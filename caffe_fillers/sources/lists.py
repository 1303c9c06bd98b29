"""Text files that data layers name: lists of other files, and windows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from caffe_fillers.errors import SourceError

_LONGEST = 1 << 16  # characters of a line


def lines(path: Path) -> Iterator[str]:
    """The lines of a file, read as they are asked for; one that cannot be read is a `SourceError`."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            while line := file.readline(_LONGEST):
                if len(line) == _LONGEST:
                    raise SourceError(
                        f"a line of {path} is longer than {_LONGEST:,} characters: no list has such"
                    )
                yield line.removesuffix("\n")
    except OSError as error:
        raise SourceError(f"cannot read {path}: {error.strerror or error}") from error
