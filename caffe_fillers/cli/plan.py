"""Show what filling a net would draw, in order, without drawing it."""

from __future__ import annotations

import argparse
import sys

from caffe_fillers.cli.arguments import add_net_arguments, load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command line of `caffe-fill plan NET`."""
    add_net_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print the plan as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Print the table and the notes."""
    from caffe_fillers.cli import tables

    net = load(arguments)
    if arguments.json:
        tables.print_json(net, sys.stdout)
    else:
        tables.print_plan(net, sys.stdout)
        tables.print_notes(net, sys.stderr)
    return 0
