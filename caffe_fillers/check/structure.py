"""Layers and shapes of a model against those that its net declares."""

from __future__ import annotations

from collections.abc import Iterator

from caffe_fillers.model import Model, ModelBlob
from caffe_fillers.plan import Plan, PlannedBlob
from caffe_fillers.shapes import format_shape

Matched = list[tuple[PlannedBlob, ModelBlob]]


def match(plan: Plan, model: Model) -> tuple[Matched, tuple[str, ...]]:
    """The blobs that both have in the same shape, and what else there is to say."""
    declared: dict[str, list[PlannedBlob]] = {}
    for blob in plan.blobs:
        declared.setdefault(blob.layer, []).append(blob)
    found = {layer.name: layer for layer in model.layers if layer.blobs}
    missing = [name for name in declared if name not in found]
    extra = [name for name in found if name not in declared]
    matched: Matched = []
    problems = list(_renamed(declared, missing, extra, model))
    for name, blobs in declared.items():
        if name not in found:
            continue
        if len(found[name].blobs) != len(blobs):
            problems.append(f"layer {name!r} has {len(found[name].blobs)} blobs, {len(blobs)} are declared")
        for blob, stored in zip(blobs, found[name].blobs, strict=False):
            if blob.shape == stored.shape or _as_old(blob, stored):
                matched.append((blob, stored))
            else:
                problems.append(_wrong_shape(blob, stored))
    return matched, tuple(problems)


def _as_old(blob: PlannedBlob, stored: ModelBlob) -> bool:
    """An old file's four axes, which begin with ones."""
    return stored.four_axes and (1,) * (4 - len(blob.shape)) + blob.shape == stored.shape


def _renamed(
    declared: dict[str, list[PlannedBlob]], missing: list[str], extra: list[str], model: Model
) -> Iterator[str]:
    """A missing and an extra layer with blobs of the same shapes are probably one."""
    shapes = {
        layer.name: [blob.shape for blob in layer.blobs] for layer in model.layers if layer.name in extra
    }
    for name in missing:
        wanted = [blob.shape for blob in declared[name]]
        alike = [other for other, found in shapes.items() if found == wanted]
        renamed = f"; {alike[0]!r} has blobs of the same shapes: renamed?" if alike else ""
        yield f"layer {name!r} is missing{renamed}"
    for name in extra:
        yield f"layer {name!r} is not in the net"


def _wrong_shape(blob: PlannedBlob, stored: ModelBlob) -> str:
    turned = stored.shape == blob.shape[::-1] or sorted(stored.shape) == sorted(blob.shape)
    hint = ": transposed?" if turned else ""
    return (
        f"layer {blob.layer!r} blob {blob.index} has shape {format_shape(stored.shape)}, "
        f"{format_shape(blob.shape)} is declared{hint}"
    )
