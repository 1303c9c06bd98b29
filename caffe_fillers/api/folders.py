"""Writing a folder that is whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from caffe_fillers.api.files import sync_folder
from caffe_fillers.errors import FormatError, UsageError
from caffe_fillers.formats.npy_folder import MANIFEST


@contextmanager
def replace_folder(path: Path, *, sync: bool = False) -> Iterator[Path]:
    """Make a folder that becomes `path` if the block ends well, and vanishes if it does not.

    With `sync` its files are on the disk before it gets its name.

    Another folder of weights in its place goes only then; no folder of other
    things is ever replaced. Between two renames there is a moment without
    either: who is killed then finds the old one beside, its name ending in
    `.old`.
    """
    if "\0" in str(path):
        raise UsageError(f"cannot write {str(path)!r}: a file name cannot hold a NUL")
    try:
        target = Path(os.path.realpath(path))  # a link stays a link
        _require_replaceable(target)
        beside = target.with_name(f".caffe-fill-{os.urandom(8).hex()}.part")
        beside.mkdir()
        try:
            yield beside
            if sync:
                _sync_files(beside)
            _exchange(beside, target)
            if sync:
                sync_folder(target.parent)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
    except OSError as error:
        raise FormatError(f"cannot write {path}: {error.strerror or error}") from error


def _sync_files(folder: Path) -> None:
    for path in folder.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    sync_folder(folder)


def _require_replaceable(target: Path) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise UsageError(f"{target} is a file, and this format is a folder of files: give another name")
    if any(target.iterdir()) and not (target / MANIFEST).is_file():
        raise UsageError(f"{target} is a folder of other things, without {MANIFEST}: give another name")


def _exchange(new: Path, target: Path) -> None:
    if not target.exists():
        new.rename(target)
        return
    old = new.with_suffix(".old")
    target.rename(old)
    try:
        new.rename(target)
    except BaseException:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
