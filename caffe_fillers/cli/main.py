"""Run the command that was meant, and report its errors."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from importlib import import_module

from caffe_fillers._version import __version__
from caffe_fillers.cli.commands import COMMANDS, chosen_command, misplaced_command
from caffe_fillers.cli.messages import print_error
from caffe_fillers.cli.parsing import Parser
from caffe_fillers.cli.terminal import discard_output, flush, prepare_streams, printable, shortened
from caffe_fillers.errors import CaffeFillersError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, MISMATCH, WRONG_INPUT, OUR_FAULT, INTERRUPTED = 0, 1, 2, 70, 130
TRACEBACK = "CAFFE_FILL_TRACEBACK"
"""The variable of the environment that shows where an error of ours came from."""

_EPILOG = "commands, each with its own --help: " + ", ".join(name for name in COMMANDS if name != "fill")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code is 0 done, 1 a check found a mismatch, 2 wrong input.

    70 is a fault of this program, 130 an interruption.
    """
    prepare_streams()
    try:
        code = _run(list(sys.argv[1:] if argv is None else argv))
        flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        return _report(error)


def _report(error: Exception) -> int:
    """Print one message that says what was wrong, and return the exit code."""
    if isinstance(error, BrokenPipeError):  # the reader of a pipe has had enough, which is no fault
        discard_output()
        return DONE
    if isinstance(error, CaffeFillersError):
        said = shortened(str(error))
    elif isinstance(error, OSError):
        discard_output()
        said = f"cannot write the output: {error.strerror or error}"
    elif isinstance(error, MemoryError):
        said = "this takes more memory than there is"
    else:
        return _own_fault(error)
    print_error(said)
    return WRONG_INPUT


def _own_fault(error: Exception) -> int:
    """Report an error that no input should cause, never as exit code 1, which means a failed check."""
    if os.environ.get(TRACEBACK):
        import traceback

        traceback.print_exc()
    said = printable(f"{type(error).__name__}: {error}")
    hint = f"please report it, with the net and what {TRACEBACK}=1 in the environment shows"
    print_error(f"this is a fault of caffe-fill itself ({said}); {hint}")
    return OUR_FAULT


def _run(words: list[str]) -> int:
    name, own = chosen_command(words)
    command = import_module(f"caffe_fillers.cli.{name}")
    parser = make_parser(name, command.__doc__)
    command.add_arguments(parser)
    try:
        arguments = parser.parse(own)
    except UsageError:
        if name == "fill" and (line := misplaced_command(words)):
            raise UsageError(f"the command comes first: {line}") from None
        raise
    return int(command.run(arguments))


def make_parser(name: str, description: str | None) -> Parser:
    """Return the parser of a command, before the command adds its own arguments."""
    fill = name == "fill"
    parser = Parser("caffe-fill" if fill else f"caffe-fill {name}", description, _EPILOG if fill else None)
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="show the version, and how values are drawn"
    )
    return parser


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print the version and the path in use, which only this asks for: it takes numpy's import."""
        from caffe_fillers.rng import kernel

        print(f"caffe-fill {__version__} ({kernel.description()})")
        parser.exit()


def entry_point() -> None:
    """Run the installed script without looking for garbage among what imports made, also at its end."""
    gc.set_threshold(50_000)
    if "_ARGCOMPLETE" in os.environ:
        from caffe_fillers.cli.completion import complete

        complete()
    code = main()
    gc.freeze()
    sys.exit(code)
