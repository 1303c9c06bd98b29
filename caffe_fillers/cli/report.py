"""Write one page that shows a net's initialization: graph, table, histograms, filters, signal, warnings.

The values are drawn from the seed, or are those of WEIGHTS, which are checked as well, and shown against
those of OTHER where it is given. The page needs no network.

Exit code 0: it is written, and WEIGHTS are what the net declares; 1: it is written, and they are not; 2:
the input is wrong.
"""

from __future__ import annotations

import argparse
import shlex
import sys
from pathlib import Path

from caffe_fillers.cli.arguments import add_net_arguments, load_to_hold, out_name, thread_count
from caffe_fillers.cli.outputs import refuse_overwriting_inputs
from caffe_fillers.cli.parsing import whole


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command line of `caffe-fill report NET [WEIGHTS [OTHER]]`."""
    add_net_arguments(parser)
    parser.add_argument("weights", metavar="WEIGHTS", nargs="?", help="a weight file of any format")
    parser.add_argument("other", metavar="OTHER", nargs="?", help="another, to show WEIGHTS against")
    parser.add_argument(
        "-o",
        "--output",
        type=out_name,
        metavar="OUT",
        help="default: NET's stem + .html here; - is standard output",
    )
    parser.add_argument(
        "--seed", type=whole, metavar="N", help="0 to 4294967295; fresh and printed if absent"
    )
    parser.add_argument("--boost", metavar="VERSION", help="release of Boost, such as 1.54 (default 1.74)")
    parser.add_argument(
        "--threads", type=whole, metavar="N", help="for drawing (default: 2 if there are two cores)"
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")


def run(arguments: argparse.Namespace) -> int:
    """Make the page, write it whole or not at all, and say so."""
    from caffe_fillers.api.files import replace_file
    from caffe_fillers.api.pages import checked_report
    from caffe_fillers.api.seeds import fresh_seed
    from caffe_fillers.cli import tables
    from caffe_fillers.cli.messages import BAD, GOOD, print_colored, print_shapes

    net, shapes = load_to_hold(arguments, [arguments.weights] if arguments.weights else [])
    output = arguments.output or f"{'net' if arguments.net == '-' else Path(arguments.net).stem}.html"
    refuse_overwriting_inputs(output, net, [arguments.weights, arguments.other])
    seed = net.seed if arguments.seed is None else arguments.seed
    if seed is None and arguments.weights is None:
        seed = fresh_seed()
    text, check = checked_report(
        net,
        arguments.weights,
        arguments.other,
        seed=seed,
        boost=arguments.boost,
        threads=thread_count(arguments.threads),
        command=command(arguments, seed),
    )
    page = text.encode()
    code = 0 if check is None or check.passed else 1
    if output == "-":
        sys.stdout.buffer.write(page)
        return code
    with replace_file(Path(output)) as file:
        file.write(page)
    if not arguments.quiet:
        print_shapes(shapes)
        tables.print_notes(net, sys.stderr)
        print("" if seed is None else f"seed {seed}\n", end="")
        print(f"wrote {output}, {len(page):,} bytes")
        if check is not None:
            print_colored(check.conclusion, GOOD if check.passed else BAD, sys.stdout)
    return code


def command(arguments: argparse.Namespace, seed: int | None) -> str:
    """The line that makes the same page again, its seed said."""
    words = ["caffe-fill", "report", arguments.net, *filter(None, (arguments.weights, arguments.other))]
    options = {
        "--phase": [arguments.phase] if arguments.phase else [],
        "--level": [] if arguments.level is None else [str(arguments.level)],
        "--stage": arguments.stage,
        "--shape": arguments.shape,
        "--dialect": [arguments.dialect] if arguments.dialect else [],
        "--seed": [] if seed is None else [str(seed)],
        "--boost": [arguments.boost] if arguments.boost else [],
        "--caffe": [arguments.caffe] if arguments.caffe else [],
    }
    for name, values in options.items():
        for value in values:
            words += [name, value]
    return shlex.join(words + ["--strict"] * arguments.strict + ["--lenient"] * arguments.lenient)
