"""Parse, call, print: which command was meant, and what an error looks like."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from importlib import import_module

from caffe_fillers._version import __version__
from caffe_fillers.cli.terminal import (
    LINE_ENDS,
    columns,
    discard_output,
    flush,
    prepare_streams,
    printable,
    shortened,
)
from caffe_fillers.errors import CaffeFillersError, UsageError, suggestion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, MISMATCH, WRONG_INPUT, OUR_FAULT, INTERRUPTED = 0, 1, 2, 70, 130
TRACEBACK = "CAFFE_FILL_TRACEBACK"
"""The variable of the environment that shows where an error of ours came from."""

# Each command is a module here with `add_arguments(parser)` and `run(arguments) -> int`; it is
# imported when it is called, so that the others cost nothing.
COMMANDS = {
    "fill": "fill a net and write its weights (the command that is meant where none is named)",
    "plan": "show what would be drawn, without drawing it",
    "probe": "run the filled net in a real engine, measured beside predicted deviations",
    "check": "is this model what its prototxt declares, and if not, what is it",
    "convert": "write a net as upgraded text, or weights in another format",
    "port": "print a net as code of torch, keras, mxnet, jax or tf1, or its initializers alone",
    "report": "one page that shows a net: graph, table, histograms, filters, signal, warnings",
}

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
        said = printable(shortened(str(error)), keep=LINE_ENDS)
    elif isinstance(error, OSError):
        discard_output()
        said = f"cannot write the output: {error.strerror or error}"
    elif isinstance(error, MemoryError):
        said = "this takes more memory than there is"
    else:
        return _own_fault(error)
    print(f"caffe-fill: {said}", file=sys.stderr)
    return WRONG_INPUT


def _own_fault(error: Exception) -> int:
    """Tell an error that no input should cause: never as exit code 1, which says that a check failed."""
    if os.environ.get(TRACEBACK):
        import traceback

        traceback.print_exc()
    said = printable(f"{type(error).__name__}: {error}")
    hint = f"please report it, with the net and what {TRACEBACK}=1 in the environment shows"
    print(f"caffe-fill: this is a fault of caffe-fill itself ({said}); {hint}", file=sys.stderr)
    return OUR_FAULT


def _run(words: list[str]) -> int:
    name = words.pop(0) if words and words[0] in COMMANDS else "fill"
    if name == "fill" and words:
        _refuse_misspelled(words[0])
    command = import_module(f"caffe_fillers.cli.{name}")
    width = columns() - 2
    parser = argparse.ArgumentParser(
        prog="caffe-fill" if name == "fill" else f"caffe-fill {name}",
        description=command.__doc__,
        epilog=_EPILOG if name == "fill" else None,
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=width),
    )
    parser.add_argument(
        "--version", action=_Version, nargs=0, help="show the version, and how values are drawn"
    )
    command.add_arguments(parser)
    return int(command.run(parser.parse_intermixed_args(words)))


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Print the version and the path in use, which only this asks for: it takes numpy's import."""
        from caffe_fillers.rng import kernel

        print(f"caffe-fill {__version__} ({kernel.description()})")
        parser.exit()


def _refuse_misspelled(word: str) -> None:
    """A first word that is neither a command nor a file, and near a command, is taken for one misspelled."""
    if word.startswith("-") or "." in word or os.path.lexists(word):
        return
    if near := suggestion(word, COMMANDS):
        raise UsageError(f"{word!r} is neither a command{near} nor a file")


def entry_point() -> None:
    """What the installed script calls; imports make objects and no garbage, so it is looked for rarely."""
    gc.set_threshold(50_000)
    sys.exit(main())
