"""Pooling: order statistics and means of what is independent given what positions share."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from caffe_fillers.layers.pooling import pooling_windows
from caffe_fillers.layers.windows import Windows
from caffe_fillers.schema import PoolingParameter
from caffe_fillers.shapes import UNKNOWN, Shape, is_known
from caffe_fillers.signal.contract import Flow, Gradients, Node, Signals, signal_rule
from caffe_fillers.signal.distribution import Part, Reals, maximum, normal
from caffe_fillers.signal.parts import Gradient, Power
from caffe_fillers.signal.windows import Connections, connections, followed


@signal_rule("Pooling", transparent=True)
def pooling(node: Node, bottoms: Signals) -> Flow | None:
    """Max leaves padding out, average counts it as zeros."""
    parameter, shape, top = node.parameter.pooling_param, node.bottoms[0], node.tops[0]
    if shape is None or top is None or (parameter.global_pooling and not is_known(shape)):
        return None
    pool: Any = {PoolingParameter.MAX: _maximum, PoolingParameter.AVE: _average}.get(parameter.pool)
    if pool is None:
        return None
    made: Flow = pool(pooling_windows(parameter, shape[2:]), bottoms, shape[2:], top[2:])
    return replace(made, tops=(*made.tops, None)[: len(node.tops)])


def _maximum(windows: Windows, bottoms: Signals, image: Shape, outputs: Shape) -> Flow:
    """The greatest of as many values as a window has; its gradient goes to that one."""
    seen = connections(windows, image, outputs)
    counts = np.maximum(seen.forward(np.ones(bottoms[0][0].scale.shape)), 1)
    top = tuple(_greatest(part, seen, counts) for part in bottoms[0])

    def pull(gradients: tuple[Gradient, ...]) -> Gradients:
        return (tuple(Power(each.channels, seen.backward(each.power / counts)) for each in gradients[0]),)

    return Flow((top,), pull)


def _greatest(part: Part, seen: Connections, counts: Reals) -> Part:
    level = part.level or 1.0
    scale = np.sqrt(seen.forward((part.scale / level) ** 2) / counts)
    values, weights = maximum(part, float(counts.mean()))
    return replace(part, values=level * values, weights=weights, scale=scale, origin=object())


def _average(windows: Windows, bottoms: Signals, image: Shape, outputs: Shape) -> Flow:
    """Means over windows; what positions share stays, what is their own shrinks with the number of values."""
    seen = connections(windows, image, outputs)
    sizes = _sizes(windows, image, outputs)
    top = tuple(_mean(part, seen, sizes) for part in bottoms[0])

    def pull(gradients: tuple[Gradient, ...]) -> Gradients:
        return (tuple(Power(each.channels, seen.backward(each.power / sizes**2)) for each in gradients[0]),)

    return Flow((top,), pull)


def _mean(part: Part, seen: Connections, sizes: Reals) -> Part:
    """A normal, unless the windows have one value only."""
    if np.all(sizes == 1):
        return replace(part, scale=seen.forward(part.scale))
    common = seen.forward(part.scale) / sizes
    own = seen.forward(part.scale**2) / sizes**2 * (part.grid_second - part.grid_shared)
    return normal(part.channels, common * part.grid_mean, common**2 * part.spread, own, alike=part.alike)


def _sizes(windows: Windows, image: Shape, outputs: Shape) -> Reals:
    """Return what Caffe divides by: the window as far as it lies in the image and its padding."""
    sizes = np.ones(())
    for axis, (length, number) in enumerate(zip(followed(image), followed(outputs), strict=True)):
        kernel, pad = windows.kernel[axis], windows.pad[axis]
        if length is UNKNOWN or number is UNKNOWN:
            along = np.array([float(kernel)])
        else:
            begins = np.arange(number) * windows.stride[axis] - pad
            along = (np.minimum(begins + kernel, length + pad) - begins).astype(float)
        sizes = np.multiply.outer(sizes, along)
    return sizes
