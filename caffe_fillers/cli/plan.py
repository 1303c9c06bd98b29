"""Show what filling a net would draw, in order, without drawing it, and what that does to the signal."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from caffe_fillers.cli.arguments import add_net_arguments, load, std
from caffe_fillers.cli.messages import print_note
from caffe_fillers.errors import UnknownShapeError

if TYPE_CHECKING:
    from caffe_fillers.signal import LayerSignal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command line of `caffe-fill plan NET`."""
    add_net_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the plan as JSON")
    parser.add_argument(
        "--gains",
        action="store_true",
        help="show for each layer the predicted std of activations and gradients (docs/signal.md)",
    )
    parser.add_argument(
        "--input-std", type=std, default=1.0, metavar="S", help="assumed of the input (default 1)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the table and the notes; where shapes are not known, what is, and what to give."""
    from caffe_fillers.cli import tables

    try:
        net = load(arguments)
    except UnknownShapeError as error:
        if len(error.trials) < 2 or arguments.gains:
            raise
        return _sketch(error, as_json=arguments.json)
    report = net.signal(input_std=arguments.input_std)
    if arguments.json:
        if arguments.gains:
            tables.print_json(net, sys.stdout, signal=[_document(row) for row in report])
        else:
            tables.print_json(net, sys.stdout)
        return 0
    if arguments.gains:
        from caffe_fillers.cli.signals import print_signal

        print_signal(report, sys.stdout)
    else:
        tables.print_plan(net, sys.stdout, report=report)
    tables.print_notes(net, sys.stderr)
    return 0


def _sketch(error: UnknownShapeError, *, as_json: bool) -> int:
    from caffe_fillers.cli.sketch import print_sketch, print_sketch_json

    plans = (error.trials[0], error.trials[1])
    if as_json:
        print_sketch_json(plans, error.trials[0].name, str(error), sys.stdout)
    else:
        print_sketch(plans, sys.stdout)
        print_note(str(error))
    return 0


def _document(row: LayerSignal) -> dict[str, object]:
    """A layer's row for JSON; shapes stand with the tops of the plan."""
    document = asdict(row)
    for top in document["tops"]:
        del top["shape"]
    return document
