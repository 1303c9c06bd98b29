"""Frameworks that need a Python of their own: a program there runs printed modules, one after another.

CAFFE_FILLERS_CLIENTS is a folder of virtual environments, as for test_clients.py; a worker's has the
framework's name. What it is asked is a word and a folder: the printed module is there as carried.py, its
layout as carried.npz, its inputs as inputs.npz, and outputs.npz is what comes back.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from paths import TESTS

SCRIPTS = TESTS / "clients"


class WorkerError(Exception):
    """What a module said in its own environment."""


class Worker:
    """The program clients/NAME_client.py, started once."""

    def __init__(self, name: str, python: Path) -> None:
        alone = {"PATH": "", "HOME": "/nonexistent", "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            [python, SCRIPTS / f"{name}_client.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=alone,
        )
        atexit.register(self.process.kill)

    def ask(self, word: str, folder: Path) -> dict[str, np.ndarray]:
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(json.dumps([word, str(folder)]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"the worker ended with {self.process.wait()}"
        error = json.loads(answer)
        if error:
            raise WorkerError(error)
        with np.load(folder / "outputs.npz") as file:
            return dict(file)


@cache
def _python(name: str) -> Path | None:
    folder = os.environ.get("CAFFE_FILLERS_CLIENTS")
    python = Path(folder) / name / "bin" / "python" if folder else None
    if python is None or not python.exists():
        return None
    found = subprocess.run([python, "-c", f"import {name}"], check=False, capture_output=True).returncode == 0
    return python if found else None


@cache
def _worker(name: str, python: Path) -> Worker:
    return Worker(name, python)


def worker(name: str) -> Worker:
    """The framework's worker; the test is skipped where there is none."""
    python = _python(name)
    if python is None:
        pytest.skip(f"no {name} in an environment of CAFFE_FILLERS_CLIENTS")
    return _worker(name, python)
