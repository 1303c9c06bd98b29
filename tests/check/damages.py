"""Models with one fault each, and whether a check says of them what it should: for tests and the tool."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
from paths import CORPUS

import caffe_fillers as cf
from caffe_fillers import distributions
from caffe_fillers.check import BlobVerdict, CheckResult, Kind, Status, check_model
from caffe_fillers.execute import execute
from caffe_fillers.fans import VarianceNorm
from caffe_fillers.fillers import MSRA, Xavier
from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.plan import Fill
from caffe_fillers.planner import PlannedBlob, PlannedNet

SEED, OTHER_SEED = 1701, 5

Place = tuple[int, int]
Arrays = dict[Place, np.ndarray]
Change = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Case:
    """A fault, the places (layer and blob) that have it, and a word of its right name.

    The values are drawn by `plan` and then damaged. `given` is the seed that
    the check is told, if any; `where` says in short which places they are.
    With `is_copied` the check is told of a base that has the model's values;
    another seed that explains a place, `exact_by`, is a right name, too.
    """

    kind: str
    plan: PlannedNet
    places: tuple[Place, ...]
    word: str
    damage: Callable[[Arrays], None] = lambda arrays: None
    seed: int = SEED
    given: int | None = None
    where: str = ""
    is_copied: bool = False
    exact_by: int | None = None

    def model(self, net: cf.Net) -> Model:
        """The damaged model."""
        model, arrays = drawn(net, self.seed, self.plan)
        self.damage(arrays)
        return with_arrays(model, arrays)

    def check(self, net: cf.Net) -> CheckResult:
        """The result of a whole check, other eras of Caffe included."""
        model = self.model(net)
        bases = (model,) if self.is_copied else ()
        return check_model(net.plan, model, seed=self.given, others=net.in_other_eras, bases=bases)

    def found(self, result: CheckResult) -> bool:
        """Whether the model is not taken for one of its seed alone."""
        return not result.passed or self.is_copied or self.exact_by in [each.seed for each in result.origins]

    def named(self, net: cf.Net, result: CheckResult) -> bool:
        """Whether these blobs and no others are refused, each by the right name."""
        verdicts = {place(blob): each for blob, each in zip(net.plan.blobs, result.verdicts, strict=True)}
        refused = {where for where, each in verdicts.items() if each.status is Status.DIFFERENT}
        return refused <= set(self.places) and all(self._told(verdicts[where]) for where in self.places)

    def _told(self, verdict: BlobVerdict) -> bool:
        if self.is_copied:
            return verdict.status is Status.COPIED
        if verdict.status is Status.DIFFERENT:
            return self.word in verdict.diagnosis
        return verdict.status is Status.EXACT and verdict.seed == self.exact_by is not None


def bfloat16(values: np.ndarray) -> np.ndarray:
    bits = np.ascontiguousarray(values).view(np.uint32)
    return (bits + np.uint32(0x8000) & np.uint32(0xFFFF0000)).view(np.float32)


def int8(values: np.ndarray) -> np.ndarray:
    step = np.float32(np.abs(values).max() / 127)
    return np.round(values / step) * step


def decay(values: np.ndarray) -> np.ndarray:
    """200 steps of weight decay: 0.0005 at a rate of 0.01."""
    values = values.copy()
    for _ in range(200):
        values -= np.float32(0.01 * 0.0005) * values
    return values


def noise(size: float) -> Change:
    return lambda values: values + np.random.default_rng(0).normal(0, size, values.shape).astype(np.float32)


def drift(share: float) -> Change:
    """Movements of normal distribution, of so many standard deviations of the values."""
    return lambda values: noise(share * float(values.std()))(values)


def laplace(values: np.ndarray) -> np.ndarray:
    return np.random.default_rng(0).laplace(0, values.std() / np.sqrt(2), values.shape)


def shuffled(values: np.ndarray) -> np.ndarray:
    return np.random.default_rng(0).permutation(values)


def row_factors(values: np.ndarray) -> np.ndarray:
    factors = np.random.default_rng(0).uniform(0.5, 2, values.shape[0]).astype(np.float32)
    return values * factors.reshape(-1, *[1] * (values.ndim - 1))


def averaged(values: np.ndarray) -> np.ndarray:
    """With another draw of the same distribution."""
    return (values + np.random.default_rng(0).permutation(values.ravel()).reshape(values.shape)) / 2


def channels_turned(values: np.ndarray) -> np.ndarray:
    return np.flip(values, min(1, values.ndim - 1))


def transposed(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values.transpose()).reshape(values.shape)


DAMAGES: dict[str, tuple[Change, Kind, str]] = {
    "float16": (lambda values: values.astype(np.float16), Kind.ROUNDED, "rounded to float16"),
    "bfloat16": (bfloat16, Kind.ROUNDED, "rounded to bfloat16"),
    "six digits": (lambda values: np.round(values, 6), Kind.ROUNDED, "rounded to 6 decimals"),
    "int8": (int8, Kind.ROUNDED, "levels"),
    "filters shuffled": (shuffled, Kind.REORDERED, "filters in another order"),
    "flipped": (np.negative, Kind.FLIPPED, "times -1"),
    "weight decay": (decay, Kind.SCALED, "times 0.999"),
    "noise of 1e-4": (noise(1e-4), Kind.MOVED, "each moved by"),
    "folded batch norm": (row_factors, Kind.ROWS_SCALED, "times a factor of its own"),
    "centered": (lambda values: values - values.mean(dtype=np.float32), Kind.CENTERED, "less the mean"),
    "averaged": (averaged, Kind.CORRELATED, "averaged with other values?"),
    "one step": (drift(0.002), Kind.MOVED, "trained a little"),
    "ten steps": (drift(0.02), Kind.MOVED, "trained"),
    "100 steps": (drift(0.155), Kind.TRAINED, "correlated with the declared values"),
    "mirrored": (lambda values: values[..., ::-1], Kind.REORDERED, "reversed"),
    "channels turned, as BGR": (channels_turned, Kind.REORDERED, "reversed"),
    "transposed": (transposed, Kind.REORDERED, "transposed"),
    "trained": (laplace, Kind.TRAINED, "trained?"),
}
"""By name what is done to values, the kind that a check should say, and a word of its sentence."""


LARGE = 200
"""Values from which on a blob can have each of these."""


def changes(net: cf.Net) -> Iterator[Case]:
    """Every damage of the first, of a middle and of the last random blob that is large, and of all blobs.

    None for a net that has not three of these, nor those that leave the values as they are.
    """
    random = [place(blob) for blob, _ in random_blobs(net) if blob.shape]
    large = [place(blob) for blob, _ in random_blobs(net) if blob.count >= LARGE]
    if len(large) < 3:
        return
    which = {"first": large[:1], "middle": large[len(large) // 2 :][:1], "last": large[-1:], "all": random}
    (_, arrays), (_, others) = drawn(net, SEED), drawn(net, OTHER_SEED)
    for name, (change, _, word) in DAMAGES.items():
        for where, places in which.items():
            changed = tuple(each for each in places if not np.array_equal(change(arrays[each]), arrays[each]))
            if changed:
                damage = partial(_change, change, changed)
                yield Case(name, net.plan, changed, word, damage, where=where)
    for where, places in which.items():
        damage = partial(_replace, others, places)
        case = Case("of another seed", net.plan, tuple(places), "another seed", damage, where=where)
        yield replace(case, exact_by=OTHER_SEED)
        yield replace(case, kind="copied, --base given", is_copied=True)


def _change(change: Change, places: Iterable[Place], arrays: Arrays) -> None:
    for where in places:
        arrays[where][...] = change(arrays[where]).copy()


def _replace(others: Arrays, places: Iterable[Place], arrays: Arrays) -> None:
    for where in places:
        arrays[where][...] = others[where]


def place(blob: PlannedBlob) -> Place:
    """Where a blob is in its model."""
    return blob.layer_id, blob.index


def nets() -> Iterator[tuple[str, cf.Net]]:
    """Every net of the corpus that has a blob, by its first recorded run."""
    for name, runs in json.loads((CORPUS / "goldens.json").read_text()).items():
        if "solver" not in runs[0]:
            net = load(name, runs[0]["phase"])
            if net.plan.blobs:
                yield name, net


def load(name: str, phase: str = "TRAIN") -> cf.Net:
    """A net of the corpus, whose files are looked for from there."""
    before = Path.cwd()
    os.chdir(CORPUS)
    try:
        return cf.load_net(f"{name}.prototxt", phase=phase.lower())
    finally:
        os.chdir(before)


def drawn(net: cf.Net, seed: int, plan: PlannedNet | None = None) -> tuple[Model, Arrays]:
    """A model, and its arrays to be damaged."""
    model, _ = execute(plan or net.plan, cf.Stream(seed))
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
            ModelBlob(blob.shape, partial(_one_chunk, arrays[layer_id, index]), blob.owner)
            for index, blob in enumerate(layer.blobs)
        )
        layers.append(replace(layer, blobs=blobs))
    return replace(model, layers=tuple(layers))


def _one_chunk(array: np.ndarray) -> Iterator[np.ndarray]:
    yield array.ravel()


def random_blobs(net: cf.Net) -> list[tuple[PlannedBlob, Fill]]:
    """The blobs that keep something drawn, each with its filler."""
    return [
        (blob, step)
        for blob in net.plan.blobs
        if blob.owner is None
        and isinstance(step := net.plan.steps[blob.step], Fill)
        and step.distribution().std > 0
        and _is_random(net.plan, blob)
    ]


def cases(net: cf.Net) -> Iterator[Case]:
    """Every fault of every random blob, as far as it can have it."""
    blobs = random_blobs(net)
    for blob, _ in blobs:
        yield from _of_values(net.plan, place(blob), blob.shape)
    yield from _swapped(net.plan, [blob for blob, _ in blobs])
    for norm in VarianceNorm:
        numbers = [blob.step for blob, step in blobs if _other(step, norm) is not None]
        if numbers:
            yield _by_norm(net.plan, norm, numbers, f"every blob with {norm.name}")
        for number in numbers:
            yield _by_norm(net.plan, norm, [number], f"one blob with {norm.name}")
    if blobs:
        places = tuple(place(blob) for blob in net.plan.blobs if _is_random(net.plan, blob))
        yield Case("another seed", net.plan, places, "another seed", seed=OTHER_SEED, given=SEED)


def _is_random(plan: PlannedNet, blob: PlannedBlob) -> bool:
    step = plan.steps[blob.step]
    distribution = step.distribution() if isinstance(step, Fill) else distributions.Constant(0.0)
    return isinstance(distribution, distributions.SparseNormal) or (
        distribution.std > 0 and not isinstance(distribution, distributions.Exact)
    )


def _of_values(plan: PlannedNet, where: Place, shape: tuple[int, ...]) -> Iterator[Case]:
    def scale(arrays: Arrays) -> None:
        arrays[where] *= np.float32(1.02)

    def poison(arrays: Arrays) -> None:
        arrays[where].reshape(-1)[-1] = np.nan

    def clear(arrays: Arrays) -> None:
        arrays[where][1] = 0

    yield Case("2 % scale error", plan, (where,), "times 1.02", scale)
    yield Case("one NaN", plan, (where,), "NaN", poison)
    if len(shape) > 1 and shape[0] > 1:
        yield Case("one zeroed row", plan, (where,), "zero", clear)


def _swapped(plan: PlannedNet, blobs: list[PlannedBlob]) -> Iterator[Case]:
    """Neighbors among the blobs of a shape."""
    by_shape: dict[tuple[int, ...], list[PlannedBlob]] = {}
    for blob in blobs:
        by_shape.setdefault(blob.shape, []).append(blob)
    for alike in by_shape.values():
        for first, second in pairwise(alike):
            pair = place(first), place(second)
            yield Case("swapped blobs", plan, pair, "swapped", partial(_exchange, *pair))


def _exchange(first: Place, second: Place, arrays: Arrays) -> None:
    arrays[first], arrays[second] = arrays[second], arrays[first]


def _other(step: Fill, norm: VarianceNorm) -> Fill | None:
    """The step with another norm, if it is a xavier or msra of which that makes another distribution."""
    if type(step.filler) not in (Xavier, MSRA):
        return None
    changed = replace(step, filler=replace(step.filler, variance_norm=norm))
    return changed if changed.distribution() != step.distribution() else None


def _by_norm(plan: PlannedNet, norm: VarianceNorm, numbers: list[int], kind: str) -> Case:
    """Drawn with that norm by these steps."""
    steps = tuple(
        (_other(step, norm) or step) if number in numbers and isinstance(step, Fill) else step
        for number, step in enumerate(plan.steps)
    )
    places = tuple(place(blob) for blob in plan.blobs if blob.step in numbers)
    return Case(kind, replace(plan, steps=steps), places, norm.name)
