"""Check whether weights are an initialization that a net declares, and if not, what they are.

Exit code 0: they are; 1: they are not; 2: the input is wrong.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING

from caffe_fillers.cli.arguments import add_net_arguments, load, net_options, tolerance
from caffe_fillers.cli.terminal import printable
from caffe_fillers.errors import UsageError

if TYPE_CHECKING:
    from caffe_fillers.api import Net
    from caffe_fillers.check import CheckResult
    from caffe_fillers.model import Model

_COPIES = 3  # of the weights that a check holds: what is stored, what is expected, what is compared


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command line of `caffe-fill check NET WEIGHTS`."""
    add_net_arguments(parser)
    parser.add_argument(
        "weights",
        metavar="WEIGHTS",
        nargs="?",
        help="a weight file of any format; without it NET is one, checked against the net that it holds",
    )
    parser.add_argument("--seed", type=int, metavar="N", help="compare with this seed; else it is searched")
    parser.add_argument("--seeds", metavar="A:B", help="try these seeds, where they cannot be computed")
    parser.add_argument("--boost", metavar="VERSION", help="release of Boost (default: whichever fits)")
    parser.add_argument(
        "--generator",
        default="mt19937",
        metavar="NAME",
        help="mt19937, or mt19937_64 as in the BVLC opencl branch, which needs --seed (default mt19937)",
    )
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
    from caffe_fillers.check import check_model
    from caffe_fillers.cli.progress import search_bar
    from caffe_fillers.copying import refuse_opaque_blobs
    from caffe_fillers.resources import require_memory

    seeds = _seeds(arguments)
    weights = _weights(arguments)
    with ExitStack() as stack, search_bar() as progress:
        model, *bases = (stack.enter_context(open_model(file)) for file in (weights, *arguments.base))
        require_memory(_COPIES * model.num_bytes, "the check needs")
        net = _load(arguments, model, weights)
        if not arguments.lenient:
            refuse_opaque_blobs(net.parameter.layer, model, weights)
        result = check_model(
            net.plan,
            model,
            seed=arguments.seed,
            seeds=seeds,
            boost=arguments.boost,
            tolerance=arguments.tolerance,
            generator=arguments.generator,
            bases=bases,
            allow_unseeded=arguments.allow_unseeded,
            quick=arguments.quick,
            progress=progress,
        )
    _print_json(result) if arguments.json else _print_table(result)
    return 0 if result.passed else 1


def _load(arguments: argparse.Namespace, model: Model, weights: str) -> Net:
    """The net, in shapes that the weights tell where it does not."""
    from caffe_fillers.api.stored import load_net_for, load_net_of
    from caffe_fillers.shapes import format_shape

    options = net_options(arguments)
    if not arguments.weights:
        net, shapes = load_net_of(model, weights, **options)
    elif arguments.net == "-":
        net, shapes = load(arguments), {}
    else:
        net, shapes = load_net_for(arguments.net, model, **options)
    for name, shape in shapes.items():
        said = f"note: {name!r} is taken as {format_shape(shape)}, as the weights have its channels"
        print(printable(said), file=sys.stderr)
    return net


def _weights(arguments: argparse.Namespace) -> str:
    """The weight file, which NET is where it stands alone."""
    from caffe_fillers.api.files import are_one_file

    given: str | None = arguments.weights
    if given is not None and are_one_file(arguments.net, given):
        raise UsageError(
            f"{given} is compared with itself, and would agree: to check it against the fillers of the net "
            f"that it holds, give it alone: caffe-fill check {given}"
        )
    return arguments.net if given is None else given


def _seed(result: CheckResult) -> str:
    """The seed and where it comes from; of a net that draws nothing, that there is none."""
    from caffe_fillers.check import NO_SEED

    if result.seed_origin == NO_SEED:
        return NO_SEED
    return f"{'none' if result.seed is None else result.seed} ({result.seed_origin})"


def _seeds(arguments: argparse.Namespace) -> range | None:
    """The seeds to try, of those that there are; with `--seed`, which is checked as well, there are none."""
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
    document = asdict(result) | {"passed": result.passed}
    json.dump(document, sys.stdout, indent=1, default=lambda value: value.value)
    print()


def _print_table(result: CheckResult) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("layer", "blob", "verdict", "declared", "evidence"):
        table.add_column(name, justify="right" if name == "blob" else "left", overflow="fold")
    for each in result.verdicts:
        words = f"{each.evidence}; {each.diagnosis}" if each.diagnosis else each.evidence
        cells = (each.layer, str(each.index), each.status.value, each.declared, words)
        table.add_row(*map(printable, cells))
    width = None if sys.stdout.isatty() else 160
    console = Console(highlight=False, markup=False, emoji=False, width=width)
    console.print(table) if result.verdicts else None
    for problem in (*result.structure, *result.notes):
        print(printable(problem))
    print(f"seed: {_seed(result)}")
    print(verdict(result))


def verdict(result: CheckResult) -> str:
    """The last line: whether the weights are an initialization that the net declares, and what of them is."""
    from caffe_fillers.check import Kind, Status

    if result.passed:
        return "passed"
    different = [each for each in result.verdicts if each.status is Status.DIFFERENT]
    if result.unseeded and not different and not result.structure:
        plausible = "plausible, not an initialization by Caffe's stream: no seed makes these values"
        return f"{plausible} (--allow-unseeded passes them)"
    trained = any(each.kind in (Kind.TRAINED, Kind.MOVED) for each in different)
    if not trained or result.structure:
        return "the weights are not what the net declares"
    untouched = [
        f"{each.layer}[{each.index}] with seed {each.seed}"
        for each in result.verdicts
        if each.status is Status.EXACT and each.seed is not None
    ]
    kept = f"as initialized: {', '.join(untouched)}" if untouched else "no random blob is as initialized"
    return f"the weights are not what the net declares: structure agrees; trained; {kept}"
