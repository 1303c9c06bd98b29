"""Which positions a window sees, as a matrix per axis: sums over windows, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from caffe_fillers.layers.windows import Windows
from caffe_fillers.shapes import UNKNOWN, Shape
from caffe_fillers.signal.distribution import Reals


@dataclass(frozen=True, eq=False)
class Connections:
    """Sums over what is connected: `forward` maps inputs to outputs, `backward` outputs to inputs.

    A matrix (outputs, inputs) and one (inputs, outputs) per axis; padding is
    not connected, so that sums are smaller at the border.
    """

    forward_axes: tuple[Reals, ...]
    backward_axes: tuple[Reals, ...]

    def forward(self, values: Reals) -> Reals:
        """Sum of what each output is connected to."""
        return along_axes(values, self.forward_axes)

    def backward(self, values: Reals) -> Reals:
        """Sum of what each input is connected to."""
        return along_axes(values, self.backward_axes)

    def reversed(self) -> Connections:
        """Of the layer that does it the other way round: a deconvolution for a convolution."""
        return Connections(self.backward_axes, self.forward_axes)


def along_axes(values: Reals, matrices: Sequence[Reals]) -> Reals:
    """Multiply each axis of a map by its matrix."""
    for axis, matrix in enumerate(matrices):
        values = np.moveaxis(np.tensordot(matrix, values, (1, axis)), 0, axis)
    return values


def connections(
    windows: Windows, inputs: Shape, outputs: Shape, taps: Sequence[Reals] | None = None
) -> Connections:
    """Those of windows over an image of `inputs`, as many as `outputs`, along each axis.

    `taps` are weights along each axis of the kernel, 1 by default. An axis of
    unknown length has no border.
    """
    forward, backward = [], []
    for axis, (length, number) in enumerate(zip(inputs, outputs, strict=True)):
        weights = np.ones(windows.kernel[axis]) if taps is None else taps[axis]
        stride = windows.stride[axis]
        if length is UNKNOWN or number is UNKNOWN:
            forward.append(np.full((1, 1), weights.sum()))
            backward.append(np.full((1, 1), weights.sum() / stride))
            continue
        matrix = np.zeros((number, length))
        begins = np.arange(number) * stride - windows.pad[axis]
        for tap, weight in enumerate(weights):
            positions = begins + tap * windows.dilation[axis]
            inside = (positions >= 0) & (positions < length)
            matrix[np.flatnonzero(inside), positions[inside]] += weight
        forward.append(matrix)
        backward.append(matrix.T)
    return Connections(tuple(forward), tuple(backward))
