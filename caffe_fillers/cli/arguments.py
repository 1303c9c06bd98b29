"""Options that several commands share."""

from __future__ import annotations

import argparse
import math
import os
import sys

from caffe_fillers.cli.parsing import FRAMEWORK_ALIASES, one_of, whole
from caffe_fillers.errors import UnknownShapeError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from caffe_fillers.api import Net
    from caffe_fillers.shapes import Shape


def add_net_arguments(parser: argparse.ArgumentParser) -> None:
    """Add NET and the options that decide which of its layers are built and how large they are."""
    parser.add_argument("net", metavar="NET", help="a net or a solver, text or binary; - is standard input")
    parser.add_argument(
        "--phase",
        type=one_of(("train", "test")),
        metavar="{train,test}",
        help="default: train or what a solver says; test where only that can be built",
    )
    parser.add_argument("--level", type=whole, metavar="N", help="level of the net's state (default 0)")
    parser.add_argument("--stage", action="append", default=[], metavar="NAME", help="may be repeated")
    add_shape_argument(parser)
    parser.add_argument(
        "--dialect", metavar="NAME", help="the fork whose net this is, such as ssd; default: by its fields"
    )
    parser.add_argument(
        "--caffe",
        metavar="VERSION",
        help="rc, rc2, rc3, rc4, rc5, 1.0, master, or a day such as 2016-02-29 "
        "(default: the dialect's, or master)",
    )
    parser.add_argument(
        "--strict", action="store_true", help="refuse fields and layer types that no Caffe is known to have"
    )
    parser.add_argument(
        "--lenient", action="store_true", help="pass over what is unknown even where it changes the weights"
    )


def add_shape_argument(parser: argparse.ArgumentParser) -> None:
    """Add --shape, for shapes that the net does not tell."""
    parser.add_argument(
        "--shape",
        action="append",
        default=[],
        metavar="BLOB=2,3,224,224",
        help="shape of a blob that the net cannot tell, ? where it does not matter; may be repeated",
    )


def add_sync_argument(parser: argparse.ArgumentParser) -> None:
    """Add --sync."""
    parser.add_argument("--sync", action="store_true", help="wait until the file is on the disk")


def add_layout_argument(parser: argparse.ArgumentParser) -> None:
    """Add --layout, the framework whose names and axes weights are written with; None for Caffe's own."""
    parser.add_argument(
        "--layout",
        type=_layout,
        metavar="FRAMEWORK",
        help="name and transpose the blobs as the code that `caffe-fill port` prints has them: "
        "torch, keras or jax (default caffe: as they are)",
    )


def _layout(text: str) -> str | None:
    """Return the framework of a layout, under any name that it has; None for Caffe's own."""
    name = FRAMEWORK_ALIASES.get(text.lower(), text.lower())
    return None if name == "caffe" else name


def add_stream_arguments(
    parser: argparse.ArgumentParser, seed: str = "fresh and printed if absent", boost: str = "default 1.74"
) -> None:
    """Add the options of the stream; `seed` and `boost` are the help on their defaults."""
    parser.add_argument("--seed", type=whole, metavar="N", help=f"0 to 4294967295; {seed}")
    parser.add_argument("--boost", metavar="VERSION", help=f"release of Boost, such as 1.54 ({boost})")
    parser.add_argument(
        "--skip-words",
        type=words,
        default=0,
        metavar="N",
        help="leave out the first N words of the stream, which something drew that the net does not show",
    )
    parser.add_argument(
        "--generator",
        metavar="NAME",
        help="mt19937, or mt19937_64 as in the BVLC opencl branch (default mt19937)",
    )


def out_name(text: str) -> str:
    """Return the name of an output; refuse an empty one."""
    if not text:
        raise UsageError("the name of the output is empty: give one, or leave the option out")
    return text


def words(text: str) -> int:
    """Parse `--skip-words`: a whole number, not below 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r}: give a whole number, 0 or above")
    return int(text)


def std(text: str) -> float:
    """Parse `--input-std`: finite and above 0."""
    number = _number(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r}: give a finite number above 0")
    return number


def tolerance(text: str) -> float:
    """Parse `--tolerance`: finite, and not below 0."""
    number = _number(text)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r}: give a finite number, 0 or above")
    return number


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None


def load(arguments: argparse.Namespace) -> Net:
    """Load the net that the arguments of `add_net_arguments` describe."""
    from caffe_fillers.api import load_net

    return load_net(sys.stdin.buffer if arguments.net == "-" else arguments.net, **net_options(arguments))


def load_to_hold(arguments: argparse.Namespace, weights: Sequence[str]) -> tuple[Net, Mapping[str, Shape]]:
    """Load the net; return it and the shapes that only the first of the weight files tells.

    A net from standard input, which is read once, has none of these.
    """
    from caffe_fillers.api.stored import load_net_for
    from caffe_fillers.api.weights import open_model

    can_ask = bool(weights) and arguments.net != "-"
    try:
        net = load(arguments)
        if not can_ask or not any(data.assumed for layer in net.plan.layers for data in layer.inputs):
            return net, {}
    except UnknownShapeError:
        if not can_ask:
            raise
    with open_model(weights[0]) as model:
        return load_net_for(arguments.net, model, **net_options(arguments))


def net_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments of `add_net_arguments` beside NET as keywords of `load_net`."""
    return {
        "phase": arguments.phase,
        "level": arguments.level,
        "stages": arguments.stage,
        "shapes": dict(map(parse_shape_option, arguments.shape)),
        "dialect": arguments.dialect,
        "caffe": arguments.caffe,
        "strict": arguments.strict,
        "lenient": arguments.lenient,
    }


def stem(net: str) -> str:
    """Return NET's name without its extension; `net` for standard input."""
    from pathlib import Path

    return "net" if net == "-" else Path(net).stem


def thread_count(given: int | None) -> int:
    """Return --threads, by default two if there are two cores: more were no faster (docs/benchmarks.md)."""
    if given is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return min(cores, 2)
    if given < 1:
        raise UsageError(f"--threads {given}: give 1 or more")
    return given


def parse_shape_option(option: str) -> tuple[str, Shape]:
    """Parse the blob and the shape of a `--shape`."""
    from caffe_fillers.shapes import parse_shape

    name, equals, lengths = option.rpartition("=")
    if not equals or not name:
        raise UsageError(f"--shape {option!r}: write it as BLOB=2,3,224,224")
    return name, parse_shape(lengths)
