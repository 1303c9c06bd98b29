"""Faults that are put in the way of a write or a read, and what comes of each.

The first line of each test is a row of the table in docs/trust.md: fault -> outcome.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import io
import multiprocessing
import os
import re
import resource
import signal
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from paths import CORPUS, DOCS

import caffe_fillers as cf
from caffe_fillers import resources
from caffe_fillers.api import files
from caffe_fillers.cli import main
from caffe_fillers.errors import FormatError, ResourceError, SourceError
from caffe_fillers.formats import formats

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="faults are injected as Linux has them"
)

COMMAND = "from caffe_fillers.cli import entry_point; entry_point()"
WITHOUT_NAMELESS = f"import os; del os.O_TMPFILE; {COMMAND}"
EXTENSIONS = [formats[name].extensions[0] for name in ("caffemodel", "h5", "npz", "safetensors")]


def net_of(*dims: int, filler: str = "type: 'gaussian'", layers: int = 1) -> str:
    """Scale layers, each with one blob of these lengths."""
    shape = " ".join(f"dim: {dim}" for dim in dims)
    return "".join(
        f"layer {{ name: 'd{index}' type: 'Input' top: 'd{index}' input_param {{ shape {{ {shape} }} }} }}\n"
        f"layer {{ name: 's{index}' type: 'Scale' bottom: 'd{index}' top: 's{index}'"
        f" scale_param {{ axis: 0 num_axes: -1 filler {{ {filler} }} }} }}\n"
        for index in range(layers)
    )


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a small net and one that takes a second or two to write."""
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(net_of(4, 5))
    Path("long.prototxt").write_text(net_of(60_000_000))
    return tmp_path


def names(folder: Path) -> list[str]:
    """What is in a folder beside the two nets."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".prototxt")


@contextmanager
def start(
    *words: str, code: str = COMMAND, preexec_fn: Callable[[], object] = lambda: None, **options: Any
) -> Iterator[subprocess.Popen[str]]:
    """A process that SIGINT interrupts even if these tests run in the background; it ends with the block."""

    def begin() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        preexec_fn()

    with subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=begin,  # noqa: PLW1509
        **options,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def run(*words: str, **options: Any) -> tuple[int, str]:
    """Exit code and standard error; no traceback, whatever happens."""
    with start(*words, **options) as process:
        error = process.communicate(timeout=60)[1]
    assert "Traceback" not in error
    assert "Exception" not in error
    return process.returncode, error


def limited(kind: int, size: int) -> Callable[[], None]:
    """What a child does first: a limit of its own."""
    return lambda: resource.setrlimit(kind, (size, size))


def wait_until_it_writes(process: subprocess.Popen[str], folder: Path) -> None:
    """Return when a file in the folder, named or not, has grown beyond a megabyte."""
    for _ in range(2000):
        assert process.poll() is None, process.communicate()
        for handle in Path(f"/proc/{process.pid}/fd").iterdir():
            try:
                inside = str(handle.readlink()).startswith(str(folder.resolve()))
                if inside and handle.stat().st_size > 1_000_000 and ".prototxt" not in handle.readlink().name:
                    return
            except OSError:
                continue
        time.sleep(0.01)
    pytest.fail("it never wrote")


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_full_device(extension: str) -> None:
    """OUT is /dev/full -> message, exit code 2"""
    code, error = run("net.prototxt", "-o", "/dev/full", "--format", extension.strip("."))
    assert code == 2
    assert "cannot write /dev/full: No space left on device" in error or "not a pipe or a device" in error


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_file_size_limit(extension: str, folder: Path) -> None:
    """a file may not grow further (RLIMIT_FSIZE) -> message, exit code 2, the old file stays, no litter"""
    out = Path(f"out{extension}")
    out.write_text("precious")
    code, error = run("long.prototxt", "-o", out.name, preexec_fn=limited(resource.RLIMIT_FSIZE, 1 << 20))
    assert (code, out.read_text(), names(folder)) == (2, "precious", [out.name])
    assert f"cannot write {out}: File too large" in error


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    place = folder / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("only root may mount a small disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_full_disk(extension: str, folder: Path) -> None:
    """the disk fills up (tmpfs of 2 MB, --force) -> message, exit code 2, the old file stays, no litter"""
    with small_disk(folder, "2m") as disk:
        out = disk / f"out{extension}"
        out.write_text("precious")
        code, error = run("long.prototxt", "-o", str(out), "--force")
        assert (code, out.read_text(), names(disk)) == (2, "precious", [out.name])
        assert "No space left on device; free some disk" in error


def test_disk_too_small(folder: Path) -> None:
    """the disk is too small from the start -> said with both sizes before any work, exit code 2"""
    with small_disk(folder, "2m") as disk:
        code, error = run("long.prototxt", "-o", str(disk / "out.caffemodel"))
        assert (code, names(disk)) == (2, [])
        assert re.search(r"needs 240\.0 MB of disk, and .*/disk has 2\.1 MB left.*--force", error)


ENDS = [signal.SIGINT, signal.SIGTERM, signal.SIGKILL]


@pytest.mark.parametrize("old", [None, "precious"])
@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.name)
def test_killed(end: signal.Signals, old: str | None, folder: Path) -> None:
    """SIGINT, SIGTERM or SIGKILL while it writes -> no new file, the old one stays, no litter"""
    if old is not None:
        Path("out.caffemodel").write_text(old)
    with start("long.prototxt", "-o", "out.caffemodel") as process:
        wait_until_it_writes(process, folder)
        process.send_signal(end)
        _, error = process.communicate(timeout=60)
    assert process.returncode == (130 if end == signal.SIGINT else -end)
    assert "Traceback" not in error
    assert names(folder) == ([] if old is None else ["out.caffemodel"])
    assert old is None or Path("out.caffemodel").read_text() == old


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.name)
def test_killed_without_nameless_files(end: signal.Signals, folder: Path) -> None:
    """the same without nameless files -> the old file stays; SIGINT leaves no litter, others a .part file"""
    Path("out.caffemodel").write_text("precious")
    with start("long.prototxt", "-o", "out.caffemodel", code=WITHOUT_NAMELESS) as process:
        wait_until_it_writes(process, folder)
        process.send_signal(end)
        process.communicate(timeout=60)
    litter = [name for name in names(folder) if name != "out.caffemodel"]
    assert len(litter) == (end != signal.SIGINT)
    assert all(name.startswith(".caffe-fill-") and name.endswith(".part") for name in litter)
    assert Path("out.caffemodel").read_text() == "precious"


@pytest.fixture(params=["nameless", "beside"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each way in which a file is written."""
    if request.param == "beside":
        monkeypatch.setattr(files, "_open_nameless", lambda folder: None)
    return str(request.param)


@pytest.mark.usefixtures("way")
def test_vanishing_folder(folder: Path) -> None:
    """OUT's folder vanishes while it writes -> message, nothing written"""
    place = folder / "gone"
    place.mkdir()
    said = r"cannot write .*: No such file or directory; make its folder"
    with pytest.raises(FormatError, match=said), files.replace_file(place / "out") as file:
        file.write(b"half")
        for path in place.iterdir():
            path.unlink()
        place.rmdir()
    assert names(folder) == []


@pytest.mark.usefixtures("way")
def test_failure_within(folder: Path) -> None:
    """whatever else fails while it writes -> the old file stays, no litter"""
    Path("out").write_text("precious")
    with pytest.raises(ZeroDivisionError), files.replace_file(folder / "out") as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert (Path("out").read_text(), names(folder)) == ("precious", ["out"])


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("nameless", [True, False])
def test_close_fails(nameless: bool, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """close() ends in EIO, as on a network's disk -> message, exit code 2, the old file stays, no litter"""
    if not nameless:
        monkeypatch.setattr(files, "_open_nameless", lambda _: None)

    class Failing(io.FileIO):
        def close(self) -> None:
            failed = not self.closed
            super().close()
            if failed:
                raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(files.os, "fdopen", lambda handle, mode: Failing(handle, "w+b"))
    Path("out.npz").write_text("old")
    assert main(["net.prototxt", "-o", "out.npz", "--quiet"]) == 2
    assert Path("out.npz").read_text() == "old"
    assert names(folder) == ["out.npz"]


@pytest.mark.parametrize("out", ["out.npz", "out.npy.d"])
@pytest.mark.parametrize("sync", [True, False])
def test_sync(out: str, sync: bool, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """loss of power after --sync -> file and name are on the disk; without --sync neither may be"""
    synced: list[str] = []
    monkeypatch.setattr(
        files.os, "fsync", lambda handle: synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
    )
    assert main(["net.prototxt", "-o", out, "--quiet", *(["--sync"] if sync else [])]) == 0
    assert (synced[-1:] == [str(folder)]) == sync
    assert (len(synced) >= 2) == sync


def test_permissions(folder: Path) -> None:
    """OUT exists with permissions of its own, or is a link -> it keeps them, and stays a link"""
    Path("target").write_text("old")
    Path("target").chmod(0o640)
    Path("link").symlink_to("target")
    before = os.umask(0o027)
    try:
        for name in ("link", "new"):
            with files.replace_file(folder / name) as file:
                file.write(b"whole")
    finally:
        os.umask(before)
    assert Path("link").is_symlink()
    assert [Path(name).read_text() for name in ("target", "new")] == ["whole"] * 2
    assert [stat.S_IMODE(Path(name).stat().st_mode) for name in ("target", "new")] == [0o640] * 2


def test_two_writers(folder: Path) -> None:
    """several processes write the same file at once -> it is one of theirs, whole; no litter"""
    Path("net.prototxt").write_text(net_of(300_000))
    whole = set()
    for seed in range(4):
        main(["net.prototxt", "--seed", str(seed), "-o", "alone.caffemodel", "--quiet"])
        whole.add(hashlib.sha256(Path("alone.caffemodel").read_bytes()).digest())
    Path("alone.caffemodel").unlink()
    seen = set()
    with ExitStack() as stack:
        commands = [("net.prototxt", "--seed", str(seed), "-o", "out.caffemodel") for seed in range(4)]
        writers = [stack.enter_context(start(*words)) for words in commands]
        while any(writer.poll() is None for writer in writers):
            if Path("out.caffemodel").exists():
                seen.add(hashlib.sha256(Path("out.caffemodel").read_bytes()).digest())
        assert [writer.wait() for writer in writers] == [0] * 4
    seen.add(hashlib.sha256(Path("out.caffemodel").read_bytes()).digest())
    assert seen <= whole
    assert names(folder) == ["out.caffemodel"]


def test_read_only_folder(folder: Path) -> None:
    """OUT's folder is read-only -> message, exit code 2"""
    place = folder / "shut"
    place.mkdir(mode=0o555)
    if os.access(place, os.W_OK):  # root may write everywhere: /proc is shut even to root
        place = Path("/proc")
    code, error = run("net.prototxt", "-o", str(place / "out.caffemodel"))
    assert code == 2
    assert f"cannot write {place / 'out.caffemodel'}: " in error


@pytest.mark.parametrize(
    ("out", "said"),
    [
        ("gone/out.caffemodel", "make its folder first"),
        ("net.prototxt/out.caffemodel", "Not a directory"),
        ("x" * 300 + ".caffemodel", "File name too long"),
        ("there.caffemodel", "Is a directory"),
        ("nul\0.caffemodel", "cannot hold a NUL"),
    ],
)
def test_impossible_names(out: str, said: str, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """OUT's folder is missing or a file, OUT a folder or too long a name -> message, exit code 2"""
    Path("there.caffemodel").mkdir()
    assert main(["net.prototxt", "-o", out]) == 2
    assert said in capsys.readouterr().err
    assert names(folder) == ["there.caffemodel"]


def test_output_is_the_net(capsys: pytest.CaptureFixture[str]) -> None:
    """OUT is NET, by whatever name -> refused, exit code 2, the net stays"""
    before = Path("net.prototxt").read_text()
    Path("link").symlink_to("net.prototxt")
    Path("hard").hardlink_to("net.prototxt")
    for name in ("net.prototxt", "link", "hard"):
        assert main(["net.prototxt", "-o", name, "--format", "caffemodel"]) == 2
        assert "is the net itself" in capsys.readouterr().err
    assert Path("net.prototxt").read_text() == before


@pytest.mark.parametrize(
    ("words", "out"),
    [
        (["solver.prototxt", "--format", "prototxt", "-o"], "solver.prototxt"),
        (["solver.prototxt", "--format", "prototxt", "-o"], "net.prototxt"),
        (["solver.prototxt", "--format", "prototxt", "-o"], "tested.prototxt"),
        (["port", "net.prototxt", "--to", "torch", "-o"], "net.prototxt"),
        (["port", "solver.prototxt", "--to", "torch", "-o"], "net.prototxt"),
        (["report", "net.prototxt", "-o"], "net.prototxt"),
        (["report", "net.prototxt", "w.caffemodel", "-o"], "w.caffemodel"),
        (["report", "net.prototxt", "w.caffemodel", "-o"], "link"),
        (["report", "tested.prototxt"], "tested.html"),
        (["probe", "net.prototxt", "--input", "x.npy", "--plot"], "x.npy"),
        (["probe", "net.prototxt", "--plot"], "net.prototxt"),
    ],
    ids=" ".join,
)
def test_output_is_read(words: list[str], out: str, capsys: pytest.CaptureFixture[str]) -> None:
    """OUT is a solver's net, or what report or probe read -> refused, exit code 2, the file stays"""
    files = {"tested.prototxt": Path("net.prototxt").read_text(), "w.caffemodel": "precious", "x.npy": "mine"}
    files["solver.prototxt"] = (
        "train_net: 'net.prototxt' test_net: 'tested.prototxt' test_iter: 1 test_interval: 1"
    )
    for name, text in files.items():
        Path(name).write_text(text)
    Path("link").symlink_to("w.caffemodel")
    Path("tested.html").symlink_to("tested.prototxt")
    before = Path(out).read_text()
    assert main([*words, *([out] if words[-1].startswith("-") else [])]) == 2
    assert "which the output would replace" in capsys.readouterr().err
    assert Path(out).read_text() == before


@pytest.mark.parametrize("extension", [*EXTENSIONS, ".prototxt"])
def test_convert_onto_itself(extension: str, folder: Path) -> None:
    """convert A A, or OUT is a file that --weights reads -> the same file, whole"""
    name = f"same{extension}"
    first = ["net.prototxt", "-o", name] if extension != ".prototxt" else ["convert", "net.prototxt", name]
    assert main([*first, "--seed", "1"] if extension != ".prototxt" else first) == 0
    before = Path(name).read_bytes()
    assert main(["convert", name, name]) == 0
    assert Path(name).read_bytes() == before
    if extension != ".prototxt":
        assert main(["net.prototxt", "--weights", name, "-o", name]) == 0
        assert Path(name).read_bytes() == before


def test_pipes(folder: Path) -> None:
    """NET and OUT are pipes -> the same bytes; HDF5 into a pipe -> message, exit code 2"""
    run("net.prototxt", "--seed", "1", "-o", "out.caffemodel")
    os.mkfifo("in")
    os.mkfifo("out")
    with start("in", "--seed", "1", "-o", "out", "--format", "caffemodel") as process:
        Path("in").write_text(Path("net.prototxt").read_text())
        assert Path("out").read_bytes() == Path("out.caffemodel").read_bytes()
    with start("net.prototxt", "-o", "out", "--format", "h5") as process:
        assert Path("out").read_bytes() == b""
        assert "not a pipe" in process.communicate()[1]
    assert process.returncode == 2


def test_a_reader_that_leaves() -> None:
    """the reader of a pipe leaves: OUT -> message, exit code 2; standard output -> exit code 0"""
    os.mkfifo("out")
    with start("long.prototxt", "-o", "out", "--format", "caffemodel") as process:
        with Path("out").open("rb") as reader:
            reader.read(10)
        assert "cannot write out: Broken pipe" in process.communicate()[1]
    assert process.returncode == 2
    with start("long.prototxt", "-o", "-") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait(60) == 0


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/urandom", "/dev/null"])
def test_devices_as_input(device: str) -> None:
    """NET or a weight file is a device -> refused, exit code 2"""
    for words in ([device], ["convert", device, "x.h5", "--from", "npz"], ["check", "net.prototxt", device]):
        code, error = run(*words, preexec_fn=limited(resource.RLIMIT_AS, 1 << 31))
        assert code == 2
        assert (
            f"cannot read {device}: it is a device" in error or "no weight format has the extension" in error
        )


def test_endless_input() -> None:
    """standard input never ends -> refused at 64 MiB of text, at the first byte of zeros; exit code 2"""
    with Path("endless").open("wb") as file:
        file.truncate(1 << 40)  # a hole of a terabyte of zeros takes no disk
    endless = "import sys\nwhile True: sys.stdout.write('# endless\\n' * 1000)"
    with subprocess.Popen(
        [sys.executable, "-c", endless], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as text:
        code, error = run("-", stdin=text.stdout)
        assert text.stdout is not None
        text.stdout.close()
    assert code == 2
    assert "may have 67,108,864 bytes" in error
    with Path("/dev/zero").open() as zeros:
        assert run("-", stdin=zeros)[0] == 2
    assert run("plan", "endless")[0] == 2


def test_full_standard_output() -> None:
    """standard output is full, closed, or cannot show a name -> message and exit code 2; nothing; escapes"""
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            [sys.executable, "-c", COMMAND, "plan", "net.prototxt"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (process.returncode, process.stderr) == (
        2,
        b"caffe-fill: cannot write the output: No space left on device\n",
    )
    closed = subprocess.run(
        f"'{sys.executable}' -c '{COMMAND}' plan net.prototxt >&-", shell=True, check=False
    )
    assert closed.returncode == 0
    Path("net.prototxt").write_text(net_of(4).replace("'s0'", "'é'"))
    shown = subprocess.run(
        [sys.executable, "-c", COMMAND, "plan", "net.prototxt"],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )
    assert rb"\xe9" in shown.stdout


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ("type: 'ImageData' top: 'l' image_data_param { batch_size: 1 source: '/dev/zero' }", "is a device"),
        ("type: 'HDF5Data' hdf5_data_param { batch_size: 1 source: 'pipe' }", "is a device, a pipe"),
        ("type: 'HDF5Data' hdf5_data_param { batch_size: 1 source: '/proc/kmsg' }", "a pipe or the kernel's"),
        ("type: 'Data' data_param { batch_size: 1 source: 'waiting' backend: LMDB }", "data.mdb is no file"),
        ("type: 'HDF5Data' hdf5_data_param { batch_size: 1 source: 'list' }", "no dataset 'd'"),
        (
            "type: 'Data' data_param { batch_size: 1 source: 'damaged' backend: LMDB }",
            "is no LMDB that can be read",
        ),
        ("type: 'ImageData' top: 'l' image_data_param { batch_size: 1 source: 'folder' }", "Is a directory"),
        (
            "type: 'ImageData' top: 'l' image_data_param { batch_size: 1 source: 'line' }",
            "longer than 65,536",
        ),
    ],
)
def test_files_that_a_net_names(layer: str, said: str, folder: Path) -> None:
    """a net names devices, pipes, /proc, endless lines, damaged databases, links -> message, none followed"""
    h5py, _ = pytest.importorskip("h5py"), pytest.importorskip("lmdb")
    os.mkfifo("pipe")
    Path("waiting").mkdir()
    os.mkfifo("waiting/data.mdb")
    Path("folder").mkdir()
    Path("line").write_text("x" * 100_000)
    Path("list").write_text("linked.h5")
    with h5py.File("values.h5", "w") as file:
        file["d"] = [1.0]
    with h5py.File("linked.h5", "w") as file:
        file["d"] = h5py.ExternalLink("values.h5", "/d")
    source = (CORPUS / "digits_lmdb" / "data.mdb").read_bytes()
    Path("damaged").mkdir()
    Path("damaged/data.mdb").write_bytes(source[:8192])
    with pytest.raises(cf.CaffeFillersError) as caught:
        cf.load_net(io.BytesIO(f"layer {{ name: 'd' top: 'd' {layer} }}".encode()))
    assert said in str(caught.value)
    assert isinstance(caught.value.__cause__ or caught.value, SourceError)


def test_a_billion_parameters(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    """a few lines ask for 100 GB -> refused with the size before any work, exit code 2; --force begins"""
    Path("huge.prototxt").write_text(net_of(2_000_000_000, layers=13))
    begin = time.monotonic()
    assert main(["plan", "huge.prototxt"]) == 0
    monkeypatch.setattr(resources.shutil, "disk_usage", lambda folder: Free(50 * 10**9))
    assert main(["huge.prototxt", "-o", "out.safetensors"]) == 2
    assert "needs 104.0 GB of disk" in capsys.readouterr().err
    assert main(["huge.prototxt", "-o", "out.caffemodel", "--force"]) == 2
    assert "a caffemodel ends at 2,147,483,647" in capsys.readouterr().err
    assert time.monotonic() - begin < 5
    monkeypatch.setattr(resources.shutil, "disk_usage", lambda folder: Free(10))
    assert main(["net.prototxt", "-o", "out.npz"]) == 2
    assert main(["net.prototxt", "-o", "out.npz", "--force"]) == 0
    assert names(folder) == ["out.npz"]


@dataclass
class Free:
    """What shutil.disk_usage gives, as far as it is looked at."""

    free: int
    total: int = 10**12


def digest(seed: int) -> str:
    """Of the values that the small net gets by a seed, in whatever process or thread this runs."""
    weights = cf.load_net("net.prototxt").fill(seed=seed)
    return hashlib.sha256(
        b"".join(blob.tobytes() for blobs in weights.values() for blob in blobs)
    ).hexdigest()


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_processes(method: str) -> None:
    """processes that were forked or spawned fill -> the same bytes as in one"""
    expected = [digest(seed) for seed in range(4)]
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(digest, range(4)) == expected


def test_event_loop() -> None:
    """threads of an event loop (asyncio) fill at once -> the same bytes as one after another"""

    async def all_at_once() -> list[str]:
        return await asyncio.gather(*(asyncio.to_thread(digest, seed) for seed in range(8)))

    assert asyncio.run(all_at_once()) == [digest(seed) for seed in range(8)]


def test_signal_in_a_program(folder: Path) -> None:
    """SIGINT while a program's own save writes -> KeyboardInterrupt, the old file stays, no litter"""
    Path("out.caffemodel").write_text("old")
    code = (
        "import caffe_fillers as cf\n"
        "weights = cf.load_net('long.prototxt').fill(seed=1)\n"
        "try:\n"
        "    while True: weights.save('out.caffemodel')\n"
        "except KeyboardInterrupt: print('interrupted')"
    )
    with start(code=code) as process:
        wait_until_it_writes(process, folder)
        process.send_signal(signal.SIGINT)
        said, error = process.communicate(timeout=60)
    assert said == "interrupted\n", error
    assert names(folder) == ["out.caffemodel"]


def test_more_than_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """arrays of more than is free of memory -> said with both sizes before any work; force=True begins"""
    monkeypatch.setattr(resources, "available_memory", lambda: 10**8)
    net = cf.load_net(io.BytesIO(net_of(100_000_000).encode()))
    calls: list[Callable[[], object]] = [
        lambda: net.fill(seed=1),
        lambda: cf.fill((100_000_000,), "xavier", seed=1),
        lambda: cf.fill((1, 1, 20_000, 20_000), "bilinear"),
        lambda: cf.load_net(io.BytesIO(net_of(1, 1, 40_000, 40_000, filler="type: 'bilinear'").encode())),
        lambda: cf.load_net(io.BytesIO(net_of(1, 40_000_000, filler="type: 'positive_unitball'").encode())),
    ]
    for call in calls:
        with pytest.raises(
            cf.CaffeFillersError, match=r"(take|needs) [\d.]+ [MG]B of memory, and 100\.0 MB are free"
        ):
            call()
    small = cf.load_net("net.prototxt").fill(seed=1, force=True)
    small.save("net.npz")
    with pytest.raises(ResourceError):
        monkeypatch.setattr(resources, "_LITTLE", 0)
        monkeypatch.setattr(resources, "available_memory", lambda: 10)
        cf.load_weights("net.npz")
    assert cf.load_weights("net.npz", force=True).num_parameters == small.num_parameters


def test_zip_bomb() -> None:
    """1 MB of npz holds 400 MB of zeros -> read in pieces within 350 MB, or refused where it does not fit"""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f4", "fortran_order": False, "shape": (100_000_000,)}
    )
    with (
        zipfile.ZipFile("bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("a/0.npy", "w") as member,
    ):
        member.write(header.getvalue())
        for _ in range(400):
            member.write(bytes(1_000_000))
    assert Path("bomb.npz").stat().st_size < 500_000
    code, error = run(
        *("convert", "bomb.npz", "/dev/null", "--format", "safetensors"),
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        preexec_fn=limited(resource.RLIMIT_AS, 350 << 20),
    )
    assert (code, error) == (0, "")


def test_layers_of_one_name() -> None:
    """layers of one name -> read and written as Caffe does, checked one by one, carried over as two"""
    Path("net.prototxt").write_text(net_of(3, layers=2).replace("'s1' type", "'s0' type"))
    for extension in EXTENSIONS:
        main(["net.prototxt", "--seed", "1", "-o", f"twins{extension}"])
        main(["convert", f"twins{extension}", "back.caffemodel"])
        main(["net.prototxt", "--seed", "1", "-o", "twins.caffemodel"])
        assert Path("back.caffemodel").read_bytes() == Path("twins.caffemodel").read_bytes()


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ("-1,3", "negative"),
        ("2147483648", "Caffe's blobs end at"),
        ("9223372036854775808,9223372036854775808", "Caffe's blobs end at"),
        ("9" * 5000, "is not a list of lengths"),
        (",".join("1" * 33), "33 axes"),
    ],
)
def test_shapes_of_the_command_line(shape: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """--shape with lengths negative, beyond int32 and int64 -> message, exit code 2"""
    assert main(["plan", "net.prototxt", "--shape", f"d0={shape}"]) == 2
    assert said in capsys.readouterr().err


BOMBS = {
    "5,000 blobs of unknown shape": "".join(
        f"layer {{ name: 'p{index}' type: 'Python' top: 'p{index}' }}\n"
        f"layer {{ name: 'i{index}' type: 'InnerProduct' bottom: 'p{index}' top: 'i{index}'"
        " inner_product_param { num_output: 1 } }\n"
        for index in range(5000)
    ),
    "names of 200,000 letters": "".join(
        f"layer {{ name: 'p{index}' type: 'Python' top: '{'ab' * 100_000}{index}' }}\n" for index in range(8)
    )
    + f"layer {{ name: 'r' type: 'ReLU' bottom: '{'ba' * 100_000}' top: 'r' }}",
    "300 test nets": "net_param { layer { name: 'd' type: 'DummyData' top: 'd'"
    " dummy_data_param { shape { dim: 9 } } } } test_interval: 1 " + "test_iter: 1 " * 300,
    "a kernel along 31 axes": "layer { name: 'd' type: 'Input' top: 'd' input_param { shape { "
    + "dim: 1 " * 32
    + "} } } layer { name: 'c' type: 'Convolution' bottom: 'd' top: 'c' convolution_param { num_output: 1"
    " axis: 1 kernel_size: 1 } }",
    "a pyramid of height 2^31": net_of(1, 1, 9, 9).partition("\n")[0].replace("d0", "d")
    + " layer { name: 's' type: 'SPP' bottom: 'd' top: 's' spp_param { pyramid_height: 2147483648 } }",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_time(text: str) -> None:
    """nets made to take for ever -> an answer within seconds"""
    begin = time.process_time()
    try:
        cf.load_net(io.BytesIO(text.encode()))
    except cf.CaffeFillersError as error:
        assert str(error)
    assert time.process_time() - begin < 10


def test_layers_beyond_number() -> None:
    """a binary net of 300 kB with 100,001 layers -> refused before it takes 150 MB; exit code 2"""
    Path("many.caffemodel").write_bytes(b"\xa2\x06\0" * 100_001)
    assert "more than 100,000 layers" in run("plan", "many.caffemodel")[1]
    assert "more than 100,000 layers" in run("convert", "many.caffemodel", "x.h5")[1]


def rows() -> list[str]:
    """The first lines of all tests here, as the table has them."""
    tests = [
        value
        for name, value in globals().items()
        if name.startswith("test_") and "->" in (value.__doc__ or "")
    ]
    return ["| " + str(test.__doc__).splitlines()[0].replace(" -> ", " | ", 1) + " |" for test in tests]


def test_the_table_in_the_docs_is_this_one() -> None:
    page = (DOCS / "trust.md").read_text("utf-8")
    missing = [row for row in rows() if row not in page]
    assert not missing, "\n".join(missing)
