"""Check whether weights are an initialization that a net declares, and if not, what they are.

Exit code 0: they are; 1: they are not; 2: the input is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

from caffe_fillers.cli.arguments import (
    add_net_arguments,
    add_stream_arguments,
    load,
    net_options,
    tolerance,
)
from caffe_fillers.cli.messages import print_shapes
from caffe_fillers.errors import FormatError, UsageError

if TYPE_CHECKING:
    from caffe_fillers.api import Net
    from caffe_fillers.check import CheckResult
    from caffe_fillers.model import Model

_TEXT = 1 << 20  # bytes of a file that are looked at for what it is


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command line of `caffe-fill check NET WEIGHTS`."""
    add_net_arguments(parser)
    parser.add_argument(
        "weights",
        metavar="WEIGHTS",
        nargs="?",
        help="a weight file of any format; without it NET is one, checked against the net that it holds",
    )
    add_stream_arguments(parser, seed="searched for if absent", boost="default: whichever fits")
    parser.add_argument("--seeds", metavar="A:B", help="try these seeds, where they cannot be computed")
    parser.add_argument(
        "--tolerance",
        type=tolerance,
        default=0.0,
        metavar="X",
        help="absolute error to forgive, after float16 say",
    )
    parser.add_argument(
        "--base",
        action="append",
        default=[],
        metavar="FILE",
        help="weights that blobs may be copied from, as in a fine-tuned model; again for another",
    )
    parser.add_argument(
        "--allow-unseeded",
        action="store_true",
        help="pass plausible values that no seed of Caffe's stream makes",
    )
    parser.add_argument("--quick", action="store_true", help="leave out what takes more than two seconds")
    parser.add_argument("--json", action="store_true", help="print the result as JSON (docs/check.md)")


def run(arguments: argparse.Namespace) -> int:
    """Print a line per blob and the verdict."""
    from caffe_fillers.api.weights import open_model
    from caffe_fillers.cli.progress import search_bar
    from caffe_fillers.cli.verdicts import print_check
    from caffe_fillers.rng.twister import MT19937

    seeds = _seeds(arguments)
    weights = _weights(arguments)
    with ExitStack() as stack, search_bar() as progress:
        try:
            model = stack.enter_context(open_model(weights))
        except FormatError as error:
            raise _swapped(arguments) or error from error.__cause__
        result = _load(arguments, model, weights).check(
            model,
            seed=arguments.seed,
            seeds=seeds,
            skip_words=arguments.skip_words,
            boost=arguments.boost,
            tolerance=arguments.tolerance,
            generator=arguments.generator or MT19937.name,
            bases=arguments.base,
            allow_unseeded=arguments.allow_unseeded,
            quick=arguments.quick,
            lenient=arguments.lenient,
            progress=progress,
        )
    _print_json(result) if arguments.json else print_check(result, sys.stdout)
    return 0 if result.passed else 1


def _load(arguments: argparse.Namespace, model: Model, weights: str) -> Net:
    """Load the net, in shapes that the weights tell if it does not."""
    from caffe_fillers.api.stored import load_net_for, load_net_of

    options = net_options(arguments)
    if not arguments.weights:
        net, shapes = load_net_of(model, weights, **options)
    elif arguments.net == "-":
        net, shapes = load(arguments), {}
    else:
        net, shapes = load_net_for(arguments.net, model, **options)
    print_shapes(shapes)
    return net


def _weights(arguments: argparse.Namespace) -> str:
    """Return the weight file, which is NET if that stands alone."""
    from caffe_fillers.api.files import are_one_file

    given: str | None = arguments.weights
    if given is not None and are_one_file(arguments.net, given):
        raise UsageError(
            f"{given} is compared with itself, and would agree: to check it against the fillers of the net "
            f"that it holds, give it alone: caffe-fill check {given}"
        )
    weights: str = arguments.net if given is None else given
    for base in arguments.base or ():
        if are_one_file(base, weights):
            raise UsageError(f"--base {base} is the file that is checked: every blob would be its own copy")
    return weights


def _swapped(arguments: argparse.Namespace) -> UsageError | None:
    """Return a hint if NET and WEIGHTS were given in the other order; else None."""
    from caffe_fillers.api.files import open_input
    from caffe_fillers.api.reading import is_binary

    if arguments.weights is None or arguments.net == "-":
        return None
    with open_input(arguments.net) as first, open_input(arguments.weights) as second:
        text = second.read(_TEXT)
        if not is_binary(first.read(_TEXT)) or is_binary(text) or b"layer" not in text or b"blobs" in text:
            return None
    return UsageError(
        f"{arguments.weights} is a net and {arguments.net} is none: the net comes first, "
        f"caffe-fill check {arguments.weights} {arguments.net}"
    )


def _seeds(arguments: argparse.Namespace) -> range | None:
    """Parse the range of seeds to try; with `--seed`, which is checked as well, there are none."""
    from caffe_fillers.api.seeds import MAX_SEED, check_seed

    if arguments.seed is not None:
        check_seed(arguments.seed)
    text: str | None = arguments.seeds
    if text is None:
        return None
    if arguments.seed is not None:
        raise UsageError("--seed names the seed and --seeds a range to search: give one of them")
    try:
        first, last = map(int, text.split(":"))
    except ValueError:
        raise UsageError(f"--seeds {text!r}: write it as 0:1000000") from None
    if not 0 <= first < last <= MAX_SEED + 1:
        raise UsageError(f"--seeds {text}: the first must be below the last, both from 0 to {MAX_SEED + 1}")
    return range(first, last)


def _print_json(result: CheckResult) -> None:
    from caffe_fillers.check import document

    json.dump(document(result), sys.stdout, indent=1)
    print()
