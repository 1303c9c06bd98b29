"""Commands as targets: run in this process on the files of a case.

Exit code 70, a fault of the program itself, is a finding, and so is a numpy warning or printed code that does
not compile; every other outcome is an answer.
"""

from __future__ import annotations

import io
import os
import tempfile
import warnings
import zlib
from contextlib import redirect_stderr, redirect_stdout
from importlib.util import find_spec
from pathlib import Path
from random import Random
from unittest import mock

import caffe_fillers as cf
from caffe_fillers.cli import main
from caffe_fillers.errors import CaffeFillersError
from caffe_fillers.formats import formats
from caffe_fillers.plan import Fill

from .mutations import damage_bytes

MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
FEW = 20_000
"""Values from which on a net is planned, but not drawn."""
SEARCHED = 1 / 30
"""Share of the models that `check` searches through all seeds, which may take seconds."""
OUR_FAULT = 70
TARGETS = ("torch", "keras", "jax")


def plan(data: bytes) -> None:
    """`plan`, and what it predicts of the signal."""
    _on_net(data, ["plan", "net.prototxt", "--gains"], drawn=False)


def report(data: bytes) -> None:
    """A whole page."""
    _on_net(data, ["report", "net.prototxt", "-o", "page.html", "--seed", "1"], drawn=True)


def convert(data: bytes) -> None:
    """A net as text, and its own weights through two formats."""
    fill = ["fill", "net.prototxt", "-o", "net.caffemodel", "--seed", "1", "--quiet"]
    to_safetensors = ["convert", "net.caffemodel", "net.safetensors"]
    back = ["convert", "net.safetensors", "net.npz"]
    _on_net(data, ["convert", "net.prototxt", "-"], fill, to_safetensors, back, drawn=True)


def check(data: bytes) -> None:
    """A net's own weights, damaged by a generator that the case itself seeds; few are searched at length."""
    with _folder(data):
        net = _small_net(data)
        if net is None:
            return
        weights = io.BytesIO()
        try:
            formats["caffemodel"].write(weights, net.fill(seed=1).model())
        except CaffeFillersError:
            return
        random, content = Random(zlib.crc32(data)), weights.getvalue()
        if random.random() < 0.7:
            content = damage_bytes(random, content, content)
        Path("net.caffemodel").write_bytes(content)
        quick = [] if random.random() < SEARCHED else ["--quick"]
        _run("check", "net.prototxt", "net.caffemodel", *quick)


def port(data: bytes) -> None:
    """Each framework's module compiles, and a small net becomes an ONNX model that its checker takes."""
    with _folder(data):
        for target in TARGETS:
            printed = _run("port", "net.prototxt", "--to", target)
            compile(printed, f"{target}.py", "exec")
        if find_spec("onnx") and _small_net(data):
            _run("port", "net.prototxt", "--to", "onnx", "-o", "net.onnx", "--seed", "1")


def _on_net(data: bytes, *commands: list[str], drawn: bool) -> None:
    with _folder(data):
        if not drawn or _small_net(data):
            for words in commands:
                _run(*words)


class _folder:
    """A folder of its own with the net, which is the current one within the block."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __enter__(self) -> None:
        self.before = Path.cwd()
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY)
        os.chdir(self.folder.name)
        Path("net.prototxt").write_bytes(self.data)

    def __exit__(self, *_: object) -> None:
        os.chdir(self.before)
        self.folder.cleanup()


def _small_net(data: bytes) -> cf.Net | None:
    """Return the net where it can be built and has few values."""
    try:
        net = cf.load_net(io.BytesIO(data))
        steps = net.plan.steps
    except CaffeFillersError:
        return None
    return net if sum(step.count for step in steps if isinstance(step, Fill)) < FEW else None


def _run(*words: str) -> str:
    """What a command prints; its own fault is an AssertionError with the traceback."""
    printed, said = io.StringIO(), io.StringIO()
    traceback = mock.patch.dict(os.environ, CAFFE_FILL_TRACEBACK="1")
    with traceback, redirect_stdout(printed), redirect_stderr(said), warnings.catch_warnings():
        warnings.simplefilter("error")
        code = main(list(words))
    assert code != OUR_FAULT, said.getvalue()
    return printed.getvalue() if code == 0 else ""
