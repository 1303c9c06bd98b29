"""Cases in a process of their own, which may die: limits on time and memory, and what came out."""

from __future__ import annotations

import mmap
import os
import resource
import signal
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from caffe_fillers.errors import CaffeFillersError

from .targets import TARGETS

BYTES = 1 << 30
"""Memory that a case may take beyond what the process has when it begins."""
LONGEST_MESSAGE = 20_000


@dataclass(frozen=True)
class Finding:
    """A case that ended otherwise than it should; `--start CASE --cases 1` repeats it."""

    target: str
    case: int
    what: str
    trace: str


class _Late(BaseException):
    """Derives from BaseException, so that no reader takes it for its own failure."""


def case(target: str, seed: int, number: int) -> bytes:
    """The bytes of a case: a number and a seed always give the same."""
    return TARGETS[target].make(Random(f"{target}/{seed}/{number}"))


def judge(target: str, data: bytes) -> tuple[str, str] | None:
    """What is wrong with how the reader took the bytes, with its trace; None where nothing is."""
    signal.signal(signal.SIGPROF, _too_late)
    try:
        signal.setitimer(signal.ITIMER_PROF, TARGETS[target].seconds)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            TARGETS[target].run(data)
    except CaffeFillersError as error:
        signal.setitimer(signal.ITIMER_PROF, 0)
        if not 0 < len(str(error)) < LONGEST_MESSAGE:
            return f"a message of {len(str(error))} characters", str(error)[:200]
    except (Exception, _Late) as error:
        signal.setitimer(signal.ITIMER_PROF, 0)
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}", traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return None


def _too_late(*_: object) -> None:
    raise _Late("longer than its time limit")


def run(target: str, seed: int, numbers: range) -> Iterator[Finding]:
    """Judge cases in child processes; one that dies is a finding, and the next goes on behind it."""
    progress = mmap.mmap(-1, 8)
    start = numbers.start
    while start < numbers.stop:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            _work(target, seed, range(start, numbers.stop), progress, writer)
        os.close(writer)
        with open(reader, encoding="utf-8") as lines:  # noqa: PTH123  (a descriptor has no path)
            for line in lines:
                number, what, trace = line.rstrip("\n").split("\t")
                yield Finding(target, int(number), what, trace.replace("\\n", "\n"))
        _, status = os.waitpid(child, 0)
        start = int.from_bytes(progress[:8], "little") + 1
        if status:
            yield Finding(target, start - 1, f"the process died with status {status}", "")


def _work(target: str, seed: int, numbers: range, progress: mmap.mmap, writer: int) -> None:
    """Never returns."""
    status = 1
    try:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * mmap.PAGESIZE
        resource.setrlimit(resource.RLIMIT_AS, (used + BYTES, used + BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        for number in numbers:
            progress[:8] = number.to_bytes(8, "little")
            found = judge(target, case(target, seed, number))
            if found:
                what, trace = (text.replace("\n", "\\n").replace("\t", " ") for text in found)
                os.write(writer, f"{number}\t{what}\t{trace}\n".encode("utf-8", "backslashreplace"))
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)
