"""What issue by issue was promised to be fast or small, measured beside what it is compared with."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import pytest
from conftest import ROUNDS, Figures
from nets import chain, googlenet, resnet, vgg, wide
from processes import Run, run

import caffe_fillers as cf
from caffe_fillers.distributions import Constant, Normal, Uniform
from caffe_fillers.plan import Fill
from caffe_fillers.rng import kernel

CORES = len(os.sched_getaffinity(0))
SEED = "1701"
BIG = 2_000_000_000


PATHS = ["compiled", "numpy"]
"""The two paths that draw; goals are for the first."""

NUMPY_AND_WRITE = """
import os, sys
import numpy
size, left = 1 << 20, int(sys.argv[1])
block, file = bytes(size), os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
while left > 0:
    left -= os.write(file, block[: min(size, left)])
"""
"""What any program with numpy takes that leaves as many bytes behind."""

INSTEAD = {
    "torch": """
import json, sys, torch
draw = {"xavier": torch.nn.init.xavier_uniform_, "msra": torch.nn.init.kaiming_normal_}[sys.argv[3]]
shapes = json.loads(sys.argv[1])
blobs = [draw(torch.empty(shape)) if len(shape) > 1 else torch.zeros(shape) for shape in shapes]
torch.save(blobs, sys.argv[2])
""",
    "keras": """
import json, os, sys
from importlib.util import find_spec
os.environ.setdefault("KERAS_BACKEND", next(filter(find_spec, ("tensorflow", "jax", "torch"))))
import keras, numpy
draw = {"xavier": keras.initializers.GlorotUniform(1), "msra": keras.initializers.HeNormal(1)}[sys.argv[3]]
shapes = json.loads(sys.argv[1])
numpy.savez(sys.argv[2], *[draw(shape) if len(shape) > 1 else numpy.zeros(shape, "f") for shape in shapes])
""",
}
"""What a user would run instead, where it is installed: the same shapes, filled and written."""


def caffe_fill(*words: str | Path, path: str = PATHS[0]) -> Run:
    environment = {kernel.PURE: "1" if path == "numpy" else ""}
    return run([Path(sys.executable).with_name("caffe-fill"), *words], environment=environment)


@pytest.fixture(params=PATHS)
def drawn_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "compiled" and not kernel.is_built:
        pytest.skip("the compiled loops are not installed")
    monkeypatch.setattr(kernel, "is_used", request.param == "compiled")
    return request.param


def new(path: Path) -> Path:
    """No file: to take the place of half a gigabyte is the file system's work, 0.2 to 0.4 s of it."""
    path.unlink(missing_ok=True)
    return path


@pytest.fixture
def net(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        path = tmp_path / "net.prototxt"
        path.write_text(text)
        return path

    return written


def requests(net: Path) -> Path:
    """What the stand-in is asked for: the distributions of the net's fills, in order."""
    lines = []
    for step in cf.load_net(net).plan.steps:
        assert isinstance(step, Fill)
        match step.distribution():
            case Uniform(low, high):
                lines.append(f"u {step.count} {low.hex()} {high.hex()}")
            case Normal(mean, std):
                lines.append(f"n {step.count} {mean.hex()} {std.hex()}")
            case Constant(value):
                lines.append(f"c {step.count} {value.hex()} 0")
    path = net.with_suffix(".requests")
    path.write_text("\n".join(lines))
    return path


@pytest.mark.parametrize(("filler", "goal"), [("xavier", "at least 1.2"), ("msra", "at least 1.5")])
def test_vgg_as_a_whole_process(
    filler: str, goal: str, drawn_by: str, net: Callable, beside: Callable, boost_fill: Path
) -> None:
    path = net(vgg(filler))
    ours, others, asked = path.with_suffix(".caffemodel"), path.with_suffix(".raw"), requests(path)
    beside(
        f"VGG-16, {filler}, whole process, {drawn_by}",
        lambda: caffe_fill(path, "--seed", SEED, "--quiet", "-o", new(ours), path=drawn_by).seconds,
        "Boost, written raw",
        lambda: run([boost_fill, SEED, new(others)], asked).seconds,
        goal if drawn_by == "compiled" else "",
    )


def test_vgg_beside_what_any_program_takes(drawn_by: str, net: Callable, beside: Callable) -> None:
    path = net(vgg("xavier"))
    ours, others = path.with_suffix(".caffemodel"), path.with_suffix(".raw")
    size = 4 * cf.load_net(path).plan.num_parameters
    beside(
        f"VGG-16, xavier, whole process, {drawn_by}",
        lambda: caffe_fill(path, "--seed", SEED, "--quiet", "-o", new(ours), path=drawn_by).seconds,
        "`import numpy` and `write(2)`",
        lambda: run([sys.executable, "-c", NUMPY_AND_WRITE, str(size), new(others)]).seconds,
        "at most 1.6" if drawn_by == "compiled" else "",
        faster_is_more=False,
    )


@pytest.mark.parametrize("filler", ["xavier", "msra"])
@pytest.mark.parametrize("framework", INSTEAD)
def test_vgg_beside_what_a_user_would_run_instead(
    framework: str, filler: str, net: Callable, beside: Callable
) -> None:
    if find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    path = net(vgg(filler))
    ours, others = path.with_suffix(".caffemodel"), path.with_suffix(".npz")
    shapes = json.dumps([step.shape for step in cf.load_net(path).plan.steps if isinstance(step, Fill)])
    beside(
        f"VGG-16, {filler}, whole process, compiled",
        lambda: caffe_fill(path, "--seed", SEED, "--quiet", "-o", new(ours)).seconds,
        f"{framework}, written",
        lambda: run([sys.executable, "-c", INSTEAD[framework], shapes, new(others), filler]).seconds,
        "",
    )


@pytest.mark.parametrize(("filler", "goals"), [("xavier", {1: "5", 2: "8"}), ("msra", {1: "2.5", 2: "4"})])
@pytest.mark.parametrize("threads", sorted({1, min(CORES, 2)}))
def test_vgg_drawn_alone(
    filler: str,
    goals: dict[int, str],
    threads: int,
    drawn_by: str,
    net: Callable,
    beside: Callable,
    boost_fill: Path,
) -> None:
    if drawn_by == "numpy" and threads > 1:
        pytest.skip("numpy's path has one thread")
    path = net(vgg(filler))
    asked, loaded = requests(path), cf.load_net(path)

    def draw() -> float:
        begin = time.perf_counter()
        for _, _, blob in loaded.model(int(SEED), threads=threads).blobs():
            for _ in blob.chunks():
                pass
        return time.perf_counter() - begin

    beside(
        f"VGG-16, {filler}, drawn alone, {drawn_by}, threads: {threads}",
        draw,
        "Boost, drawn alone",
        lambda: run([boost_fill, SEED], asked).seconds,
        f"at least {goals[threads]}" if drawn_by == "compiled" else "",
    )


def test_help(beside: Callable) -> None:
    beside(
        "`caffe-fill --help`",
        lambda: caffe_fill("--help").seconds,
        "`python -c pass`",
        lambda: run([sys.executable, "-c", "pass"]).seconds,
        "at most 2.5",
        faster_is_more=False,
    )


def test_lenet(tmp_path: Path, beside: Callable) -> None:
    path = Path(__file__).parent.parent / "examples" / "lenet.prototxt"
    beside(
        "LeNet, whole process",
        lambda: caffe_fill(path, "--seed", SEED, "-o", tmp_path / "lenet.caffemodel").seconds,
        "`python -c 'import numpy'`",
        lambda: run([sys.executable, "-c", "import numpy"]).seconds,
        "at most 3",
        faster_is_more=False,
    )


@pytest.mark.parametrize("filler", ["xavier", "msra"])
@pytest.mark.parametrize("threads", sorted({1, min(CORES, 2)}))
def test_memory_of_vgg(threads: int, filler: str, net: Callable, figures: Figures) -> None:
    path = net(vgg(filler))
    words = [path, "--seed", SEED, "--quiet", "--threads", str(threads)]
    note(f"VGG-16, {filler}, caffemodel, 0.55 GB, threads: {threads}", path, words, ROUNDS, figures)


@pytest.mark.parametrize("ending", ["safetensors", "h5"])
def test_memory_of_two_billion_parameters(ending: str, net: Callable, figures: Figures) -> None:
    path = net(wide(BIG))
    if shutil.disk_usage(path.parent).free < 6 * BIG:
        pytest.skip(f"needs {6 * BIG / 1e9:.0f} GB of disk")
    words = [path, "--seed", SEED, "--quiet"]
    what = f"{BIG / 1e9:.1f} billion parameters, {ending}, {4 * BIG / 1e9:.1f} GB"
    note(what, path, words, 1, figures, ending)


@pytest.mark.parametrize(
    ("name", "text"), [("ResNet-152, 241 MB", resnet()), ("GoogLeNet, 28 MB", googlenet())]
)
def test_known_nets(name: str, text: str, net: Callable, figures: Figures) -> None:
    path = net(text)
    note(f"{name}, caffemodel", path, [path, "--seed", SEED, "--quiet"], ROUNDS, figures)


def note(
    what: str, path: Path, words: list[str | Path], rounds: int, figures: Figures, ending: str = "caffemodel"
) -> None:
    """Time and memory of a fill, the medians of some runs; a file takes no other's place."""
    output = path.with_suffix(f".{ending}")
    done = [caffe_fill(*words, "-o", new(output)) for _ in range(rounds)]
    new(output)
    seconds, megabytes = (median(column) for column in zip(*done, strict=True))
    figures.memory.append((what if rounds > 1 else f"{what} (one run)", seconds, megabytes))


@pytest.mark.parametrize("layers", [10, 50, 200, 1000, 5000])
def test_growth_in_layers(layers: int, net: Callable, figures: Figures) -> None:
    path = net(chain(layers))
    grow("layers", layers, path, figures)


@pytest.mark.parametrize("parameters", [10**5, 10**6, 10**7, 10**8, 5 * 10**8])
def test_growth_in_parameters(parameters: int, net: Callable, figures: Figures) -> None:
    path = net(wide(parameters))
    grow("parameters", cf.load_net(path).plan.num_parameters, path, figures)


def grow(what: str, amount: int, path: Path, figures: Figures) -> None:
    output = path.with_suffix(".caffemodel")
    words = [path, "--seed", SEED, "--quiet", "-o", output]
    seconds = median(caffe_fill(*words[:-1], new(output)).seconds for _ in range(ROUNDS))
    new(output)
    figures.curves.setdefault(what, []).append((amount, seconds))
