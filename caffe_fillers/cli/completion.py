"""Complete command lines for a shell's Tab key, by argcomplete (the extra `completion`)."""

from __future__ import annotations

import os
import shlex
from importlib import import_module
from typing import Any

from caffe_fillers.cli.commands import COMMANDS
from caffe_fillers.cli.parsing import Parser


def complete() -> None:
    """Write what may come next on the line that the shell gives, and end the process."""
    argcomplete: Any = import_module("argcomplete")
    line = os.environ.get("COMP_LINE", "")
    files = argcomplete.completers.FilesCompleter()

    def names(prefix: str, **_: object) -> list[str]:
        commands = [] if _named(line) else [name for name in COMMANDS if name.startswith(prefix)]
        return [*commands, *files(prefix)]

    argcomplete.autocomplete(parser_for(line), default_completer=names)


def parser_for(line: str) -> Parser:
    """Return the parser of a line's command, which is fill as long as none is named.

    >>> "--gains" in parser_for("caffe-fill plan ").format_help()
    True
    """
    named = _named(line)
    name = named if named in COMMANDS else "fill"
    command = import_module(f"caffe_fillers.cli.{name}")
    parser = Parser("caffe-fill", command.__doc__)
    if named == name:
        parser.add_argument("command", choices=COMMANDS)
    command.add_arguments(parser)
    return parser


def _named(line: str) -> str:
    """Return the first word after the program, if it is complete."""
    try:
        words = shlex.split(line)
    except ValueError:  # a quote is still open
        words = line.split()
    begun = len(words) > 2 or (len(words) == 2 and line.endswith(" "))
    return words[1] if begun else ""
