"""The same bytes whatever the machine, the interpreter and the size of the pieces; docs/trust.md says why."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import outputs
import pytest

from caffe_fillers import distributions
from caffe_fillers.model import Model, ModelBlob, ModelLayer
from caffe_fillers.rng import kernel
from caffe_fillers.schema import LayerParameter, NetParameter

PROGRAM = Path(outputs.__file__)
PACKAGE = Path(distributions.__file__).parents[1]


def disabled_features() -> str:
    """All of numpy's SIMD beyond what it is built for, as its environment variable wants it."""
    core = np._core if hasattr(np, "_core") else np.core  # type: ignore[attr-defined]
    module = core._multiarray_umath
    return " ".join(name for name in module.__cpu_dispatch__ if module.__cpu_features__[name])


@cache
def lines(*environment: tuple[str, str], flags: tuple[str, ...] = ()) -> list[str]:
    """What the program prints under environment variables and flags of the interpreter."""
    command = [sys.executable, *flags, str(PROGRAM)]
    done = subprocess.run(
        command, env=os.environ | dict(environment), capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.splitlines()


VARIATIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "hash seed, locale, time zone, threads of BLAS": (
        *(("PYTHONHASHSEED", "4294967295"), ("TZ", "Pacific/Kiritimati"), ("OPENBLAS_NUM_THREADS", "1")),
        *(("LC_ALL", "C"), ("PYTHONCOERCECLOCALE", "0"), ("PYTHONUTF8", "0")),
    ),
    "no SIMD beyond numpy's baseline": (("NPY_DISABLE_CPU_FEATURES", disabled_features()),),
    "the C library without FMA and AVX2": (
        ("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2_Usable,-FMA_Usable,-AVX2,-FMA,-FMA4,-AVX512F"),
    ),
    "numpy alone": ((kernel.PURE, "1"),),
    "protobuf in pure Python": (("PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION", "python"),),
}


@pytest.mark.parametrize("variation", VARIATIONS)
def test_environment(variation: str) -> None:
    assert lines(*VARIATIONS[variation]) == lines()


@pytest.mark.parametrize("flags", [("-O",), ("-OO", "-X", "dev")], ids=" ".join)
def test_interpreter(flags: tuple[str, ...]) -> None:
    assert lines(flags=flags) == lines()


# Every size of a piece in which values or words are made, and what each may be: pairs of normals are whole.
PIECES = ["CHUNK", "_PART", "BLOCK", "_BLOCK", "_PIECE", "_AT_ONCE", "BLOCKS_PER_CHUNK"]


def piece_sizes() -> Iterator[tuple[object, str]]:
    """The modules that hold one, under the names that they know it by."""
    for name, module in list(sys.modules.items()):
        if name.startswith("caffe_fillers."):
            for size in PIECES:
                if isinstance(getattr(module, size, None), int):
                    yield module, size


@pytest.mark.usefixtures("both_paths")
@pytest.mark.parametrize(
    ("size", "nets"), [(62, ["msra_norms"]), (1000, ["siamese", "recurrent"]), (65_538, outputs.NETS)]
)
def test_pieces(size: int, nets: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pieces take their time."""
    expected = [*outputs.of_nets(nets), *outputs.of_fillers()]
    patched = list(piece_sizes())
    assert {name for _, name in patched} == set(PIECES)
    for module, name in patched:
        monkeypatch.setattr(module, name, size)
    assert [*outputs.of_nets(nets), *outputs.of_fillers()] == expected


# Functions of numpy whose last bit depends on the processor or on the order of a sum: where they may stand.
INEXACT = {
    "exp",
    "exp2",
    "expm1",
    "log",
    "log2",
    "log10",
    "log1p",
    "sin",
    "cos",
    "tan",
    "arctan",
    "tanh",
    "power",
}
INEXACT |= {"sum", "mean", "dot", "matmul", "einsum", "cbrt", "hypot", "var", "std"}
MAKES_VALUES = ("libm", "rng", "fillers", "frameworks", "distributions", "fans.py", "execute.py")


SAYS = {"mean", "std", "cdf", "density", "tests", "scale_interval"}


def _says(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and node.name in SAYS


def test_no_step_whose_last_bit_is_the_processors() -> None:
    """Values are made by operations that IEEE 754 rounds correctly, and sums from left to right.

    What a distribution says of itself is not drawn from.
    """
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] not in MAKES_VALUES:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        said = {node for each in ast.walk(tree) if _says(each) for node in ast.walk(each)}
        for node in set(ast.walk(tree)) - said:
            if isinstance(node, ast.Attribute) and node.attr in INEXACT and _is_numpy(node.value):
                found.append(f"{path.relative_to(PACKAGE)}:{node.lineno} np.{node.attr}")
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
                found.append(f"{path.relative_to(PACKAGE)}:{node.lineno} @")
    assert found == []


def _is_numpy(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "np"


def test_arrays_of_files_say_their_byte_order() -> None:
    """A big-endian machine reads what a little-endian one does: no type in a format is the machine's own."""
    native = {"float32", "float64", "float16", "uint32", "int32", "int64", "uint64"}
    found = []
    for path in sorted((PACKAGE / "formats").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.frombuffer":
                given = [each for each in node.args[1:] if isinstance(each, ast.Attribute)]
                found += [f"{path.name}:{node.lineno}" for each in given if each.attr in native]
    assert found == []


def test_values_of_the_other_byte_order_are_the_same() -> None:
    """Arrays of the other byte order, as a big-endian machine's own are, are written as little-endian."""

    def model(code: str) -> Model:
        blob = ModelBlob((2, 3), lambda: iter([np.arange(6).astype(code)]))
        return Model(NetParameter(name="n"), (ModelLayer(LayerParameter(name="l"), (blob,)),))

    for name in ("caffemodel", "npz", "safetensors", "prototxt", "h5"):
        if name == "h5":
            pytest.importorskip("h5py")
        assert outputs.digest(name, model("<f4")) == outputs.digest(name, model(">f4")), name
