"""Infer shapes that a net does not tell from the weights that it is to hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from caffe_fillers.errors import NetError
from caffe_fillers.shapes import UNKNOWN

if TYPE_CHECKING:
    from caffe_fillers.model import Model
    from caffe_fillers.planner import PlannedNet
    from caffe_fillers.shapes import Shape

_MAX_SIZE, _IMAGE_AXES = 4096, 4


def shapes_from_weights(
    net: PlannedNet, model: Model, origins: Mapping[str, Shape | None] | None = None
) -> Mapping[str, Shape]:
    """Return shapes of data whose channels were assumed, with the channels that the weights have, by blob.

    A layer that reads such data and whose first blob differs from the file's
    in the axis of the channels alone shows what they are. `origins` are
    blobs with axes that nothing tells, as in `UnknownShapeError`: the net is
    planned with any numbers for them.
    """
    stored = model.layers_of(net)
    shapes: dict[str, Shape] = {}
    for layer in net.layers:
        if layer.id not in stored or not layer.inputs or not layer.blobs:
            continue
        data, declared, found = layer.inputs[0], layer.blobs[0].shape, stored[layer.id].blobs[0].shape
        is_open = data.name in (origins or {})
        if data.shape is None or len(declared) < 3 or not (is_open or data.assumed):
            continue
        if _agree_but_for_channels(declared, found) and (is_open or declared != found):
            channels = found[1] * (data.shape[1] // declared[1])
            known = data.shape if not is_open else (origins or {})[data.name] or (UNKNOWN,) * len(data.shape)
            shapes.setdefault(data.name, (known[0], channels, *known[2:]))
    return shapes


def sizes_from_weights(
    plan: Callable[[Mapping[str, Shape]], PlannedNet], model: Model, shapes: Mapping[str, Shape]
) -> Mapping[str, Shape]:
    """Return the same shapes of images, with the least square size that all weights fit; none if none fits.

    `plan` plans the net with shapes. A larger image never needs fewer weights, so the size is found by
    bisection.
    """
    fitting: Mapping[str, Shape] = {}
    low, high = 1, _MAX_SIZE if all(len(shape) == _IMAGE_AXES for shape in shapes.values()) else 0
    while low <= high:
        size = (low + high) // 2
        trial = {name: (*shape[:2], size, size) for name, shape in shapes.items()}
        try:
            too_many = _surplus(plan(trial), model)
        except NetError:  # too small for its layers
            too_many = -1
        if too_many == 0:
            fitting = trial
        low, high = (low, size - 1) if too_many >= 0 else (size + 1, high)
    return fitting


def _surplus(net: PlannedNet, model: Model) -> int:
    """Return how many more values the net has than the model, in the first weights that differ."""
    stored = model.layers_of(net)
    pairs = (
        (layer.blobs[0].count, stored[layer.id].blobs[0].count) for layer in net.layers if layer.id in stored
    )
    return next((declared - found for declared, found in pairs if declared != found), 0)


def _agree_but_for_channels(declared: Shape, found: Shape) -> bool:
    """Return whether two shapes of weights are the same, axis 1 left out.

    >>> _agree_but_for_channels((4, 3, 3, 3), (4, 1, 3, 3)), _agree_but_for_channels((4, 3, 3), (8, 1, 3))
    (True, False)
    """
    return (declared[0], *declared[2:]) == (found[0], *found[2:])
