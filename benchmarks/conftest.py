"""Figures of one run, collected, printed, and written to docs/benchmarks.md with a plot.

    pip install -e '.[benchmark]' && pytest benchmarks

Every figure is the median of five rounds; what it is compared with runs in turn with it, so that both
meet the machine in the same mood.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"
ROUNDS = 5
BOOST = Path("/usr/include/boost/version.hpp")


@dataclass(frozen=True)
class Row:
    """One line of the table: seconds of ours, of what it is compared with, and the ratio asked for."""

    what: str
    ours: float
    other: str
    others: float
    goal: str
    faster_is_more: bool

    @property
    def ratio(self) -> float:
        return self.others / self.ours if self.faster_is_more else self.ours / self.others


@dataclass
class Figures:
    rows: list[Row] = field(default_factory=list)
    memory: list[tuple[str, float, float]] = field(default_factory=list)
    """What was written, seconds, MB at most."""
    curves: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """By what grows: how much of it, and seconds."""


FIGURES = pytest.StashKey[Figures]()


@pytest.fixture(scope="session")
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    collected = request.config.stash[FIGURES] = Figures()
    yield collected
    if collected.rows and collected.memory and collected.curves:
        write(collected)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if (collected := config.stash.get(FIGURES, None)) is not None:
        terminalreporter.write(f"\n{tables(collected)}\n")


@pytest.fixture
def beside(benchmark: BenchmarkFixture, figures: Figures) -> Callable[..., None]:
    """Measure ours and another in turns, both given as functions that return seconds, and note both."""

    def measure(
        what: str,
        ours: Callable[[], float],
        other: str,
        others: Callable[[], float],
        goal: str,
        *,
        faster_is_more: bool = True,
    ) -> None:
        seconds: list[tuple[float, float]] = []
        others(), ours()  # files and caches are warm for both
        benchmark.pedantic(lambda: seconds.append((others(), ours())), rounds=ROUNDS)
        theirs, own = (median(column) for column in zip(*seconds, strict=True))
        row = Row(what, own, other, theirs, goal, faster_is_more)
        benchmark.extra_info |= {"ours": own, "other": theirs, "ratio": row.ratio}
        figures.rows.append(row)

    return measure


@pytest.fixture(scope="session")
def boost_fill(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("g++")
    if compiler is None or not BOOST.exists():
        pytest.skip("needs g++ and Boost's headers (Debian: g++ and libboost-dev)")
    program = tmp_path_factory.mktemp("boost") / "boost_fill"
    subprocess.run([compiler, "-O2", "-o", program, Path(__file__).with_name("boost_fill.cpp")], check=True)
    return program


def write(figures: Figures) -> None:
    page = DOCS / "benchmarks.md"
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{tables(figures)}\n{END}{after}")
    plot(figures, DOCS / "benchmarks.svg")


def tables(figures: Figures) -> str:
    lines = [
        machine(),
        "",
        "| figure | ours | beside | its time | ratio | goal |",
        "|---|---:|---|---:|---:|---|",
    ]
    for row in figures.rows:
        figure = f"{row.ours:.3f} s | {row.other} | {row.others:.3f} s | {row.ratio:.2f}"
        lines.append(f"| {row.what} | {figure} | {row.goal} |")
    lines += ["", "| written | time | memory at most | goal |", "|---|---:|---:|---|"]
    lines += [
        f"| {what} | {seconds:.2f} s | {megabytes:.0f} MB | at most 80 MB |"
        for what, seconds, megabytes in figures.memory
    ]
    return "\n".join(lines) + "\n"


def machine() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    versions = [f"Python {sys.version.split()[0]}", f"numpy {np.__version__}"]
    if BOOST.exists():
        boost = BOOST.read_text().split('BOOST_LIB_VERSION "')[1].split('"')[0]
        versions.append(f"Boost {boost.replace('_', '.')} with g++ -O2")
    versions += [f"{name} {version(name)}" for name in ("torch", "keras") if find_spec(name)]
    return (
        f"{os.cpu_count()} cores ({names[0].partition(': ')[2]}), {platform.system()}, "
        f"{', '.join(versions)}; medians of {ROUNDS} runs."
    )


def plot(figures: Figures, path: Path) -> None:
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    pyplot.rcParams["svg.hashsalt"] = "caffe_fillers"
    drawing, axes = pyplot.subplots(1, len(figures.curves), figsize=(10, 4))
    for axis, (grows, points) in zip(axes, figures.curves.items(), strict=True):
        amounts, seconds = zip(*sorted(points), strict=True)
        axis.loglog(amounts, seconds, "o-", label="caffe-fill, whole process")
        linear = [seconds[-1] / amounts[-1] * amount for amount in amounts]
        axis.loglog(amounts, linear, "--", color="gray", label="in proportion to the last")
        axis.set(xlabel=grows, ylabel="seconds")
        axis.legend()
    drawing.tight_layout()
    drawing.savefig(path, metadata={"Date": None})
