"""Match layers and shapes of a model with those that its net declares."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from caffe_fillers.check.findings import Finding, Problem
from caffe_fillers.model import Model, ModelBlob, ModelLayer
from caffe_fillers.planner import PlannedBlob, PlannedLayer, PlannedNet
from caffe_fillers.shapes import Shape, format_shape

_MAX_AXES = 5

Matched = list[tuple[PlannedBlob, ModelBlob]]


def match(plan: PlannedNet, model: Model) -> tuple[Matched, tuple[Finding[Problem], ...]]:
    """Return the blobs that both have in the same shape, and the problems of the others.

    Layers are those of one name, of several the first and the first, the second and the second.
    """
    found = model.layers_of(plan)
    missing = [layer for layer in plan.layers if layer.blobs and layer.id not in found]
    taken = list(map(id, found.values()))
    extra = [layer for layer in model.layers if layer.blobs and id(layer) not in taken]
    renamed = _renamed(missing, extra)
    matched: Matched = []
    problems = list(_unmatched(plan, missing, extra, renamed))
    for planned in plan.layers:
        layer = found.get(planned.id, renamed.get(planned.id))
        if layer is None:
            continue
        name = plan.label(planned.id)
        if len(layer.blobs) != len(planned.blobs):
            numbers = len(layer.blobs), len(planned.blobs)
            problems.append(Finding.of(Problem.BLOBS, layer=name, found=numbers[0], declared=numbers[1]))
        for blob, stored in zip(planned.blobs, layer.blobs, strict=False):
            order = None if _alike(blob, stored) else _order(blob.shape, stored.shape)
            if order is not None:
                matched.append((blob, _transposed(stored, order)))
            elif _alike(blob, stored):
                matched.append((blob, stored))
            if not _alike(blob, stored):
                problems.append(_wrong_shape(name, blob, stored, order))
    return matched, tuple(problems)


def _alike(blob: PlannedBlob, stored: ModelBlob) -> bool:
    """Return whether shapes are the same, or one has an old file's four axes, which begin with ones."""
    return blob.shape == stored.shape or (
        stored.four_axes and (1,) * (4 - len(blob.shape)) + blob.shape == stored.shape
    )


def _renamed(missing: list[PlannedLayer], extra: list[ModelLayer]) -> dict[int, ModelLayer]:
    """Map missing layers, by id, to the first extra one whose blobs have the same shapes."""
    left, renamed = list(extra), {}
    for wanted in missing:
        for layer in left:
            if len(layer.blobs) == len(wanted.blobs) and all(map(_alike, wanted.blobs, layer.blobs)):
                left.remove(layer)
                renamed[wanted.id] = layer
                break
    return renamed


def _unmatched(
    plan: PlannedNet,
    missing: list[PlannedLayer],
    extra: list[ModelLayer],
    renamed: dict[int, ModelLayer],
) -> Iterator[Finding[Problem]]:
    taken = [id(layer) for layer in renamed.values()]
    for wanted in missing:
        name = plan.label(wanted.id)
        if wanted.id in renamed:
            yield Finding.of(Problem.RENAMED, layer=name, name=renamed[wanted.id].name)
        else:
            yield Finding.of(Problem.MISSING, layer=name)
    for layer in extra:
        if id(layer) not in taken:
            yield _unknown(plan, layer)


def _unknown(plan: PlannedNet, layer: ModelLayer) -> Finding[Problem]:
    """Return what is wrong with a layer that no other of the net's is."""
    declared = [each for each in plan.layers if each.name == layer.name]
    if any(not each.blobs for each in declared):
        return Finding.of(Problem.BLOBS, layer=layer.name, found=len(layer.blobs), declared=0)
    times = {"declared": len(declared)} if declared else {}
    return Finding.of(Problem.UNKNOWN, layer=layer.name, **times)


def _order(declared: Shape, stored: Shape) -> tuple[int, ...] | None:
    """Return the order in which stored axes are the declared ones; of several, one that frameworks use."""
    last = len(stored) - 1
    if not 1 <= last < _MAX_AXES or len(declared) != len(stored):
        return None
    usual = (last, last - 1, *range(last - 1)), (0, last, *range(1, last)), tuple(range(last + 1))[::-1]
    orders = (*usual, *permutations(range(last + 1)))
    fitting = (order for order in orders if tuple(stored[axis] for axis in order) == declared)
    return next(fitting, None)


def _transposed(stored: ModelBlob, order: tuple[int, ...]) -> ModelBlob:
    """Return the blob with its axes in that order."""
    shape = tuple(stored.shape[axis] for axis in order)
    return ModelBlob(shape, lambda: iter([np.ascontiguousarray(stored.array().transpose(order)).ravel()]))


def _wrong_shape(
    layer: str, blob: PlannedBlob, stored: ModelBlob, order: tuple[int, ...] | None
) -> Finding[Problem]:
    return Finding.of(
        Problem.SHAPE,
        layer=layer,
        blob=blob.index,
        found=format_shape(stored.shape),
        declared=format_shape(blob.shape),
        **({} if order is None else {"order": ", ".join(map(str, order))}),
    )
