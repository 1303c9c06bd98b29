"""Layers and shapes of a model against those that its net declares."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations

import numpy as np

from caffe_fillers.model import Model, ModelBlob, ModelLayer
from caffe_fillers.plan import Plan, PlannedBlob
from caffe_fillers.shapes import Shape, format_shape

_MOST_AXES = 5

Matched = list[tuple[PlannedBlob, ModelBlob]]


def match(plan: Plan, model: Model) -> tuple[Matched, tuple[str, ...]]:
    """The blobs that both have in the same shape, and what else there is to say."""
    declared: dict[str, list[PlannedBlob]] = {}
    for blob in plan.blobs:
        declared.setdefault(blob.layer, []).append(blob)
    found = {layer.name: layer for layer in model.layers if layer.blobs}
    missing = [name for name in declared if name not in found]
    extra = [layer for name, layer in found.items() if name not in declared]
    renamed = _renamed(declared, missing, extra)
    matched: Matched = []
    problems = list(_strangers(missing, extra, renamed))
    for name, blobs in declared.items():
        layer = found.get(name, renamed.get(name))
        if layer is None:
            continue
        if len(layer.blobs) != len(blobs):
            problems.append(f"layer {name!r} has {len(layer.blobs)} blobs, {len(blobs)} are declared")
        for blob, stored in zip(blobs, layer.blobs, strict=False):
            order = None if _alike(blob, stored) else _order(blob.shape, stored.shape)
            if order is not None:
                matched.append((blob, _turned(stored, order)))
            elif _alike(blob, stored):
                matched.append((blob, stored))
            if not _alike(blob, stored):
                problems.append(_wrong_shape(blob, stored, order))
    return matched, tuple(problems)


def _alike(blob: PlannedBlob, stored: ModelBlob) -> bool:
    """Of the same shape, or of an old file's four axes, which begin with ones."""
    return blob.shape == stored.shape or (
        stored.four_axes and (1,) * (4 - len(blob.shape)) + blob.shape == stored.shape
    )


def _renamed(
    declared: dict[str, list[PlannedBlob]], missing: list[str], extra: list[ModelLayer]
) -> dict[str, ModelLayer]:
    """Missing layers, each with the first extra one whose blobs have the same shapes."""
    left, renamed = list(extra), {}
    for name in missing:
        wanted = declared[name]
        for layer in left:
            if len(layer.blobs) == len(wanted) and all(map(_alike, wanted, layer.blobs)):
                left.remove(layer)
                renamed[name] = layer
                break
    return renamed


def _strangers(missing: list[str], extra: list[ModelLayer], renamed: dict[str, ModelLayer]) -> Iterator[str]:
    taken = {layer.name for layer in renamed.values()}
    for name in missing:
        yield f"layer {name!r} is " + (
            f"called {renamed[name].name!r}, if that is it: its blobs have the same shapes"
            if name in renamed
            else "missing"
        )
    for layer in extra:
        if layer.name not in taken:
            yield f"layer {layer.name!r} is not in the net"


def _order(declared: Shape, stored: Shape) -> tuple[int, ...] | None:
    """In which order the stored axes are the declared ones; of several the one that frameworks have."""
    last = len(stored) - 1
    if not 1 <= last < _MOST_AXES or len(declared) != len(stored):
        return None
    usual = (last, last - 1, *range(last - 1)), (0, last, *range(1, last)), tuple(range(last + 1))[::-1]
    orders = (*usual, *permutations(range(last + 1)))
    fitting = (order for order in orders if tuple(stored[axis] for axis in order) == declared)
    return next(fitting, None)


def _turned(stored: ModelBlob, order: tuple[int, ...]) -> ModelBlob:
    """The blob with its axes in that order."""
    shape = tuple(stored.shape[axis] for axis in order)
    return ModelBlob(shape, lambda: iter([np.ascontiguousarray(stored.array().transpose(order)).ravel()]))


def _wrong_shape(blob: PlannedBlob, stored: ModelBlob, order: tuple[int, ...] | None) -> str:
    turned = "" if order is None else f": transposed? read with its axes as {', '.join(map(str, order))}"
    return (
        f"layer {blob.layer!r} blob {blob.index} has shape {format_shape(stored.shape)}, "
        f"{format_shape(blob.shape)} is declared{turned}"
    )
