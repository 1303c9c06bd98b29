"""Check disk and memory before work begins."""

from __future__ import annotations

import shutil
from pathlib import Path

from caffe_fillers.errors import ResourceError

_FORCE = "; nothing was begun (--force, or force=True, begins all the same)"
_LITTLE = 1 << 26  # bytes that are always there


def require_disk(size: int, folder: Path) -> None:
    """Refuse to write `size` bytes where the file system has less: `ResourceError` says how much."""
    try:
        usage = shutil.disk_usage(folder)
    except OSError:  # writing tells better what is wrong with the folder
        return
    if size > usage.free and usage.total:  # /proc and its like have no size
        raise ResourceError(
            f"the file needs {amount(size)} of disk, and {folder.resolve()} has "
            f"{amount(usage.free)} left{_FORCE}"
        )


def require_memory(size: int, what: str) -> None:
    """Refuse what needs `size` bytes of memory where less is available; `ResourceError` says how much."""
    free = available_memory() if size > _LITTLE else None
    if free is not None and size > free:
        raise ResourceError(f"{what} {amount(size)} of memory, and {amount(free)} are free")


def available_memory() -> int | None:
    """Bytes that can be had without swapping, as Linux counts them; None where it cannot be known."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return None
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), None)


def amount(size: int) -> str:
    """Bytes as people say them.

    >>> amount(553_432_806), amount(4_000_000_000_000)
    ('553.4 MB', '4.0 TB')
    """
    value, unit = float(size), "bytes"
    for larger in ("kB", "MB", "GB", "TB", "PB"):
        if value < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:,.0f} {unit}" if unit == "bytes" else f"{value:,.1f} {unit}"
