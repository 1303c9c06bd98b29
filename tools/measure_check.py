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
sys.path.insert(0, str(ROOT / "tests"))

import damages  # noqa: E402
import strangers  # noqa: E402

import caffe_fillers as cf  # noqa: E402
from caffe_fillers.check import CheckResult, check_model  # noqa: E402
from caffe_fillers.model import Model  # noqa: E402

STRANGE_NETS = ("multi_bottom_conv", "v0_net", "lmdb_plain")


class Table:
    """Cases tried, found and named rightly, by kind; in how many nets; the slowest check of each kind."""

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
        begin = time.perf_counter()
        result = check_model(net.plan, model, seed=given)
        taken = time.perf_counter() - begin
        self.slowest[kind] = max(self.slowest.get(kind, (0.0, "")), (taken, name))
        return result

    def lines(self) -> Iterator[str]:
        """The table."""
        yield "| case | nets | tried | found | named rightly | slowest check |"
        yield "|---|---|---|---|---|---|"
        for kind, row in self.rows.items():
            seconds, name = self.slowest[kind]
            numbers = f"{len(self.nets[kind])} | {row['tried']} | {row['found']} | {row['named']}"
            yield f"| {kind} | {numbers} | {seconds:.1f} s (`{name}`) |"


def measure(alarms: int, number: int) -> Table:
    """All of it."""
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
    for each in range(alarms):
        without_seed(table, each)
    for name in STRANGE_NETS:
        net = damages.load(name)
        for kind in strangers.STRANGERS:
            for each in range(number):
                row = f"no seed, a seed named: {kind}"
                found = table.timed(row, name, net, strangers.stranger(net, kind, each)).seed is not None
                table.count(row, name, found, found)
    return table


def without_seed(table: Table, seed: int) -> None:
    """A right model whose values are shuffled, so that only the laws decide."""
    kind, name = "right law, no seed (false alarms)", "small_resnet"
    net = damages.load(name)
    model, arrays = damages.drawn(net, seed)
    shuffled = np.random.default_rng(seed)
    for array in arrays.values():
        shuffled.shuffle(array.reshape(-1))
    result = table.timed(kind, name, net, damages.with_arrays(model, arrays))
    table.count(kind, name, not result.passed, not result.passed)


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    print(*measure(*given, *(200, 20)[len(given) :]).lines(), sep="\n")
