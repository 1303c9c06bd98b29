"""Fuzzing that coverage guides: `python -m tests.fuzz.guided [TARGET]... --seconds 60 --corpus FOLDER`.

atheris, an extra of the developers' environment, watches which branches of the package a case takes and keeps
the cases that take new ones. A target is a process of its own, for libFuzzer ends the one it runs in. Half of
the mutations are libFuzzer's, half the ones of `targets`, which know the formats.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from random import Random

ROOT = Path(__file__).parent.parent.parent
RSS_MB, SECONDS_A_CASE, LONGEST = 3000, 20, 20_000
_ONE = (
    "import sys; from tests.fuzz.guided import fuzz_in_this_process as fuzz; fuzz(sys.argv[1], sys.argv[2:])"
)
_RUNS = re.compile(r"Done (\d+) runs in (\d+) second|stat::number_of_executed_units: (\d+)")


def main() -> int:
    """Run each target in a process of its own and print a line for it; 1 where anything was found."""
    from .targets import TARGETS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"default: all of {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (default 60)")
    parser.add_argument("--corpus", type=Path, help="where cases that take new branches are kept")
    parser.add_argument("--keep", type=Path, default=Path("findings"), help="where findings go")
    arguments = parser.parse_args()
    failed = [name for name in arguments.targets or TARGETS if not _run(name, arguments)]
    return int(bool(failed))


def _run(name: str, arguments: argparse.Namespace) -> bool:
    keep = arguments.keep.resolve()
    keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        corpus = (arguments.corpus or Path(temporary)).resolve() / name
        corpus.mkdir(parents=True, exist_ok=True)
        flags = [
            f"-max_total_time={arguments.seconds}",
            f"-timeout={SECONDS_A_CASE}",
            f"-rss_limit_mb={RSS_MB}",
            f"-max_len={LONGEST}",
            f"-artifact_prefix={keep}/{name}-",
            "-print_final_stats=1",
            "-verbosity=1",
        ]
        words = [sys.executable, "-c", _ONE, name, *flags, str(corpus)]
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT, check=False)
        kept = len(list(corpus.iterdir()))
    said = done.stdout.decode(errors="replace")
    runs = max((int(found[1] or found[3]) for found in _RUNS.finditer(said)), default=0)
    print(f"{name}: {runs:,} executions in {arguments.seconds} s, {kept} cases kept", flush=True)
    if done.returncode:
        print(said[-6000:], file=sys.stderr, flush=True)
    return done.returncode == 0


def fuzz_in_this_process(name: str, flags: list[str]) -> None:
    """Hand the process to libFuzzer; never returns."""
    import atheris

    with atheris.instrument_imports(include=["caffe_fillers"]):
        from .targets import TARGETS
        from .worker import LONGEST_MESSAGE

    from caffe_fillers.errors import CaffeFillersError

    target = TARGETS[name]

    def mutate(data: bytes, most: int, seed: int) -> bytes:
        random = Random(seed)
        if random.random() < 0.5:
            return bytes(atheris.Mutate(data, most))
        return target.make(random)[:most]

    def test_one_input(data: bytes) -> None:
        try:
            target.run(data)
        except CaffeFillersError as error:
            assert 0 < len(str(error)) < LONGEST_MESSAGE, f"a message of {len(str(error))} characters"

    corpus = Path(flags[-1])
    for number in range(50):  # files to begin from
        (corpus / f"seed-{number}").write_bytes(target.make(Random(f"{name}/{number}"))[:LONGEST])
    with tempfile.TemporaryDirectory() as empty:
        os.chdir(empty)  # a net may name files
        atheris.Setup([sys.argv[0], *flags], test_one_input, custom_mutator=mutate)
        atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
