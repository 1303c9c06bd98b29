"""Files in and out: where a net's files are found, and writing that is whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from caffe_fillers.errors import FormatError


@dataclass(frozen=True)
class SourceFolders:
    """Where files that a net names are looked for: the current folder first, as Caffe does."""

    folders: tuple[Path, ...]

    def find(self, name: str) -> Path | None:
        """The first file or folder of that name; None where there is none."""
        return next((folder / name for folder in self.folders if name and (folder / name).exists()), None)


@contextmanager
def replace_file(path: Path) -> Iterator[BinaryIO]:
    """A binary file that becomes `path` when the block ends well, and vanishes when it does not.

    It is written beside its target, so that the last step is a rename within
    one file system. A device or a pipe cannot be replaced and is written to.
    """
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            with path.open("wb") as device:
                yield device
            return
        target = path.resolve()  # a link stays a link
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        try:
            with cast(BinaryIO, os.fdopen(handle, "w+b")) as file:
                yield file
            Path(name).chmod(_mode(target))
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FormatError(f"cannot write {path}: {error.strerror or error}") from error


def _mode(target: Path) -> int:
    """The permissions of the file that is replaced, or those that a new file gets."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
