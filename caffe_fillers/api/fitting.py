"""Shapes that a net does not tell, from the weights that it is to hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from caffe_fillers.model import Model
    from caffe_fillers.planner import PlannedNet
    from caffe_fillers.shapes import Shape


def shapes_from_weights(net: PlannedNet, model: Model) -> Mapping[str, Shape]:
    """Shapes of data whose channels were assumed, with the channels that the weights have, by blob.

    A layer that reads such data and whose first blob differs from the file's
    in the axis of the channels alone shows what they are.
    """
    stored = model.layers_of(net)
    shapes: dict[str, Shape] = {}
    for layer in net.layers:
        if layer.id not in stored or not layer.inputs or not layer.inputs[0].assumed:
            continue
        data, declared, found = layer.inputs[0], layer.blobs[0].shape, stored[layer.id].blobs[0].shape
        if data.shape is None or len(declared) < 3 or not _differ_in_channels(declared, found):
            continue
        channels = found[1] * (data.shape[1] // declared[1])
        shapes.setdefault(data.name, (data.shape[0], channels, *data.shape[2:]))
    return shapes


def _differ_in_channels(declared: Shape, found: Shape) -> bool:
    """Whether two shapes of weights are the same but for axis 1.

    >>> _differ_in_channels((4, 3, 3, 3), (4, 1, 3, 3)), _differ_in_channels((4, 3, 3, 3), (8, 1, 3, 3))
    (True, False)
    """
    same = (declared[0], *declared[2:]) == (found[0], *found[2:])
    return len(declared) == len(found) and same and declared[1] != found[1]
