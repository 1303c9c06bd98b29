"""Run the filled net in a real engine (OpenCV) and print measured beside predicted std.

A prediction is an expectation over fills of the weights, from which a single
fill of a deep net departs: SEED, SEED + 1, ... are filled and averaged.
Every layer runs as in the test phase.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from caffe_fillers.cli.arguments import add_net_arguments, load, out_name, std
from caffe_fillers.cli.outputs import refuse_overwriting_inputs
from caffe_fillers.cli.parsing import whole
from caffe_fillers.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command line of `caffe-fill probe NET`."""
    add_net_arguments(parser)
    parser.add_argument("--seed", type=whole, default=1, metavar="N", help="of the first fill (default 1)")
    parser.add_argument("--fills", type=_positive, default=4, metavar="N", help="how many (default 4)")
    parser.add_argument("--items", type=_positive, default=16, metavar="N", help="in a batch (default 16)")
    parser.add_argument("--input", metavar="FILE.npy", help="what is fed; without it normals N(0, S)")
    parser.add_argument("--input-std", type=std, default=1.0, metavar="S", help="default 1")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument(
        "--plot", type=out_name, metavar="FILE", help="draw both through depth; png, svg or pdf by its name"
    )


def run(arguments: argparse.Namespace) -> int:
    """Measure, print, plot."""
    from caffe_fillers.probe import measure

    net = load(arguments)
    if arguments.plot:
        refuse_overwriting_inputs(arguments.plot, net, [arguments.input])
    measurement = measure(
        net.plan,
        (net.model(seed) for seed in range(arguments.seed, arguments.seed + arguments.fills)),
        items=arguments.items,
        input_std=arguments.input_std,
        given=_array(arguments.input) if arguments.input else None,
    )
    if arguments.plot:
        from caffe_fillers.probe.plot import plot

        plot(measurement, arguments.plot)
    if arguments.json:
        rows = [{**asdict(row), "error": row.error} for row in measurement.rows]
        json.dump(
            {"fills": measurement.fills, "worst": measurement.worst, "layers": rows}, sys.stdout, indent=1
        )
        sys.stdout.write("\n")
    else:
        from caffe_fillers.cli.signals import print_measurement

        print_measurement(measurement, sys.stdout)
    return 0


def _positive(text: str) -> int:
    number = whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: give 1 or more")
    return number


def _array(path: str) -> NDArray[np.float32]:
    import numpy as np

    try:
        values = np.load(path, allow_pickle=False)
        return np.asarray(values, np.float32)
    except (OSError, ValueError, EOFError) as error:
        raise UsageError(f"{path} cannot be read as an array: {error}") from None
