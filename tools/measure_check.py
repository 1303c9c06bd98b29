"""Measure `caffe-fill check` on the corpus: what it finds, what it misses, whom it accuses wrongly.

Run `python tools/measure_check.py changes RESULTS [NET...]` for damages of single blobs, or
`python tools/measure_check.py faults RESULTS [NET...]` for faults of all nets, right models without a
seed and models that no seed makes; NETs are of the corpus, or `lenet`, by default all. RESULTS is a file to
which each case's result is appended: cases that it holds are not run again. The table of RESULTS goes to
standard output as Markdown, for docs/check.md; misses go to standard error.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "check"), str(ROOT / "tests")]

import damages  # noqa: E402
import strangers  # noqa: E402

import caffe_fillers as cf  # noqa: E402
from caffe_fillers.check import CheckResult, check_model  # noqa: E402

LENET = ROOT / "examples" / "lenet.prototxt"
STRANGE_NETS = ("multi_bottom_conv", "v0_net", "lmdb_plain")
SHUFFLED_NET = "small_resnet"
STRANGERS, ALARMS = 5, 200
"""Models of each kind that no seed makes, and right models without a seed."""
PLACES = ("first", "middle", "last", "all")


@dataclass(frozen=True)
class Result:
    """Whether the fault of a case was found and named rightly, and the check's processor time in seconds."""

    kind: str
    net: str
    where: str
    found: bool
    named: bool
    seconds: float

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells the case from others."""
        return self.kind, self.net, self.where


@dataclass(frozen=True)
class Trial:
    """A case to run, and what to make of the result of its check: whether found, whether named rightly."""

    kind: str
    net: str
    where: str
    check: Callable[[], CheckResult]
    judge: Callable[[CheckResult], tuple[bool, bool]]

    def run(self) -> Result:
        """Run the check. A miss is printed."""
        begin = time.process_time()
        checked = self.check()
        seconds = time.process_time() - begin
        found, named = self.judge(checked)
        if not named:
            said = [(each.layer, each.diagnosis) for each in checked.differing]
            where = f"{self.net}: {self.kind} at {self.where}"
            print(f"{where}: {checked.seed_in_words}; {said}", file=sys.stderr, flush=True)
        return Result(self.kind, self.net, self.where, found, named, seconds)


def changes(names: Iterable[str]) -> Iterator[Trial]:
    """Damages of single blobs and of all."""
    for name, net in nets():
        if not names or name in names:
            for case in damages.changes(net):
                yield of_case(name, net, case)


def faults(names: Iterable[str]) -> Iterator[Trial]:
    """Every net as it is, and with every fault; right models without a seed; models that no seed makes."""
    for name, net in damages.nets():
        if not names or name in names:
            yield Trial("own fill", name, "", partial(own_fill, net), partial(is_own, net))
            for number, case in enumerate(damages.cases(net)):
                yield of_case(name, net, replace(case, where=str(number)))
    if not names or SHUFFLED_NET in names:
        yield from right_distributions()
    for name in STRANGE_NETS:
        if not names or name in names:
            yield from foreign(name)


def nets() -> Iterator[tuple[str, cf.Net]]:
    """LeNet and the nets of the corpus."""
    yield "lenet", cf.load_net(LENET)
    yield from damages.nets()


def of_case(name: str, net: cf.Net, case: damages.Case) -> Trial:
    """A fault's trial: of a blob's, its seed must be found, too."""

    def judge(result: CheckResult) -> tuple[bool, bool]:
        seeds = (damages.SEED, case.exact_by, case.given)
        return case.found(result), case.named(net, result) and (case.is_copied or result.seed in seeds)

    return Trial(case.kind, name, case.where, partial(case.check, net), judge)


def own_fill(net: cf.Net) -> CheckResult:
    """The check of a net's own fill."""
    return check_model(net.plan, damages.drawn(net, damages.SEED)[0])


def is_own(net: cf.Net, result: CheckResult) -> tuple[bool, bool]:
    """Whether it passed, and with its seed."""
    return result.passed, result.passed and result.seed == damages.SEED


def right_distributions() -> Iterator[Trial]:
    """Quick checks of right models, shuffled, so that distributions decide: found is what was refused."""
    net = damages.load(SHUFFLED_NET)

    def check(seed: int) -> CheckResult:
        model, arrays = damages.drawn(net, seed)
        generator = np.random.default_rng(seed)
        for array in arrays.values():
            generator.shuffle(array.reshape(-1))
        return check_model(net.plan, damages.with_arrays(model, arrays), allow_unseeded=True, quick=True)

    def judge(result: CheckResult) -> tuple[bool, bool]:
        return not result.passed, result.passed

    kind = "right distribution, no seed (found: false alarms)"
    for seed in range(ALARMS):
        yield Trial(kind, SHUFFLED_NET, str(seed), partial(check, seed), judge)


def foreign(name: str) -> Iterator[Trial]:
    """Models that no seed makes: found is what was given a seed all the same."""
    net = damages.load(name)

    def judge(result: CheckResult) -> tuple[bool, bool]:
        return result.seed is not None, result.seed is None

    def check(kind: str, number: int) -> CheckResult:
        return check_model(net.plan, strangers.stranger(net, kind, number))

    for kind in strangers.STRANGERS:
        for number in range(STRANGERS):
            check_one = partial(check, kind, number)
            yield Trial(f"no seed (found: a seed named): {kind}", name, str(number), check_one, judge)


def measure(trials: Iterable[Trial], path: Path) -> list[Result]:
    """The results of all trials, those that a file holds and those that are run and appended to it."""
    lines = path.read_text().splitlines() if path.exists() else []
    known = {each.key: each for each in (Result(**json.loads(line)) for line in lines)}
    results = []
    for trial in trials:
        key = trial.kind, trial.net, trial.where
        if key not in known:
            known[key] = trial.run()
            with path.open("a") as file:
                print(json.dumps(asdict(known[key])), file=file)
        results.append(known[key])
    return results


def table(results: Iterable[Result]) -> Iterator[str]:
    """The table: a row for each kind; by place, where cases have one, what was named rightly."""
    by_kind: dict[str, list[Result]] = {}
    for each in results:
        by_kind.setdefault(each.kind, []).append(each)
    has_places = all(each.where in PLACES for rows in by_kind.values() for each in rows)
    places = PLACES if has_places else ()
    head = ("case", "nets", "tried", "found", "named rightly", *places, "median", "slowest check")
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for kind, rows in by_kind.items():
        slowest = max(rows, key=lambda each: each.seconds)
        cells = [kind, len({each.net for each in rows}), len(rows)]
        cells += [sum(each.found for each in rows), sum(each.named for each in rows)]
        for place in places:
            named = [each.named for each in rows if each.where == place]
            cells.append(f"{sum(named)} of {len(named)}")
        cells.append(f"{median(each.seconds for each in rows):.1f} s")
        cells.append(f"{slowest.seconds:.1f} s (`{slowest.net}`)")
        yield f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    kind, path, *names = sys.argv[1:]
    trials = {"changes": changes, "faults": faults}[kind](names)
    for line in table(measure(trials, Path(path))):
        print(line)
