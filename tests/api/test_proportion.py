"""Time and memory in proportion to what is read: small inputs that once took seconds, minutes or gigabytes.

Each row is a command in a process of its own; its processor seconds and its peak memory are measured by the
system. The bounds leave room for a slow machine: what a row took before it was mended is in its comment.
"""

import io
import random
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

INPUT = "layer {{ name: 'x' type: 'Input' top: 'x' input_param {{ shape {{ {} }} }} }}\n"
SMALL = INPUT.format("dim: 2 dim: 3")


def text(name: str, content: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_text(content) and None


def relus(number: int, name: str = "") -> str:
    layers = (f"layer {{ name: '{name}{i}' type: 'ReLU' bottom: 'x' top: 'y{i}' }}" for i in range(number))
    return SMALL + "\n".join(layers)


def solver(folder: Path) -> None:
    (folder / "net.prototxt").write_text(relus(500))
    (folder / "in").write_text(f"net: 'net.prototxt' test_interval: 1 test_iter: [{','.join('1' * 60)}]")


def zero_axis(folder: Path) -> None:
    h5py = pytest.importorskip("h5py")
    with h5py.File(folder / "in.h5", "w") as file:
        file.create_dataset("data/conv/0", (2**62, 0), np.float32, chunks=(1, 1), maxshape=(None, None))


def bomb(folder: Path) -> None:
    with zipfile.ZipFile(folder / "in.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        layers = b"layer{}" * 200_000
        texts = {"caffe_fillers.net": layers, "caffe_fillers.blobs": b"[" + b"[]," * 199_999 + b"[]]"}
        for name, content in texts.items():
            array = io.BytesIO()
            np.save(array, np.frombuffer(content, np.uint8))
            archive.writestr(f"{name}.npy", array.getvalue())


def tangle(folder: Path) -> None:
    draw = random.Random(1)
    layers = [SMALL, SMALL.replace("'x'", "'z'")]
    for number in range(400):
        bottoms = draw.sample(["x", "z", *(f"y{i}" for i in range(number))], min(number + 2, 8))
        names = " ".join(f"bottom: '{bottom}'" for bottom in bottoms)
        layers.append(f"layer {{ name: 'l{number}' type: 'Eltwise' {names} top: 'y{number}' }}")
    (folder / "in").write_text("\n".join(layers))


MEASURED = """
import re, sys, time
from pathlib import Path
from caffe_fillers.cli import main
code = main()
print(time.process_time(), re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1],
      sep="\\n", file=sys.stderr)
sys.exit(code)
"""
pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="peak memory as Linux tells it"
)

QUOTES = '\\"' * 20_000
UNKNOWN = "\n".join(f"parametrization_{number:05d}_param: 1" for number in range(2000))
ROWS = {  # what is made, the command, its exit code, processor seconds, MB
    "an image of 10,000 x 10,000, predicted (5.8 s, 4.7 GB)": (
        text(
            "in",
            INPUT.format("dim: 1 dim: 1 dim: 10000 dim: 10000").replace("'x'", "'a'")
            + "layer { name: 'r' type: 'ReLU' bottom: 'a' top: 'c' }",
        ),
        "plan in --gains",
        0,
        3,
        150,
    ),
    "20,000 empty layers (12 s)": (text("in", "layer{}" * 20_000), "plan in", 0, 12, 200),
    "4,000 layers in place (280 MB)": (
        text("in", SMALL + "layer { name: 'r' type: 'ReLU' bottom: 'x' top: 'x' }\n" * 4000),
        "plan in",
        0,
        12,
        150,
    ),
    "20 kB of digits in a blob (32 s)": (
        text("in.caffemodel.prototxt", f"layer {{ blobs {{ data: {'1' * 20_000}x }} }}"),
        "convert in.caffemodel.prototxt out.npz",
        2,
        4,
        150,
    ),
    "40 kB of quotes in a net (17 s)": (text("in", f'"{QUOTES}'), "plan in", 2, 4, 150),
    "40 kB of quotes in weights (19 s)": (
        text("in.caffemodel.prototxt", f'layer {{ blobs {{ "{QUOTES}'),
        "convert in.caffemodel.prototxt out.npz",
        2,
        4,
        150,
    ),
    "1 MB of adjacent literals (3 s, and four times that for twice the text)": (
        text("in", SMALL + "name: " + '"xxxxxxxx" ' * 100_000),
        "plan in",
        0,
        5,
        200,
    ),
    "a solver that tests with one net 60 times (20 s)": (solver, "plan in", 0, 5, 200),
    "2,000 unknown fields (9 s)": (
        text("in", SMALL + f"layer {{ name: 'y' type: 'ReLU' bottom: 'x' top: 'y' {UNKNOWN} }}"),
        "plan in",
        0,
        4,
        150,
    ),
    "a name of 60 kB with 2,000 readers (400 MB written)": (
        text(
            "in",
            relus(2_000)
            .replace("'x'", f"'{'n' * 60_000}'", 2)
            .replace("bottom: 'x'", "bottom: 'b'")
            .replace("top: 'x'", "top: 'b'"),
        ),
        "plan in",
        2,
        5,
        150,
    ),
    "4,000 names that become one identifier (half a minute)": (
        text(
            "in",
            SMALL
            + "".join(
                f"layer {{ name: '{chr(256 + i)}' type: 'ReLU' bottom: 'x' top: '{chr(256 + i)}' }}\n"
                for i in range(4_000)
            ),
        ),
        "port in --to torch",
        0,
        12,
        250,
    ),
    "an Eltwise that multiplies 500 blobs (a minute)": (
        text(
            "in",
            SMALL
            + "layer { name: 'y' type: 'Eltwise' top: 'y' eltwise_param { operation: PROD }"
            + " bottom: 'x'" * 500
            + "}",
        ),
        "plan in --gains",
        0,
        6,
        150,
    ),
    "a dataset of 2^62 x 0 (without end)": (zero_axis, "convert in.h5 out.npz", 2, 4, 150),
    "3 kB that inflate to 2 MB of net (15 s, 414 MB)": (bomb, "convert in.npz out.caffemodel", 2, 4, 150),
    "a graph of 400 layers with eight inputs each (minutes)": (tangle, "report in -o out.html", 0, 25, 400),
}


@pytest.mark.parametrize("row", ROWS)
def test_time_and_memory_are_in_proportion(row: str, tmp_path: Path) -> None:
    make, command, code, seconds, megabytes = ROWS[row]
    make(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *command.split()], cwd=tmp_path, capture_output=True, check=False
    )
    *said, spent, peak = done.stderr.decode().splitlines()
    assert done.returncode == code, said
    assert float(spent) < seconds
    assert int(peak) / 1000 < megabytes
