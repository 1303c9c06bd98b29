"""Kernels, strides, pads and dilations: what convolutions say per spatial axis."""

from __future__ import annotations

from collections.abc import Sequence
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
        """How many windows fit into axes of these lengths (division as in C++, towards zero)."""
        return tuple(
            _quotient(length + 2 * pad - (dilation * (kernel - 1) + 1), stride) + 1
            for length, kernel, stride, pad, dilation in self._axes(lengths)
        )

    def inputs(self, outputs: Shape) -> Shape:
        """The lengths that a deconvolution makes of so many windows."""
        return tuple(
            stride * (length - 1) + (dilation * (kernel - 1) + 1) - 2 * pad
            for length, kernel, stride, pad, dilation in self._axes(outputs)
        )

    def _axes(self, lengths: Shape) -> Sequence[tuple[int, int, int, int, int]]:
        return list(zip(lengths, self.kernel, self.stride, self.pad, self.dilation, strict=True))


def windows(parameter: ConvolutionParameter, num_axes: int) -> Windows:
    """`BaseConvolutionLayer::LayerSetUp`: one length for all axes, one for each, or _h and _w."""
    kernel = _per_axis(parameter, "kernel_size", "kernel", num_axes, None)
    stride = _per_axis(parameter, "stride", "stride", num_axes, 1)
    if min((*kernel, *stride), default=1) < 1:
        raise NetError("kernel and stride must be at least 1 in every axis")
    return Windows(
        kernel,
        stride,
        _per_axis(parameter, "pad", "pad", num_axes, 0),
        _per_axis(parameter, "dilation", "", num_axes, 1),
    )


def _per_axis(
    parameter: ConvolutionParameter, name: str, prefix: str, num_axes: int, default: int | None
) -> Shape:
    lengths: Sequence[int] = getattr(parameter, name)
    if prefix and (parameter.HasField(f"{prefix}_h") or parameter.HasField(f"{prefix}_w")):
        if num_axes != 2:
            raise NetError(f"{prefix}_h and {prefix}_w are for two spatial axes; this bottom has {num_axes}")
        if lengths:
            raise NetError(f"give either {name} or {prefix}_h and {prefix}_w, not both")
        return getattr(parameter, f"{prefix}_h"), getattr(parameter, f"{prefix}_w")
    if not lengths and default is not None:
        return (default,) * num_axes
    if len(lengths) not in (1, num_axes):
        raise NetError(
            f"{name} is given {len(lengths)} times for {num_axes} spatial axes: "
            "give it once, or once per axis"
        )
    return tuple(lengths) if len(lengths) == num_axes else (lengths[0],) * num_axes


def _quotient(numerator: int, denominator: int) -> int:
    """Towards zero, as C++ divides; Python's // goes down."""
    return -(-numerator // denominator) if numerator < 0 else numerator // denominator
