"""Whole processes: how long they take and how much memory they hold."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

# A process of its own starts and times the program: Linux counts the memory of whoever forks as the child's.
_TIMER = """
import json, os, sys, time
requests, *words = sys.argv[1:]
begin = time.perf_counter()
child = os.posix_spawn(
    words[0], words, os.environ,
    file_actions=[
        (os.POSIX_SPAWN_OPEN, 0, requests, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
    ],
)
_, status, usage = os.wait4(child, 0)
print(json.dumps([time.perf_counter() - begin, usage.ru_maxrss / 1024]))
sys.exit(os.waitstatus_to_exitcode(status))
"""


class Run(NamedTuple):
    """Seconds from start to end, and the largest resident memory in MB."""

    seconds: float
    megabytes: float


def run(
    words: Sequence[str | Path],
    requests: Path = Path("/dev/null"),
    environment: Mapping[str, str] | None = None,
) -> Run:
    """Run a program, given by its path, to its end; a failure is an error.

    `environment` is added to that of this process.

    Modules are compiled once, as they are where pip has installed them.
    """
    timer = [sys.executable, "-S", "-E", "-c", _TIMER, requests, *words]
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(timer, stdout=subprocess.PIPE, check=True, env=compiled | dict(environment or {}))
    return Run(*json.loads(done.stdout))
