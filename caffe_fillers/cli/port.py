"""Print a net as code of another framework, with its initializers, or write it as an ONNX model.

Each initializer is the framework's own where that is the same distribution,
and has its numbers and a comment where it is not. Weights for the code are
written with --layout, by caffe-fill NET; an ONNX model has its weights inside,
those of --weights or those that Caffe would start with.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from caffe_fillers.cli.arguments import add_net_arguments, load, out_name, stem
from caffe_fillers.cli.outputs import refuse_overwriting_inputs
from caffe_fillers.cli.parsing import FRAMEWORK_ALIASES, one_of, whole
from caffe_fillers.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from caffe_fillers.api import Net

FRAMEWORKS = ("torch", "keras", "mxnet", "jax", "tf1")
"""Frameworks whose initializers are printed."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command line of `caffe-fill port NET`."""
    add_net_arguments(parser)
    parser.add_argument(
        "--to",
        required=True,
        type=one_of((*FRAMEWORKS, "onnx"), FRAMEWORK_ALIASES),
        metavar="FRAMEWORK",
        help="torch, keras, jax: code; onnx: a model; mxnet, tf1: initializers alone",
    )
    parser.add_argument(
        "--only", type=one_of(("init",)), metavar="init", help="init: the initializers without the module"
    )
    parser.add_argument(
        "--cut",
        type=whole,
        metavar="N",
        help="of a net that cannot be ported whole: 1 is the part before the layers in the way, 2 after",
    )
    parser.add_argument(
        "--states",
        action="store_true",
        help="recurrent layers take the states that they begin with, and give those that they end with",
    )
    parser.add_argument("--seed", type=whole, metavar="N", help="of an ONNX model's weights; fresh if absent")
    parser.add_argument(
        "--weights",
        action="append",
        default=[],
        metavar="FILE",
        help="trained weights of an ONNX model, copied by layer name; may be repeated",
    )
    parser.add_argument(
        "-o",
        "--output",
        type=out_name,
        metavar="OUT",
        help="default: standard output; for onnx NET's stem + .onnx",
    )


def run(arguments: argparse.Namespace) -> int:
    """Print the code, or write it to a file."""
    from caffe_fillers.cli import tables
    from caffe_fillers.port.targets import targets

    onnx = arguments.to == "onnx"
    if not onnx and (arguments.weights or arguments.seed is not None):
        raise UsageError("weights go with --to onnx; for a printed module write them with --layout")
    if onnx and arguments.only:
        raise UsageError("ONNX has no initializers of distributions: leave out --only")
    if not onnx and arguments.only != "init" and arguments.to not in targets:
        raise UsageError(f"{arguments.to} is retired: only its initializers are printed, with --only init")
    net = load(arguments)
    output = arguments.output or (f"{stem(arguments.net)}.onnx" if onnx else "-")
    refuse_overwriting_inputs(output, net)
    if onnx:
        _write_onnx(net, output, arguments)
    else:
        code = net.port(arguments.to, only=arguments.only, cut=arguments.cut, states=arguments.states)
        _write_code(code, output)
    tables.print_notes(net, sys.stderr)
    return 0


def _write_code(code: str, output: str) -> None:
    from caffe_fillers.api.files import replace_file

    if output == "-":
        sys.stdout.write(code)
        return
    with replace_file(Path(output)) as file:
        file.write(code.encode())


def _write_onnx(net: Net, output: str, arguments: argparse.Namespace) -> None:
    from caffe_fillers.api.onnx import save_onnx
    from caffe_fillers.api.seeds import fresh_seed

    seed = net.seed if arguments.seed is None else arguments.seed
    chosen = fresh_seed() if seed is None else seed
    files = [*net.weights, *(name for names in arguments.weights for name in names.split(","))]
    with net.with_weights(net.model(chosen), files, lenient=arguments.lenient) as copied:
        made = net.to_onnx(copied.model, cut=arguments.cut, states=arguments.states)
    if output == "-":
        sys.stdout.buffer.write(made.SerializeToString())
        sys.stdout.buffer.flush()
    else:
        save_onnx(made, Path(output))
    if not files and seed is None:
        print(f"seed {chosen}", file=sys.stderr)
