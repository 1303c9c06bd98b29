"""Documents whose blocks are run.

A fenced block behind `<!-- file NAME -->` is a file; one of the kind `console` holds commands behind `$ `,
each with what it prints; Python runs as it is. `python tests/documents.py PAGE...` writes into pages what
their commands print now.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from paths import ROOT

from caffe_fillers.cli import main

BLOCK = re.compile(
    r"^(?:<!-- file (?P<file>\S+) -->\n)?```(?P<kind>\w*)\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE
)


class Block(NamedTuple):
    """A fenced block: its kind, its text, and the file that it is, if it is one."""

    kind: str
    body: str
    file: str | None


def blocks(text: str) -> list[Block]:
    """All fenced blocks of a document, in order."""
    return [Block(match["kind"], match["body"], match["file"]) for match in BLOCK.finditer(text)]


def trimmed(text: str) -> list[str]:
    """Lines without what cannot be seen."""
    return [line.rstrip() for line in text.strip().splitlines()]


def sessions(body: str) -> Iterator[tuple[str, list[str]]]:
    """The commands of a console block, each with the lines that it prints."""
    for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
        command, _, printed = part.partition("\n")
        yield command, trimmed(printed)


def cat(words: list[str]) -> int:
    """Print files."""
    for word in words:
        print(Path(word).read_text(), end="")
    return 0


def cp(words: list[str]) -> int:
    """Copy an example of the repository."""
    shutil.copy(ROOT / words[0], words[1])
    return 0


PROGRAMS: dict[str, Callable[[list[str]], int]] = {"caffe-fill": main, "cat": cat, "cp": cp}


def run(command: str) -> list[str]:
    """What a command prints, to either of its outputs, in the current folder."""
    program, *words = shlex.split(command)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        PROGRAMS[program](words)
    return trimmed(printed.getvalue())


def rewritten(text: str) -> str:
    """A document with what its commands print now; runs in the current folder."""

    def block(match: re.Match[str]) -> str:
        if match["file"]:
            Path(match["file"]).write_text(match["body"])
        if match["kind"] == "python":
            exec(match["body"], {})
        if match["kind"] != "console":
            return match[0]
        lines = [line for command, _ in sessions(match["body"]) for line in (f"$ {command}", *run(command))]
        return "\n".join(["```console", *lines, "```"])

    return BLOCK.sub(block, text)


if __name__ == "__main__":
    pages = [Path(name).resolve() for name in sys.argv[1:]]
    for page in pages:
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            page.write_text(rewritten(page.read_text()))
