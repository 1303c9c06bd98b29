"""Whole processes: how long they take and how much memory they hold."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Run(NamedTuple):
    """Seconds from start to end, and the largest resident memory in MB."""

    seconds: float
    megabytes: float


def run(words: Sequence[str | Path], requests: Path | None = None) -> Run:
    """Run a program to its end; a failure is an error."""
    with (requests or Path(os.devnull)).open() as given:
        begin = time.perf_counter()
        process = subprocess.Popen(words, stdin=given, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, [*map(str, words)])
    return Run(seconds, usage.ru_maxrss / 1024)
