"""The command: `python -m tests.fuzz [TARGET]... --cases 100000 --keep FOLDER`."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from .targets import TARGETS
from .worker import case, run


def main() -> int:
    """Print a line per target; 1 where anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"default: all of {', '.join(TARGETS)}")
    parser.add_argument("--cases", type=int, default=100_000, help="cases per target (default 100000)")
    parser.add_argument("--start", type=int, default=0, help="number of the first case")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=1e9, help="stop a target after this time")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where files that broke something go")
    arguments = parser.parse_args()
    keep = arguments.keep and arguments.keep.resolve()
    failed = False
    for target in arguments.targets or TARGETS:
        with tempfile.TemporaryDirectory() as empty:
            os.chdir(empty)  # a net may name files
            failed |= _fuzz(target, arguments, keep)
            os.chdir("/")
    return int(failed)


def _fuzz(target: str, arguments: argparse.Namespace, keep: Path | None) -> bool:
    begin, done, kinds = time.monotonic(), 0, dict[str, int]()
    while done < arguments.cases and time.monotonic() - begin < arguments.seconds:
        first = arguments.start + done
        step = min(1000, arguments.cases - done)
        for finding in run(target, arguments.seed, range(first, first + step)):
            kinds[finding.what] = kinds.get(finding.what, 0) + 1
            if kinds[finding.what] > 1:
                continue
            print(
                f"{target} case {finding.case}: {finding.what}\n{finding.trace}", file=sys.stderr, flush=True
            )
            if keep:
                keep.mkdir(parents=True, exist_ok=True)
                (keep / f"{target}-{finding.case}").write_bytes(case(target, arguments.seed, finding.case))
        done += step
    seconds = time.monotonic() - begin
    print(f"{target}: {done:,} cases in {seconds:.0f} s, {len(kinds)} kinds of findings", flush=True)
    for what, number in sorted(kinds.items()):
        print(f"    {number} x {what}", flush=True)
    return bool(kinds)


sys.exit(main())
