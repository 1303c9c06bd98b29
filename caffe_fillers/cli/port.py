"""Print a net as code of another framework, with its initialisers.

Each initialiser is the framework's own where that is the same distribution,
and has its numbers and a comment where it is not. Weights for the code are
written with --layout, by caffe-fill NET.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from caffe_fillers.cli.arguments import add_net_arguments, load, out_name
from caffe_fillers.cli.outputs import spare_inputs
from caffe_fillers.errors import UsageError

FRAMEWORKS = ("torch", "keras", "mxnet", "jax", "tf1")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command line of `caffe-fill port NET`."""
    add_net_arguments(parser)
    parser.add_argument("--to", required=True, choices=FRAMEWORKS, help="the framework to print code for")
    parser.add_argument("--only", choices=("init",), help="init: the initialisers without the module")
    parser.add_argument(
        "-o", "--output", type=out_name, metavar="OUT", default="-", help="default: standard output"
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the code, or write it to a file."""
    from caffe_fillers.api.files import replace_file
    from caffe_fillers.cli import tables
    from caffe_fillers.port.contract import targets
    from caffe_fillers.port.initialisers.printing import print_initialisers

    if arguments.only != "init" and arguments.to not in targets:
        raise UsageError(f"{arguments.to} is retired: only its initializers are printed, with --only init")
    net = load(arguments)
    spare_inputs(arguments.output, net)
    if arguments.only == "init":
        code = print_initialisers(arguments.to, net.plan, net.parameter)
    else:
        code = targets[arguments.to].print_module(net.parameter, net.plan)
    tables.print_notes(net, sys.stderr)
    if arguments.output == "-":
        sys.stdout.write(code)
    else:
        with replace_file(Path(arguments.output)) as file:
            file.write(code.encode())
    return 0
