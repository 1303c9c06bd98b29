"""Measure `caffe-fill check` on the corpus: what it finds, what it misses, whom it accuses wrongly.

Run `python tools/measure_check.py changes [NET...]` for damages of single blobs, on nets of the corpus
and lenet, or `python tools/measure_check.py faults [ALARMS] [STRANGERS]` for faults of all nets, so many
right models without a seed, 200 by default, and of each kind that no seed makes, 20 by default. The tables
go to standard output as Markdown, for docs/check.md; misses go to standard error.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "check"), str(ROOT / "tests")]

import damages  # noqa: E402
import strangers  # noqa: E402

import caffe_fillers as cf  # noqa: E402
from caffe_fillers.check import CheckResult, check_model  # noqa: E402
from caffe_fillers.model import Model  # noqa: E402

LENET = ROOT / "examples" / "lenet.prototxt"
CHANGED_NETS = ("lenet", "xavier_norms", "small_inception", "small_resnet")
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


def of_changes(names: Sequence[str]) -> Iterator[str]:
    """A row for each damage: rightly named of those tried, by the blob that has it; in quick checks."""
    nets = {name: cf.load_net(LENET) if name == "lenet" else damages.load(name) for name in names}
    cases = [(name, net, *change) for name, net in nets.items() for change in damages.changes(net)]
    for kind in damages.DAMAGES:
        named, tried, slowest = Counter[str](), Counter[str](), (0.0, "")
        for name, net, own, where, case in cases:
            if own != kind:
                continue
            model = case.model(net)
            begin = time.process_time()
            result = check_model(net.plan, model, quick=True, others=net.in_other_eras)
            slowest = max(slowest, (time.process_time() - begin, name))
            refused = not result.passed if where == "all" else case.named(net, result)
            right = refused and (where == "all" or result.seed == damages.SEED)
            named[where] += right
            tried[where] += 1
            if not right:
                print(f"{name}: {kind} of {where} missed: {result.conclusion}", file=sys.stderr, flush=True)
        counts = " | ".join(f"{named[where]} of {tried[where]}" for where in tried)
        yield f"| {kind} | {counts} | {slowest[0]:.1f} s (`{slowest[1]}`) |"


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


TABLES = {
    "changes": (
        "| damage | first | middle | last | all | slowest check |",
        lambda words: of_changes(words or CHANGED_NETS),
    ),
    "faults": (
        "| case | nets | tried | found | named rightly | slowest check |",
        lambda words: measure(*map(int, words), *(200, 20)[len(words) :]),
    ),
}

if __name__ == "__main__":
    head, rows = TABLES[sys.argv[1]]
    print(head, "|---" * (head.count("|") - 1) + "|", sep="\n", flush=True)
    for line in rows(sys.argv[2:]):
        print(line, flush=True)
