"""Fuzzing that coverage guides: `python -m tests.fuzz.guided [TARGET]... --seconds 60 --corpus FOLDER`.

atheris, an extra of the developers' environment, watches which branches of the package a case takes and
keeps the cases that take new ones. Half of the mutations are libFuzzer's, half the ones of `targets`, which
know the formats.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import mmap
import os
import pkgutil
import sys
import tempfile
import traceback
import zlib
from pathlib import Path
from random import Random
from typing import NoReturn

RSS_MB, SECONDS_A_CASE, LONGEST = 3000, 300, 20_000
KEPT = Path(__file__).parent / "corpus"
"""Cases that took new branches in long runs, some small ones for each target; new ones are not added here."""
_BEGIN, _END = "\n<finding>", "</finding>\n"


def main() -> int:
    """Fuzz each target in a process of its own and print a line for it; 1 where anything was found."""
    import atheris

    with atheris.instrument_imports(include=["caffe_fillers"]):
        _import_all()
    from .targets import TARGETS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"default: all of {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default 60)")
    parser.add_argument(
        "--seed", type=int, default=0, help="of the mutations; 0, the default: another each time"
    )
    parser.add_argument("--corpus", type=Path, help="where cases that take new branches are kept")
    parser.add_argument("--keep", type=Path, default=Path("findings"), help="where findings go")
    arguments = parser.parse_args()
    failed = [name for name in arguments.targets or TARGETS if not _run(name, arguments)]
    return int(bool(failed))


def _import_all() -> None:
    """Import every module of the package: one that a command imports later would not be watched."""
    import caffe_fillers

    for module in pkgutil.walk_packages(caffe_fillers.__path__, "caffe_fillers.", onerror=lambda _: None):
        if not module.name.endswith(".__main__") and ".helpers." not in module.name:
            with contextlib.suppress(ImportError):  # an optional dependency is not installed
                importlib.import_module(module.name)


def _run(name: str, arguments: argparse.Namespace) -> bool:
    """Fork: libFuzzer ends the process it runs in, and to watch the package takes 20 s to prepare."""
    arguments.keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, tempfile.TemporaryFile("w+", errors="replace") as log:
        corpus = (arguments.corpus or Path(temporary)).resolve() / name
        corpus.mkdir(parents=True, exist_ok=True)
        executions = mmap.mmap(-1, 8)
        child = os.fork()
        if child == 0:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            _fuzz(name, arguments.seed, arguments.seconds, corpus, arguments.keep.resolve(), executions)
        _, status, used = os.wait4(child, 0)
        kept = len(list(corpus.iterdir()))
        log.seek(0)
        said = log.read()
    findings = [part.partition(_END)[0] for part in said.split(_BEGIN)[1:]]
    if status:
        findings.append(f"the process ended with status {status}:\n{said[-4000:]}")
    number = int.from_bytes(executions[:8], "little")
    took = used.ru_utime + used.ru_stime
    print(f"{name}: {number:,} executions in {took:.0f} s of the processor, {kept} cases kept", flush=True)
    for finding in findings:
        print(f"{name}: {finding}", file=sys.stderr, flush=True)
    return not findings


def _fuzz(name: str, first: int, seconds: int, corpus: Path, keep: Path, executions: mmap.mmap) -> NoReturn:
    """Hand the process to libFuzzer; a finding is noted once a kind, and the next case goes on."""
    import atheris

    from .targets import TARGETS
    from .worker import judge

    target, kinds = TARGETS[name], set[str]()

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        random = Random(seed)
        if random.random() < 0.5:
            return bytes(atheris.Mutate(data, most))
        return target.make(random)[:most]

    def test_one_input(data: bytes) -> None:
        executions[:8] = (int.from_bytes(executions[:8], "little") + 1).to_bytes(8, "little")
        found = judge(name, data)
        if found and found[0] not in kinds:
            kinds.add(found[0])
            file = keep / f"{name}-{zlib.crc32(data):08x}"
            file.write_bytes(data)
            os.write(1, f"{_BEGIN}{found[0]}, case {file}\n{found[1]}{_END}".encode())

    try:
        for number in range(50):  # files to begin from
            (corpus / f"seed-{number}").write_bytes(target.make(Random(f"{name}/{number}"))[:LONGEST])
        flags = [
            f"-seed={first}",
            f"-max_total_time={seconds}",
            f"-timeout={SECONDS_A_CASE}",
            f"-rss_limit_mb={RSS_MB}",
            f"-max_len={LONGEST}",
            f"-artifact_prefix={keep}/{name}-",
        ]
        with tempfile.TemporaryDirectory() as empty:
            os.chdir(empty)  # a net may name files
            folders = [str(corpus), str(KEPT / name)]
            atheris.Setup([sys.argv[0], *flags, *folders], test_one_input, custom_mutator=mutate)
            atheris.Fuzz()
    except BaseException:
        traceback.print_exc()
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
