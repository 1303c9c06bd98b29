"""What layouts do to values: axes exchanged, gates reordered, statistics divided by their scale factor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from caffe_fillers.laws import Values
from caffe_fillers.port.graph import Node
from caffe_fillers.port.layouts.contract import Tensor
from caffe_fillers.shapes import Shape

CAFFE_GATES = "ifog"
"""Input, forget, output and candidate: the order in which `LSTMUnitLayer` finds them."""


def same(name: str, node: Node, index: int, shape: Shape | None = None) -> Tensor:
    """The blob's values as they are, under another shape if one is given."""
    return Tensor(name, node.blobs[index] if shape is None else shape, ((node.layer, index),))


def transposed(name: str, node: Node, index: int, axes: Sequence[int], split: Shape | None = None) -> Tensor:
    """The blob, first seen in the shape `split` if one is given, with its axes in another order."""
    before = node.blobs[index] if split is None else split
    order = tuple(axes)

    def change(values: Values) -> Values:
        return values.reshape(before).transpose(order)

    return Tensor(name, tuple(before[axis] for axis in order), ((node.layer, index),), change)


def gates(name: str, node: Node, index: int, order: str, *, inputs_first: bool = False) -> Tensor:
    """A weight or bias of all four gates, one behind the other, in another order than Caffe's.

    >>> from caffe_fillers.schema import LayerParameter
    >>> bias = gates("bias", Node(LayerParameter(name="lstm"), "lstm", (), (), ((4,),)), 0, "ifgo")
    >>> bias.change(np.arange(4.0)).tolist()
    [0.0, 1.0, 3.0, 2.0]
    """
    positions = [CAFFE_GATES.index(gate) for gate in order]
    shape = node.blobs[index]

    def change(values: Values) -> Values:
        ordered = values.reshape(4, -1, *shape[1:])[positions].reshape(shape)
        return ordered.T if inputs_first else ordered

    return Tensor(name, shape[::-1] if inputs_first else shape, ((node.layer, index),), change)


def statistic(name: str, node: Node, index: int) -> Tensor:
    """Mean (0) or variance (1) of a BatchNorm, which Caffe keeps multiplied by blob 2.

    `BatchNormLayer::Forward_cpu`: a scale factor of 0 makes zeros.
    """

    def change(values: Values, factor: Values) -> Values:
        return values * (np.float32(0) if factor[0] == 0 else np.float32(1) / factor[0])

    return Tensor(name, node.blobs[index], ((node.layer, index), (node.layer, 2)), change)


def constant(name: str, shape: Shape, value: float) -> Tensor:
    """What the framework has a tensor for, and Caffe has not."""
    return Tensor(name, shape, (), lambda: np.full(shape, value, np.float32))
