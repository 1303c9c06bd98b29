"""Robust standard streams: closed, full, or in another encoding; escape control characters."""

from __future__ import annotations

import io
import os
import sys

LINE_ENDS = "\n"
_LONGEST = 1000  # characters of a line of a message


def printable(text: str, keep: str = "") -> str:
    """Escape control characters, which an untrusted net may have in its names.

    >>> printable("conv\x1b[2J")
    'conv\\\\x1b[2J'
    """
    return "".join(
        each if each.isprintable() or each in keep else each.encode("unicode_escape").decode()
        for each in text
    )


def shortened(text: str) -> str:
    """Shorten a message's lines to 1,000 characters: a net may give a layer a name of megabytes.

    >>> len(shortened("n" * 5_000_000)), shortened("layer 'conv1'")
    (1001, "layer 'conv1'")
    """
    half = _LONGEST // 2
    lines = text.split("\n")
    return "\n".join(line if len(line) <= _LONGEST else f"{line[:half]}…{line[-half:]}" for line in lines)


def columns() -> int:
    """Return the terminal's width, or 80, as `shutil` does, whose import takes a tenth of `--help`."""
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    except (AttributeError, OSError, ValueError):
        return 80


def prepare_streams() -> None:
    """Escape what the encoding cannot show, and replace closed streams by empty ones."""
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BytesIO())
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, io.TextIOWrapper(io.FileIO(os.devnull, "w")))
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def flush() -> None:
    """Flush standard output, so that an error of writing shows before the command ends."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.flush()


def discard_output() -> None:
    """Discard what is still buffered: Python would try to write it again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
