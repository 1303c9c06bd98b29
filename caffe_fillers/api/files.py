"""Files in and out: where a net's files are found, and writing that is whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from caffe_fillers.errors import FormatError, SourceError, UsageError

_OPEN_FILES = Path("/proc/self/fd")
_NO_NAMELESS_FILES = (errno.EISDIR, errno.EOPNOTSUPP, errno.EINVAL)
_REMEDIES = {
    errno.ENOSPC: "; free some disk, or write elsewhere",
    errno.EDQUOT: "; free some disk, or write elsewhere",
    errno.EACCES: "; write to a folder that is yours",
    errno.EROFS: "; write to a folder that is yours",
    errno.ENOENT: "; make its folder first, and let it stay",
    errno.ENOTDIR: "; what should be its folder is a file",
}


@dataclass(frozen=True)
class SourceFolders:
    """Folders in which a net's files are searched: the current one first, as Caffe does."""

    folders: tuple[Path, ...]

    def find(self, name: str) -> Path | None:
        """Return the first file or folder of that name; None if there is none.

        A device, a pipe or a file of /proc or /sys, which might never end or
        be used up by reading, is a `SourceError`.
        """
        for path in (folder / name for folder in self.folders if name):
            try:
                mode = path.stat().st_mode
            except (OSError, ValueError):  # not there, too long, no rights, a NUL in it
                continue
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or _is_kernels(path):
                raise SourceError(
                    f"{path} is a device, a pipe or the kernel's; only files and folders are opened for a net"
                )
            return path
        return None


def _is_kernels(path: Path) -> bool:
    """Return whether a path leads into /proc or /sys, whose files are made as they are read."""
    return os.path.realpath(path).startswith(("/proc/", "/sys/"))


def open_input(path: str | Path) -> BinaryIO:
    """Open a file or a pipe that the user named; a device, which might never end, is a `UsageError`."""
    try:
        mode = Path(path).stat().st_mode
        if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
            raise UsageError(f"cannot read {path}: it is a device; give a file, a pipe, or - for a net")
        return Path(path).open("rb")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"cannot read {path}: {reason or error}") from error


def are_one_file(first: str | Path, second: str | Path) -> bool:
    """Return whether two names are of one existing file."""
    try:
        return Path(first).samefile(second)
    except (OSError, ValueError):
        return False


def is_device(path: Path) -> bool:
    """Return whether a path can be written to but not replaced: a device, a pipe."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


@contextmanager
def replace_file(path: Path, *, sync: bool = False) -> Iterator[BinaryIO]:
    """Open a binary file that becomes `path` if the block ends well, and vanishes if it does not.

    With `sync` it is on the disk before it gets its name, and its name before
    the block ends; without, a loss of power can leave an empty or partial file.

    Where the file system has files without names (`O_TMPFILE`, Linux) it gets
    its name when it is whole, so that not even SIGKILL leaves anything behind;
    elsewhere it is written beside its target and renamed. A device or a pipe
    cannot be replaced and is written to.
    """
    if "\0" in str(path):
        raise UsageError(f"cannot write {str(path)!r}: a file name cannot hold a NUL")
    try:
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            with path.open("wb") as device:
                yield device
            return
        target = Path(os.path.realpath(path))  # a link stays a link
        handle = _open_nameless(target.parent)
        written = _written_beside(target) if handle is None else _written_nameless(handle, target)
        with written as file:
            yield file
            if sync:
                file.flush()
                os.fsync(file.fileno())
        if sync:
            sync_folder(target.parent)
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, "")
        raise FormatError(f"cannot write {path}: {error.strerror or error}{remedy}") from error


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on the disk; Windows has no such call and needs none."""
    if os.name != "nt":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _open_nameless(folder: Path) -> int | None:
    """Open a file in a folder without a name; None if the system has no such files."""
    flag = getattr(os, "O_TMPFILE", None)
    if flag is None or not _OPEN_FILES.exists():
        return None
    try:
        return os.open(folder, flag | os.O_RDWR, 0o666)
    except OSError as error:
        if error.errno in _NO_NAMELESS_FILES:
            return None
        raise


@contextmanager
def _written_nameless(handle: int, target: Path) -> Iterator[BinaryIO]:
    named = os.dup(handle)  # the file gets its name when it has been closed, which may fail
    try:
        with cast(BinaryIO, os.fdopen(handle, "w+b")) as file:
            yield file
            _copy_mode(target, named)
        source = _OPEN_FILES / str(named)
        try:
            _link(source, target, named)
        except FileExistsError:  # a link replaces nothing, a rename does
            beside = _beside(target)
            _link(source, beside, named)
            _rename(beside, target)
    finally:
        os.close(named)


def _link(source: Path, target: Path, handle: int) -> None:
    """Name an open file; Python lets the system follow `source` to it only where a folder is given."""
    os.link(source, target, src_dir_fd=handle, follow_symlinks=True)


@contextmanager
def _written_beside(target: Path) -> Iterator[BinaryIO]:
    beside = _beside(target)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(beside, flags, 0o666)
    try:
        with cast(BinaryIO, os.fdopen(handle, "w+b")) as file:
            yield file
            _copy_mode(target, handle)
        _rename(beside, target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _beside(target: Path) -> Path:
    return target.with_name(f".caffe-fill-{os.urandom(8).hex()}.part")


def _rename(beside: Path, target: Path) -> None:
    try:
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _copy_mode(target: Path, handle: int) -> None:
    """A file that replaces another keeps its permissions; a new one has those that the user wants."""
    if target.exists() and hasattr(os, "fchmod"):
        os.fchmod(handle, stat.S_IMODE(target.stat().st_mode))
