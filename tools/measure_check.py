"""Measure `caffe-fill check` on the corpus: what it finds, what it misses, whom it accuses wrongly.

Run `python tools/measure_check.py [ALARMS] [STRANGERS]`: so many right models without a seed, 200 by
default, and so many of each kind that no seed makes, 20 by default. The table goes to standard output as
Markdown, for docs/check.md; misses go to standard error.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "check"), str(ROOT / "tests")]

import damages  # noqa: E402
import strangers  # noqa: E402

import caffe_fillers as cf  # noqa: E402
from caffe_fillers.check import CheckResult, check_model  # noqa: E402
from caffe_fillers.model import Model  # noqa: E402

STRANGE_NETS = ("multi_bottom_conv", "v0_net", "lmdb_plain")


class Table:
    """By kind the cases tried, found and named rightly, the nets, the slowest check's processor time."""

    def __init__(self) -> None:
        self.rows: dict[str, Counter[str]] = {}
        self.nets: dict[str, set[str]] = {}
        self.slowest: dict[str, tuple[float, str]] = {}

    def count(self, kind: str, net: str, found: bool, named: bool) -> None:
        """One case more."""
        self.rows.setdefault(kind, Counter()).update(tried=1, found=int(found), named=int(named))
        self.nets.setdefault(kind, set()).add(net)

    def timed(self, kind: str, name: str, net: cf.Net, model: Model, given: int | None = None) -> CheckResult:
        """The result of a check."""
        begin = time.process_time()
        result = check_model(net.plan, model, seed=given)
        taken = time.process_time() - begin
        self.slowest[kind] = max(self.slowest.get(kind, (0.0, "")), (taken, name))
        return result

    def lines(self) -> Iterator[str]:
        """The rows."""
        for kind, row in self.rows.items():
            seconds, name = self.slowest[kind]
            numbers = f"{len(self.nets[kind])} | {row['tried']} | {row['found']} | {row['named']}"
            yield f"| {kind} | {numbers} | {seconds:.1f} s (`{name}`) |"


def measure(alarms: int, number: int) -> Iterator[str]:
    """All of it, a line as soon as nothing more is added to it."""
    yield from of_faults().lines()
    yield from of_right_distributions(alarms).lines()
    yield from of_strangers(number).lines()


def of_faults() -> Table:
    """Every net as it is, and with every fault."""
    table = Table()
    for name, net in damages.nets():
        result = table.timed("own fill", name, net, damages.drawn(net, damages.SEED)[0])
        right = result.passed and result.seed == (damages.SEED if damages.random_blobs(net) else None)
        table.count("own fill", name, result.passed, right)
        for case in damages.cases(net):
            result = table.timed(case.kind, name, net, case.model(net), case.given)
            named = case.named(net, result)
            table.count(case.kind, name, not result.passed, named)
            if not named:
                print(f"{name}: {case.kind} at {case.places} missed", file=sys.stderr)
    return table


def of_strangers(number: int) -> Table:
    """Models that no seed makes: found is what was given a seed all the same."""
    table = Table()
    for name in STRANGE_NETS:
        net = damages.load(name)
        for kind in strangers.STRANGERS:
            row = f"no seed, a seed named: {kind}"
            for each in range(number):
                found = table.timed(row, name, net, strangers.stranger(net, kind, each)).seed is not None
                table.count(row, name, found, found)
    return table


def of_right_distributions(alarms: int) -> Table:
    """Right models whose values are shuffled, so that the distributions decide: found is what was refused."""
    table, kind, name = Table(), "right distribution, no seed (false alarms)", "small_resnet"
    net = damages.load(name)
    for seed in range(alarms):
        model, arrays = damages.drawn(net, seed)
        shuffled = np.random.default_rng(seed)
        for array in arrays.values():
            shuffled.shuffle(array.reshape(-1))
        result = table.timed(kind, name, net, damages.with_arrays(model, arrays))
        table.count(kind, name, not result.passed, not result.passed)
    return table


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    print(
        "| case | nets | tried | found | named rightly | slowest check |",
        "|---|---|---|---|---|---|",
        sep="\n",
    )
    for line in measure(*given, *(200, 20)[len(given) :]):
        print(line, flush=True)
