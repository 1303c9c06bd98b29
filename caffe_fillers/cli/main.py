"""Parse, call, print: which command was meant, and what an error looks like."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from caffe_fillers._version import __version__
from caffe_fillers.cli.terminal import LINE_ENDS, columns, discard_output, flush, prepare_streams, printable
from caffe_fillers.errors import CaffeFillersError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, MISMATCH, WRONG_INPUT, INTERRUPTED = 0, 1, 2, 130

# Each command is a module here with `add_arguments(parser)` and `run(arguments) -> int`; it is
# imported when it is called, so that the others cost nothing.
COMMANDS = {
    "fill": "fill a net and write its weights (the command that is meant where none is named)",
    "plan": "show what would be drawn, without drawing it",
    "probe": "run the filled net in a real engine, measured beside predicted deviations",
    "check": "is this model what its prototxt declares, and if not, what is it",
    "convert": "write a net as upgraded text, or weights in another format",
    "port": "print a net as code of torch, keras, mxnet, jax or tf1, or its initialisers alone",
    "report": "one page that shows a net: graph, table, histograms, filters, signal, warnings",
}

_EPILOG = "commands, each with its own --help: " + ", ".join(name for name in COMMANDS if name != "fill")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code is 0 done, 1 a check found a mismatch, 2 wrong input."""
    prepare_streams()
    try:
        code = _run(list(sys.argv[1:] if argv is None else argv))
        flush()
        return code
    except CaffeFillersError as error:
        print(f"caffe-fill: {printable(str(error), keep=LINE_ENDS)}", file=sys.stderr)
        return WRONG_INPUT
    except BrokenPipeError:  # the reader of a pipe has had enough, which is no fault
        discard_output()
        return DONE
    except OSError as error:
        discard_output()
        print(f"caffe-fill: cannot write the output: {error.strerror or error}", file=sys.stderr)
        return WRONG_INPUT
    except MemoryError:
        print("caffe-fill: this takes more memory than there is", file=sys.stderr)
        return WRONG_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(words: list[str]) -> int:
    name = words.pop(0) if words and words[0] in COMMANDS else "fill"
    command = import_module(f"caffe_fillers.cli.{name}")
    width = columns() - 2
    parser = argparse.ArgumentParser(
        prog="caffe-fill" if name == "fill" else f"caffe-fill {name}",
        description=command.__doc__,
        epilog=_EPILOG if name == "fill" else None,
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=width),
    )
    parser.add_argument("--version", action="version", version=f"caffe-fill {__version__}")
    command.add_arguments(parser)
    return int(command.run(parser.parse_args(words)))


def entry_point() -> None:
    """What the installed script calls."""
    sys.exit(main())
