"""Write a net in today's form, or weights in another format.

A prototxt of any generation becomes the net that Caffe makes of it, as text.
A weight file is upgraded as well and written in the format that B ends with;
weights as text end with .caffemodel.prototxt, a folder of numpy files with .npy.d.
A weight file and a B that ends with .prototxt or .pt give the net in the file; a
mean image (binaryproto) is described, or written as .npy.
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
from caffe_fillers.cli.messages import print_note
from caffe_fillers.cli.terminal import printable
from caffe_fillers.errors import UsageError

_NETS = (".prototxt", ".pt")

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
    parser.add_argument(
        "--force",
        action="store_true",
        help="write even what Caffe cannot read, or if the disk seems too small",
    )
    add_sync_argument(parser)
    parser.add_argument("--strict", action="store_true", help="refuse fields that no Caffe is known to have")


def run(arguments: argparse.Namespace) -> int:
    """Convert weights to weights, and a net to text."""
    if _holds_one_blob(arguments):
        _convert_blob(arguments)
    elif arguments.layout:
        _convert_layout(arguments)
    elif _holds_weights(arguments):
        _convert_weights(arguments)
    else:
        _convert_net(arguments)
    return 0


def _holds_one_blob(arguments: argparse.Namespace) -> bool:
    """Return whether A is a mean image or the like, whatever its extension."""
    from pathlib import Path

    from caffe_fillers.api.files import open_input
    from caffe_fillers.formats.others import is_blob

    if arguments.source_format or not Path(arguments.source).is_file():
        return False
    with open_input(arguments.source) as file:
        return is_blob(file)


def _convert_blob(arguments: argparse.Namespace) -> None:
    """Say what a blob is, or write it as an array of numpy."""
    from pathlib import Path

    import numpy as np

    from caffe_fillers.api.files import open_input, replace_file
    from caffe_fillers.formats.contract import view
    from caffe_fillers.formats.others import describe, read_values

    with open_input(arguments.source) as file:
        values = read_values(view(file))
    if arguments.target == "-":
        print(printable(f"{arguments.source}: {describe(values)}"))
        return
    if not arguments.target.endswith(".npy"):
        raise UsageError(f"{arguments.source} is a single blob: write it to a name that ends with .npy")
    with replace_file(Path(arguments.target), sync=arguments.sync) as target:
        np.save(target, values)


def _holds_weights(arguments: argparse.Namespace) -> bool:
    """Return whether A is meant as weights, as a prototxt is if B is a weight file."""
    from pathlib import Path

    from caffe_fillers.formats import formats

    known = [formats[name] for name in formats]
    weights = tuple(extension for each in known for extension in each.extensions)
    either = tuple(extension for each in known for extension in each.also_reads)
    source: str = arguments.source
    if arguments.source_format or source.endswith(weights) or Path(source).is_dir():
        return True
    return source.endswith(either) and bool(arguments.format or arguments.target.endswith(weights))


@contextmanager
def _opened(arguments: argparse.Namespace) -> Iterator[Model]:
    """Open the weights in A, which may be standard input."""
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
    from caffe_fillers.api.stored import text_of_net_in
    from caffe_fillers.api.weights import save_model
    from caffe_fillers.formats import formats

    with _opened(arguments) as model:
        if _is_net(arguments):
            _write_text(arguments, text_of_net_in(model))
        elif arguments.target != "-":
            save_model(arguments.target, model, arguments.format, force=arguments.force, sync=arguments.sync)
        elif arguments.format is None or formats[arguments.format].folder:
            raise UsageError("weights need a file to go to: give B, or --format for standard output")
        else:
            formats[arguments.format].write(sys.stdout.buffer, model)
            sys.stdout.buffer.flush()


def _convert_layout(arguments: argparse.Namespace) -> None:
    """Convert weights to a layout by the net that their own file holds."""
    from caffe_fillers.api.stored import load_net_of
    from caffe_fillers.api.weights import save_tensors
    from caffe_fillers.port.targets import lay_out, targets

    target = targets[arguments.layout]
    if arguments.target == "-":
        raise UsageError("weights need a file to go to: give B")
    with _opened(arguments) as model:
        shapes = dict(map(parse_shape_option, arguments.shape))
        net, _ = load_net_of(model, arguments.source, shapes=shapes, lenient=True)
        tensors = lay_out(target, net.plan, model)
        save_tensors(arguments.target, tensors, arguments.format, force=arguments.force, sync=arguments.sync)


def _is_net(arguments: argparse.Namespace) -> bool:
    """Return whether B shall be the net that weights carry: its extension is a net's, not of weights."""
    from caffe_fillers.formats import formats

    weights = tuple(extension for name in formats for extension in formats[name].extensions)
    target: str = arguments.target
    return arguments.format is None and target.endswith(_NETS) and not target.endswith(weights)


def _convert_net(arguments: argparse.Namespace) -> None:
    from caffe_fillers.api.loading import upgraded_text

    source = sys.stdin.buffer if arguments.source == "-" else arguments.source
    text, notes = upgraded_text(source, strict=arguments.strict)
    for note in notes:
        print_note(note.message)
    _write_text(arguments, text)


def _write_text(arguments: argparse.Namespace, text: str) -> None:
    from pathlib import Path

    from caffe_fillers.api.files import replace_file

    if arguments.target == "-":
        sys.stdout.write(text)
        return
    with replace_file(Path(arguments.target), sync=arguments.sync) as file:
        file.write(text.encode())
