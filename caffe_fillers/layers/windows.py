"""Kernels, strides, pads and dilations: what convolutions say per spatial axis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from caffe_fillers.errors import NetError
from caffe_fillers.schema import ConvolutionParameter
from caffe_fillers.shapes import Shape


@dataclass(frozen=True)
class Windows:
    """The windows of a convolution, a length per spatial axis."""

    kernel: Shape
    stride: Shape
    pad: Shape
    dilation: Shape

    def outputs(self, lengths: Shape) -> Shape:
        """Count the windows that fit into axes of these lengths.

        Division goes towards zero as in C++, so a kernel that is longer than
        the image by less than a stride still gives one window.
        """
        if 0 in self.stride:
            raise NetError("a stride is 0; give stride_h and stride_w together")
        counts = tuple(
            _quotient(length + 2 * pad - extent, stride) + 1
            for length, extent, stride, pad in self._axes(lengths)
        )
        if any(number < 0 for number in counts):
            raise NetError(f"kernel {self.kernel} is longer than the image {lengths} with its pad {self.pad}")
        return counts

    def inputs(self, counts: Shape) -> Shape:
        """Return the lengths of a deconvolution's top for these numbers of windows."""
        lengths = tuple(
            stride * (number - 1) + extent - 2 * pad for number, extent, stride, pad in self._axes(counts)
        )
        if any(length < 0 for length in lengths):
            raise NetError(f"pad {self.pad} takes away more than the whole output of {counts} windows")
        return lengths

    def _axes(self, lengths: Shape) -> Iterable[tuple[int, int, int, int]]:
        """Return length, extent of the dilated kernel, stride and pad of each axis."""
        extents = (
            dilation * (kernel - 1) + 1 for kernel, dilation in zip(self.kernel, self.dilation, strict=True)
        )
        return zip(lengths, extents, self.stride, self.pad, strict=True)


def windows(parameter: ConvolutionParameter, num_axes: int) -> Windows:
    """`BaseConvolutionLayer::LayerSetUp`: one length for all axes, one for each, or _h and _w."""
    kernel = _per_axis(parameter, "kernel_size", "kernel", num_axes, None)
    if any(length < 1 for length in kernel):
        raise NetError(f"kernel {kernel} must be at least 1 in every axis")
    if any(int32(length) < 1 for length in parameter.stride[:num_axes]):
        raise NetError("stride must be at least 1")
    return Windows(
        kernel,
        _per_axis(parameter, "stride", "stride", num_axes, 1),
        _per_axis(parameter, "pad", "pad", num_axes, 0),
        _per_axis(parameter, "dilation", None, num_axes, 1),
    )


def int32(value: int) -> int:
    """Convert a uint32 field to an int as Caffe does: from 2**31 on it is negative.

    >>> int32(3), int32(2**32 - 1)
    (3, -1)
    """
    return value - 2**32 if value >= 2**31 else value


def _per_axis(
    parameter: ConvolutionParameter, name: str, prefix: str | None, num_axes: int, default: int | None
) -> Shape:
    lengths: Sequence[int] = getattr(parameter, name)
    if prefix and (parameter.HasField(f"{prefix}_h") or parameter.HasField(f"{prefix}_w")):
        if num_axes != 2:
            raise NetError(f"{prefix}_h and {prefix}_w are for two spatial axes; this bottom has {num_axes}")
        if lengths:
            raise NetError(f"give either {name} or {prefix}_h and {prefix}_w, not both")
        return int32(getattr(parameter, f"{prefix}_h")), int32(getattr(parameter, f"{prefix}_w"))
    if not lengths and default is not None:
        return (default,) * num_axes
    if len(lengths) not in (1, num_axes):
        raise NetError(
            f"{name} is given {len(lengths)} times for {num_axes} spatial axes: "
            "give it once, or once per axis"
        )
    each = lengths if len(lengths) == num_axes else [lengths[0]] * num_axes
    return tuple(map(int32, each))


def _quotient(numerator: int, denominator: int) -> int:
    """Divide towards zero, as C++ does; Python's // goes down."""
    return -(-numerator // denominator) if numerator < 0 else numerator // denominator
