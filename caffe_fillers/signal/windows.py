"""Sums over windows along one axis after another, and back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from caffe_fillers.layers.windows import Windows
from caffe_fillers.shapes import UNKNOWN, Shape
from caffe_fillers.signal.distribution import Reals

MAX_POSITIONS = 1 << 18
"""Positions of an image that are followed one by one, 512 x 512; of a larger one the border hardly counts."""


def followed(image: Shape) -> Shape:
    """The axes of an image, all unknown if it has more than `MAX_POSITIONS` positions.

    >>> followed((5, 7)), followed((10_000, 10_000))
    ((5, 7), (?, ?))
    """
    known = [length for length in image if length is not UNKNOWN]
    return image if math.prod(known) <= MAX_POSITIONS else (UNKNOWN,) * len(image)


@dataclass(frozen=True)
class Axis:
    """The windows along one axis, from `inputs` positions to `outputs`; None where they are unknown.

    Each tap of the kernel has its weight. Along an unknown axis, whose map has
    length 1, there is no border, and an input is in kernel/stride windows.
    """

    inputs: int | None
    outputs: int | None
    stride: int
    pad: int
    dilation: int
    taps: tuple[float, ...]

    def gather(self, values: Reals, axis: int) -> Reals:
        """The weighted sum of what each window sees."""
        return self._sum(values, axis, self.outputs, 1, scatter=False)

    def scatter(self, values: Reals, axis: int) -> Reals:
        """The weighted sum of the windows that see each position."""
        return self._sum(values, axis, self.inputs, self.stride, scatter=True)

    def _sum(self, values: Reals, axis: int, length: int | None, share: int, *, scatter: bool) -> Reals:
        if self.inputs is None or self.outputs is None or length is None:
            level = values.mean(axis=axis, keepdims=True) * (sum(self.taps) / share)
            return level if length is None else np.repeat(level, length, axis)
        source = np.moveaxis(values, axis, 0)
        total = np.zeros((length, *source.shape[1:]))
        for tap, weight in enumerate(self.taps):
            windows, positions = self._seen(tap * self.dilation - self.pad, self.inputs, self.outputs)
            if weight and scatter:
                total[positions] += weight * source[windows]
            elif weight:
                total[windows] += weight * source[positions]
        return np.moveaxis(total, 0, axis)

    def _seen(self, offset: int, inputs: int, outputs: int) -> tuple[slice, slice]:
        """The windows whose tap at `offset` lies in the image, and where it lies."""
        first = max(-(offset // self.stride), 0)
        stop = min((inputs - 1 - offset) // self.stride + 1, outputs)
        stop = max(stop, first)
        begin = first * self.stride + offset
        return slice(first, stop), slice(begin, begin + (stop - first) * self.stride, self.stride)


@dataclass(frozen=True)
class Connections:
    """Sums over what is connected: `forward` maps inputs to outputs, `backward` outputs to inputs.

    Padding is not connected, so that sums are smaller at the border. A
    `transposed` one is that of a deconvolution.
    """

    axes: tuple[Axis, ...]
    transposed: bool = False

    def forward(self, values: Reals) -> Reals:
        """Sum of what each output is connected to."""
        return self._along(values, gather=not self.transposed)

    def backward(self, values: Reals) -> Reals:
        """Sum of what each input is connected to."""
        return self._along(values, gather=self.transposed)

    def reversed(self) -> Connections:
        """Return the windows of the reverse layer: a deconvolution for a convolution."""
        return replace(self, transposed=not self.transposed)

    def _along(self, values: Reals, *, gather: bool) -> Reals:
        def step(total: Reals, numbered: tuple[int, Axis]) -> Reals:
            number, axis = numbered
            return axis.gather(total, number) if gather else axis.scatter(total, number)

        return reduce(step, enumerate(self.axes), values)


def connections(
    windows: Windows, inputs: Shape, outputs: Shape, taps: Sequence[Reals] | None = None
) -> Connections:
    """Those of windows over an image of `inputs`, as many as `outputs`, along each axis.

    `taps` are weights along each axis of the kernel, 1 by default.

    >>> three = connections(Windows((3,), (1,), (1,), (1,)), (4,), (4,))
    >>> three.forward(np.ones(4))
    array([2., 3., 3., 2.])
    """
    geometry = zip(windows.kernel, windows.stride, windows.pad, windows.dilation, strict=True)
    return Connections(
        tuple(
            Axis(
                None if length is UNKNOWN else length,
                None if number is UNKNOWN else number,
                *(stride, pad, dilation),
                (1.0,) * kernel if taps is None else tuple(map(float, taps[axis])),
            )
            for axis, (length, number, (kernel, stride, pad, dilation)) in enumerate(
                zip(followed(inputs), followed(outputs), geometry, strict=True)
            )
        )
    )


ONE = Connections((Axis(1, 1, 1, 0, 1, (1.0,)),))
"""One position connected to one: an inner product, whose inputs are all channels."""
