"""Fill a Caffe net's weights as Caffe would, and write them.

The same net and seed give the very file that Caffe saves.
"""

from __future__ import annotations

import argparse
import os
import sys

from caffe_fillers.cli.arguments import (
    add_layout_argument,
    add_net_arguments,
    add_stream_arguments,
    add_sync_argument,
    load_to_hold,
    out_name,
    stem,
    thread_count,
)
from caffe_fillers.cli.messages import print_note, print_shapes
from caffe_fillers.cli.outputs import refuse_overwriting_inputs
from caffe_fillers.cli.parsing import whole
from caffe_fillers.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from caffe_fillers.api import Net
    from caffe_fillers.cli.profile import Profile
    from caffe_fillers.copying import Copied
    from caffe_fillers.model import Model


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Define the command line of `caffe-fill NET`."""
    add_net_arguments(parser)
    add_stream_arguments(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=out_name,
        metavar="OUT",
        help="default: NET's stem + .caffemodel here; - is standard output",
    )
    parser.add_argument("--format", metavar="F", help="format of OUT where its name does not tell")
    parser.add_argument(
        "--weights",
        action="append",
        default=[],
        metavar="FILE",
        help="copy layers of the same name from FILE afterwards, as fine-tuning does; may be repeated",
    )
    parser.add_argument(
        "--as",
        dest="framework",
        metavar="FRAMEWORK",
        help="draw as tensorflow, tensorflow2, keras or mxnet would with the same distributions",
    )
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="LAYER",
        help="write this layer alone, with the values it always has; may be repeated",
    )
    add_layout_argument(parser)
    _add_manner(parser)


def _add_manner(parser: argparse.ArgumentParser) -> None:
    """Add options that change no byte of the output."""
    parser.add_argument(
        "--threads",
        type=whole,
        metavar="N",
        help="the bytes are the same with any number (default: 2 if there are two cores)",
    )
    parser.add_argument("--profile", action="store_true", help="say where the time went")
    parser.add_argument(
        "--force",
        action="store_true",
        help="write even what Caffe cannot read, or if the disk seems too small",
    )
    add_sync_argument(parser)
    parser.add_argument("--json", action="store_true", help="print the table as JSON")
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")


def run(arguments: argparse.Namespace) -> int:
    """Fill, write, and say what was done."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's others spin for 60 ms, to wait for no work
    from caffe_fillers.api.seeds import fresh_seed
    from caffe_fillers.cli.profile import Profile

    profile = Profile()
    with profile.stage("read and plan"):
        net, shapes = load_to_hold(arguments, _weight_files(arguments))
        if arguments.only:
            net = net.only(arguments.only)
    seed = net.seed if arguments.seed is None else arguments.seed
    chosen = seed is None
    seed = fresh_seed() if seed is None else seed
    extension = "safetensors" if arguments.layout else "caffemodel"
    output = arguments.output or f"{stem(arguments.net)}.{extension}"
    refuse_overwriting_inputs(output, net)
    with profile.stage("draw and write"):
        copied = _write(net, seed, output, arguments, profile)
    if not arguments.quiet:
        print_shapes(shapes)
        _report(net, seed, chosen, output, arguments, copied)
    if arguments.profile:
        profile.print(sys.stderr)
    return 0


def _weight_files(arguments: argparse.Namespace) -> list[str]:
    return [name for names in arguments.weights for name in names.split(",")]


def _write(net: Net, seed: int, output: str, arguments: argparse.Namespace, profile: Profile) -> Copied:
    from caffe_fillers.cli.progress import with_progress

    model = _model(net, seed, arguments)
    show = not arguments.quiet and sys.stderr.isatty()
    files = [*net.weights, *_weight_files(arguments)]
    with net.with_weights(model, files, lenient=arguments.lenient) as copied:
        model = profile.watched(copied.model) if arguments.profile else copied.model
        model = with_progress(model, net.plan.num_parameters) if show else model
        _save(net, model, output, arguments)
    return copied


def _save(net: Net, model: Model, output: str, arguments: argparse.Namespace) -> None:
    from caffe_fillers.api.weights import save_model, save_tensors
    from caffe_fillers.formats import format_for

    if arguments.layout:
        from caffe_fillers.port.targets import lay_out, targets

        if arguments.only:
            raise UsageError("--layout takes the whole net, of which --only leaves a part")
        tensors = lay_out(targets[arguments.layout], net.plan, model)
        save_tensors(output, tensors, arguments.format, force=arguments.force, sync=arguments.sync)
    elif output == "-":
        file_format = format_for(".caffemodel", arguments.format)
        if file_format.folder:
            raise UsageError(f"{file_format.name} is a folder of files; give it a name with -o")
        file_format.write(sys.stdout.buffer, model)
        sys.stdout.buffer.flush()
    else:
        save_model(output, model, arguments.format, force=arguments.force, sync=arguments.sync)


def _model(net: Net, seed: int, arguments: argparse.Namespace) -> Model:
    if arguments.framework:
        if arguments.only:
            raise UsageError("--only goes with Caffe's own stream: other frameworks count a net's layers")
        if arguments.boost or arguments.generator or arguments.caffe or arguments.skip_words:
            raise UsageError(
                "--boost, --generator, --caffe and --skip-words say how Caffe draws: leave them out with --as"
            )
        return net.model_as(arguments.framework, seed)
    from caffe_fillers.api.seeds import make_stream

    stream = make_stream(seed, boost=arguments.boost, generator=arguments.generator or "mt19937")
    stream.skip(arguments.skip_words)
    return net.model(stream=stream, threads=thread_count(arguments.threads))


def _report(
    net: Net, seed: int, chosen: bool, output: str, arguments: argparse.Namespace, copied: Copied
) -> None:
    from pathlib import Path

    from caffe_fillers.cli import tables

    stream = sys.stderr if output == "-" else sys.stdout
    if arguments.json:
        tables.print_json(net, stream, copied.origins, seed=seed, output=output)
        return
    tables.print_plan(net, stream, copied.origins)
    if copied.ignored:
        print_note(_ignored(copied))
    tables.print_notes(net, sys.stderr)
    origin = " (fresh; give it with --seed to repeat this)" if chosen else ""
    print(f"seed {seed}{origin}", file=stream)
    if output != "-":
        size = _size(Path(output))
        print(f"wrote {output}, {size:,} bytes", file=stream)


def _ignored(copied: Copied) -> str:
    """Say how many layers of the weights found no place in the net, and name the first."""
    from caffe_fillers.errors import few

    number = len(copied.ignored)
    layers = "layer" if number == 1 else "layers"
    return f"{number} {layers} of the weights found no place in the net: {few(copied.ignored)}"


def _size(output: Path) -> int:
    """Return the number of bytes in the output; 0 for a device or a pipe."""
    files = output.iterdir() if output.is_dir() else [output] if output.is_file() else []
    return sum(file.stat().st_size for file in files)
