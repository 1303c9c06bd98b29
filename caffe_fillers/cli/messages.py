"""Notes, verdicts and errors: in colors on a terminal, unless NO_COLOR is set or the terminal is dumb."""

from __future__ import annotations

import os
import sys

from caffe_fillers.cli.terminal import LINE_ENDS, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

    from rich.console import Console

    from caffe_fillers.shapes import Shape

BAD, DOUBTFUL, GOOD = "bold red", "yellow", "green"


def console(file: TextIO) -> Console:
    """A console of rich that changes nothing of a text: no markup, no emoji, no highlighting.

    With NO_COLOR in the environment (https://no-color.org) it writes no escapes at all.
    """
    from rich.console import Console

    return Console(
        file=file,
        highlight=False,
        markup=False,
        emoji=False,
        color_system=None if os.environ.get("NO_COLOR") else "auto",
    )


def print_colored(text: str, style: str, file: TextIO, rest: str = "") -> None:
    """Print a text in a style on a terminal, and the rest of the line without one."""
    text, rest = (printable(each, keep=LINE_ENDS) for each in (text, rest))
    if not file.isatty():  # what is imported for colors takes longer than what is said
        print(f"{text}{rest}", file=file)
        return
    from rich.text import Text

    console(file).print(Text.assemble((text, style), rest), soft_wrap=True)


def print_note(note: str, file: TextIO | None = None) -> None:
    """Print a note, on standard error unless another file is given."""
    print_colored("note: ", DOUBTFUL, file or sys.stderr, note)


def print_shapes(shapes: Mapping[str, Shape]) -> None:
    """Print a note on each input whose shape only the weights tell."""
    from caffe_fillers.shapes import format_shape

    for name, shape in shapes.items():
        print_note(f"{name!r} is taken as {format_shape(shape)}, as the weights have its channels")


def print_error(message: str) -> None:
    """Print the one message of a command that failed."""
    print_colored("caffe-fill: ", BAD, sys.stderr, message)
