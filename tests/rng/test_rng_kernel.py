"""The compiled loops for each kind of processor, and what they refuse."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from caffe_fillers import rng
from caffe_fillers.rng import generators, kernel

SOURCE = Path(kernel.__file__).with_name("_kernel.c")
FLAGS = ["-O3", "-ffp-contract=off", "-fPIC", "-shared", "-DCLONES="]
CLONES = {
    "baseline": ([], set()),
    "AVX2": (["-march=x86-64-v3"], {"avx2", "fma"}),
    "AVX-512": (["-march=x86-64-v4"], {"avx512f", "avx512bw", "avx512dq", "avx512vl"}),
    "AVX-512 with look-ups": (
        ["-march=x86-64-v4", "-mtune=haswell"],
        {"avx512f", "avx512bw", "avx512dq", "avx512vl"},
    ),
}


def processor() -> set[str]:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    return {flag for line in lines if line.startswith("flags") for flag in line.split()}


@pytest.fixture(params=CLONES)
def compiled(request: pytest.FixtureRequest, tmp_path: Path) -> ModuleType:
    """The loops built for one kind of processor alone."""
    flags, needed = CLONES[request.param]
    compiler = shutil.which("gcc")
    if compiler is None or not needed <= processor():
        pytest.skip("needs gcc, and a processor of that kind")
    target = tmp_path / "_kernel.so"
    include = f"-I{sysconfig.get_path('include')}"
    command = [compiler, *FLAGS, *flags, include, SOURCE, "-o", target, "-lm"]
    built = subprocess.run(command, check=False, capture_output=True, text=True)
    if built.returncode and ("Python.h" in built.stderr or "-march" in built.stderr):
        pytest.skip("needs Python's headers and a compiler that knows such processors")
    assert built.returncode == 0, built.stderr
    specification = importlib.util.spec_from_file_location("_kernel", target)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def digest() -> str:
    """Values of all distributions, of both generators and types, and where the streams then stand."""
    found = hashlib.sha256()
    for generator in ("mt19937", "mt19937_64"):
        for boost in ("1.54", "1.58", "1.74"):
            for dtype in (np.float32, np.float64):
                stream = rng.Stream(1701, boost, generator)
                drawn = [
                    rng.uniform(stream, 20_001, dtype(-0.1), dtype(0.1), dtype),
                    rng.normal(stream, 30_001, dtype(0.5), dtype(0.1), dtype),
                    rng.bernoulli(stream, 5_001, dtype(0.3), dtype),
                ]
                stream.skip(1 << 20)
                for values in (*drawn, stream.words(1_001), np.array(stream.position)):
                    found.update(values.tobytes())
    return found.hexdigest()


def test_every_kind_of_processor_draws_the_same(
    compiled: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "is_used", False)
    expected = digest()
    monkeypatch.setattr(kernel, "is_used", True)
    monkeypatch.setattr(kernel, "loops", compiled)
    assert digest() == expected


@pytest.mark.skipif(not kernel.is_built, reason="the compiled loops are not built here")
@pytest.mark.parametrize("generator", ["mt19937", "mt19937_64"])
def test_a_state_goes_back_as_far_as_it_came(generator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "is_used", True)
    stream = rng.Stream(1701, generator=generator)
    expected = stream.words(10_000)
    stream.give_back(10_000)
    assert stream == rng.Stream(1701, generator=generator)
    assert np.array_equal(stream.words(10_000), expected)


@pytest.mark.skipif(not kernel.is_built, reason="the compiled loops are not built here")
def test_arrays_that_do_not_fit_are_refused() -> None:
    twister = rng.Stream(1).twister
    key = generators.Compiled(twister, np.arange(624, dtype=np.uint32)).key
    out = np.empty(5, np.float32)
    with pytest.raises(ValueError, match="a state is"):
        kernel.loops.uniform(key[:-1], out, False, 0.0, 1.0)
    with pytest.raises(ValueError, match="tables of another size"):
        kernel.loops.normal(key, out, False, 0.0, 1.0, 5, 2, out, out)
    with pytest.raises(ValueError, match="rows begin outside"):
        kernel.loops.add(key, np.array([2], np.int32), np.zeros(624, np.uint32))
    matrix, chosen, tables = (np.zeros(size, np.uint64) for size in (12, 2, 8 * 256))
    kernel.loops.subtract(matrix, 3, 2, 2, chosen, tables)
    for width, begin, left in ((3, 3, 2), (3, 2, 3), (0, 0, 0), (3, -1, 0), (3, 0, -1), (13, 0, 0)):
        with pytest.raises(ValueError, match="rows or strip"):
            kernel.loops.subtract(matrix, width, begin, left, chosen, tables)
    broken = key.copy()
    broken[-1] = 625
    with pytest.raises(ValueError, match="the index"):
        kernel.loops.words(broken, np.empty(5, np.uint32))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("is_used", [False, kernel.is_built])
def test_normals_beyond_the_largest_float_are_infinite(
    is_used: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "is_used", is_used)
    drawn = rng.normal(rng.Stream(1), 90, np.float32(0), np.float32(3e38), np.float32)
    assert np.isinf(drawn).any()
    assert np.isfinite(drawn).any()


def test_loops_of_another_release_are_not_called() -> None:
    code = (
        "import sys, types; sys.modules['caffe_fillers.rng._kernel'] = types.ModuleType('old');"
        "from caffe_fillers import rng; print(rng.kernel.description(), rng.Stream(1).key)"
    )
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert made.stdout == "numpy alone: the compiled loops are of another release None\n"
