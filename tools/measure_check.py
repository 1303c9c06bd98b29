"""Measure `caffe-fill check` on the corpus: what it finds, what it misses, whom it accuses wrongly.

Run `python tools/measure_check.py [SEEDS]`; the table goes to standard output as Markdown, for docs/check.md.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

import caffe_fillers as cf
from caffe_fillers import laws
from caffe_fillers.check import check_model
from caffe_fillers.execute import execute
from caffe_fillers.fans import VarianceNorm
from caffe_fillers.fillers import MSRA, Xavier
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.plan import Fill, Plan

CORPUS = Path(__file__).resolve().parent.parent / "tests" / "corpus"
Arrays = dict[tuple[int, int], np.ndarray]


def nets() -> Iterator[tuple[str, cf.Net]]:
    """Every net of the corpus that has a fill, by its first recorded run."""
    os.chdir(CORPUS)
    for name, runs in json.loads((CORPUS / "goldens.json").read_text()).items():
        if "solver" not in runs[0]:
            net = cf.load_net(f"{name}.prototxt", phase=runs[0]["phase"].lower())
            if net.plan.blobs:
                yield name, net


def drawn(net: cf.Net, seed: int, plan: Plan | None = None) -> tuple[Model, Arrays]:
    """A model, and its arrays to be damaged."""
    model, _ = execute(plan or net.plan, net.parameter, cf.Stream(seed))
    arrays = {
        (layer_id, index): blob.array()
        for layer_id, layer in enumerate(model.layers)
        for index, blob in enumerate(layer.blobs)
    }
    return model, arrays


def with_arrays(model: Model, arrays: Arrays) -> Model:
    """The model with other values."""
    layers = []
    for layer_id, layer in enumerate(model.layers):
        blobs = tuple(
            ModelBlob(blob.shape, lambda a=arrays[layer_id, index]: iter([a.ravel()]), blob.owner)
            for index, blob in enumerate(layer.blobs)
        )
        layers.append(replace(layer, blobs=blobs))
    return replace(model, layers=tuple(layers))


def random_blob(net: cf.Net, arrays: Arrays, least: int) -> tuple[int, int] | None:
    """The largest blob that is drawn at random and has at least so many values."""
    found = [
        (blob.count, (blob.layer_id, blob.index))
        for blob in net.plan.blobs
        if blob.owner is None
        and blob.count >= least
        and isinstance(step := net.plan.steps[blob.step], Fill)
        and isinstance(step.law(), (laws.Uniform, laws.Normal))
    ]
    return max(found)[1] if found else None


def scaled(net: cf.Net, arrays: Arrays) -> bool:
    place = random_blob(net, arrays, 1000)
    if place:
        arrays[place] *= np.float32(1.02)
    return place is not None


def one_nan(net: cf.Net, arrays: Arrays) -> bool:
    place = random_blob(net, arrays, 8)
    if place:
        arrays[place].reshape(-1)[5] = np.nan
    return place is not None


def zeroed_row(net: cf.Net, arrays: Arrays) -> bool:
    place = random_blob(net, arrays, 16)
    if not place or arrays[place].ndim < 2:
        return False
    arrays[place][1 % len(arrays[place])] = 0
    return True


def swapped(net: cf.Net, arrays: Arrays) -> bool:
    """Two random blobs of the same shape that are not shared."""
    by_shape: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for blob in net.plan.blobs:
        step = net.plan.steps[blob.step]
        if (
            blob.owner is None
            and isinstance(step, Fill)
            and step.law().std > 0
            and blob.count > 1
            and not isinstance(step.law(), laws.Exact)
        ):
            by_shape.setdefault(blob.shape, []).append((blob.layer_id, blob.index))
    pairs = [places for places in by_shape.values() if len(places) > 1]
    if not pairs:
        return False
    first, second = pairs[0][:2]
    arrays[first], arrays[second] = arrays[second], arrays[first]
    return True


DAMAGES: dict[str, tuple[Callable[[cf.Net, Arrays], bool], str]] = {
    "2 % scale error": (scaled, "times"),
    "one NaN": (one_nan, "NaN"),
    "one zeroed row": (zeroed_row, "zero"),
    "swapped blobs": (swapped, "swapped"),
}


def other_norm(plan: Plan, norm: VarianceNorm) -> Plan | None:
    """The plan with another variance norm in its largest xavier or msra blob where that matters."""
    for number, step in sorted(enumerate(plan.steps), key=lambda pair: -getattr(pair[1], "count", 0)):
        if not isinstance(step, Fill) or type(step.filler) not in (Xavier, MSRA) or step.count < 200:
            continue
        changed = replace(step, filler=replace(step.filler, variance_norm=norm))
        kept = [blob for blob in plan.blobs if blob.step == number]
        if kept and abs(changed.law().std / step.law().std - 1) > 0.02:
            return replace(plan, steps=(*plan.steps[:number], changed, *plan.steps[number + 1 :]))
    return None


def measure(seeds: int) -> dict[str, Counter[str]]:
    """Cases tried, found and named rightly, by kind."""
    table: dict[str, Counter[str]] = {}
    slowest = 0.0
    for name, net in nets():
        model, arrays = drawn(net, 1701)
        start = time.perf_counter()
        result = check_model(net.plan, model)
        slowest = max(slowest, time.perf_counter() - start)
        count(table, "own fill", result.passed, result.seed == 1701 or random_blob(net, arrays, 640) is None)
        print(f"{name}: seed {result.seed} in {time.perf_counter() - start:.1f} s", file=sys.stderr)
        for kind, (damage, word) in DAMAGES.items():
            model, arrays = drawn(net, 1701)
            if damage(net, arrays):
                result = check_model(net.plan, with_arrays(model, arrays))
                named = any(word in each.diagnosis for each in result.verdicts)
                count(table, kind, not result.passed, named)
        for norm in VarianceNorm:
            plan = other_norm(net.plan, norm)
            if plan is not None:
                result = check_model(net.plan, drawn(net, 1701, plan)[0])
                named = any(norm.name in each.diagnosis for each in result.verdicts)
                count(table, f"filled with {norm.name}", not result.passed, named)
        if random_blob(net, arrays, 8):
            result = check_model(net.plan, drawn(net, 5)[0], seed=6)
            named = any("another seed" in each.diagnosis for each in result.verdicts)
            count(table, "another seed", not result.passed, named)
    print(f"slowest own fill: {slowest:.1f} s", file=sys.stderr)
    false_alarms(table, seeds)
    return table


def false_alarms(table: dict[str, Counter[str]], seeds: int) -> None:
    """Right models from generators that no seed explains, so that only the laws decide."""
    os.chdir(CORPUS)
    net = cf.load_net("small_resnet.prototxt")
    for seed in range(seeds):
        model, arrays = drawn(net, seed)
        shuffled = np.random.default_rng(seed)
        for array in arrays.values():
            shuffled.shuffle(array.reshape(-1))
        result = check_model(net.plan, with_arrays(model, arrays), seeds=range(0))
        count(table, "right law, no seed (false alarms)", not result.passed, not result.passed)


def count(table: dict[str, Counter[str]], kind: str, found: bool, named: bool) -> None:
    row = table.setdefault(kind, Counter())
    row.update(tried=1, found=int(found), named=int(named))


if __name__ == "__main__":
    print("| case | tried | found | named rightly |\n|---|---|---|---|")
    for kind, row in measure(int(sys.argv[1]) if len(sys.argv) > 1 else 200).items():
        print(f"| {kind} | {row['tried']} | {row['found']} | {row['named']} |")
