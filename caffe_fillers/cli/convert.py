"""Write a net in today's form, or weights in another format.

A prototxt of any generation becomes the net that Caffe makes of it, as text.
A weight file is upgraded as well and written in the format that B ends with;
weights as text end with .caffemodel.prototxt, a folder of numpy files with .npy.d.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from caffe_fillers.cli.arguments import (
    add_layout_argument,
    add_shape_argument,
    add_sync_argument,
    out_name,
    parse_shape_option,
)
from caffe_fillers.cli.terminal import printable
from caffe_fillers.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from caffe_fillers.model import Model


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command line of `caffe-fill convert A [B]`."""
    parser.add_argument("source", metavar="A", help="a net, a solver, or a weight file; - is standard input")
    parser.add_argument(
        "target", type=out_name, metavar="B", nargs="?", default="-", help="default: standard output, as text"
    )
    parser.add_argument(
        "--from", dest="source_format", metavar="F", help="format of A where its name does not tell"
    )
    parser.add_argument("--format", metavar="F", help="format of B where its name does not tell")
    add_layout_argument(parser)
    add_shape_argument(parser)
    parser.add_argument("--force", action="store_true", help="write even if the disk seems too small")
    add_sync_argument(parser)
    parser.add_argument("--strict", action="store_true", help="refuse fields that no Caffe is known to have")


def run(arguments: argparse.Namespace) -> int:
    """Convert weights to weights, and a net to text."""
    if arguments.layout:
        _convert_layout(arguments)
    elif _holds_weights(arguments):
        _convert_weights(arguments)
    else:
        _convert_net(arguments)
    return 0


def _holds_weights(arguments: argparse.Namespace) -> bool:
    """Whether A is meant as weights: a prototxt is where B is."""
    from pathlib import Path

    from caffe_fillers.formats import formats

    known = [formats[name] for name in formats]
    weights = tuple(ending for each in known for ending in each.endings)
    either = tuple(ending for each in known for ending in each.also_reads)
    source: str = arguments.source
    if arguments.source_format or source.endswith(weights) or Path(source).is_dir():
        return True
    return source.endswith(either) and bool(arguments.format or arguments.target.endswith(weights))


@contextmanager
def _opened(arguments: argparse.Namespace) -> Iterator[Model]:
    """The weights in A, which may be standard input."""
    from caffe_fillers.api.weights import open_model
    from caffe_fillers.formats import formats, read_model

    name = arguments.source_format
    if arguments.source != "-":
        with open_model(arguments.source, name) as model:
            yield model
    elif name is None:
        raise UsageError("standard input has no name that tells a format: give --from")
    elif formats[name].folder:
        raise UsageError(f"{name} is a folder of files, which standard input is not")
    else:
        yield read_model(sys.stdin.buffer, "<stdin>", name)


def _convert_weights(arguments: argparse.Namespace) -> None:
    from caffe_fillers.api.weights import save_model
    from caffe_fillers.formats import formats

    with _opened(arguments) as model:
        if arguments.target != "-":
            save_model(arguments.target, model, arguments.format, force=arguments.force, sync=arguments.sync)
        elif arguments.format is None or formats[arguments.format].folder:
            raise UsageError("weights need a file to go to: give B, or --format for standard output")
        else:
            formats[arguments.format].write(sys.stdout.buffer, model)
            sys.stdout.buffer.flush()


def _convert_layout(arguments: argparse.Namespace) -> None:
    """Weights whose file holds its net, which says what their layers are."""
    from caffe_fillers.api.net import load_net_of
    from caffe_fillers.api.weights import save_tensors
    from caffe_fillers.port.contract import targets
    from caffe_fillers.port.layout import lay_out

    target = targets[arguments.layout]
    if arguments.target == "-":
        raise UsageError("weights need a file to go to: give B")
    with _opened(arguments) as model:
        net = load_net_of(model, dict(map(parse_shape_option, arguments.shape)))
        tensors = lay_out(target, net.parameter, net.plan, model)
        save_tensors(arguments.target, tensors, arguments.format, force=arguments.force, sync=arguments.sync)


def _convert_net(arguments: argparse.Namespace) -> None:
    from pathlib import Path

    from caffe_fillers.api.files import replace_file
    from caffe_fillers.api.net import upgraded_text

    source = sys.stdin.buffer if arguments.source == "-" else arguments.source
    text, notes = upgraded_text(source, strict=arguments.strict)
    for note in notes:
        print(printable(f"note: {note.message}"), file=sys.stderr)
    if arguments.target == "-":
        sys.stdout.write(text)
        return
    with replace_file(Path(arguments.target), sync=arguments.sync) as file:
        file.write(text.encode())
