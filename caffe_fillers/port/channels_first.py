"""What targets with Caffe's own axes share: convolutions' numbers, and how many windows a pooling has."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from caffe_fillers.distributions import Values
from caffe_fillers.errors import UsageError
from caffe_fillers.layers.windows import Windows, windows
from caffe_fillers.port.graph import Node
from caffe_fillers.port.nodes import check_size, one_to_one, pair
from caffe_fillers.schema import PoolingParameter
from caffe_fillers.shapes import Shape, canonical_axis


@dataclass(frozen=True)
class Convolved:
    """A convolution or deconvolution: channels of all groups, number of spatial axes, and windows."""

    inputs: int
    outputs: int
    axes: int
    window: Windows


def convolved(node: Node, framework: str) -> Convolved:
    """Caffe's weights are outputs x inputs of one group x kernel, a deconvolution's inputs x outputs."""
    parameter = node.layer.convolution_param
    one_to_one(node)
    if canonical_axis(parameter.axis, node.rank) != 1:
        raise UsageError(f"its channels are on axis {parameter.axis}, {framework}'s on axis 1")
    first, second, *kernel = node.blobs[0]
    if len(kernel) not in (1, 2, 3):
        raise UsageError(f"{framework} has windows of one to three axes, not {len(kernel)}")
    window = windows(parameter, len(kernel))
    if node.layer.type == "Deconvolution":
        return Convolved(first, second * parameter.group, len(kernel), window)
    check_size(node.bottoms[0], window)
    return Convolved(second * parameter.group, first, len(kernel), window)


@dataclass(frozen=True)
class Pooled:
    """A pooling of images; `ceil` is whether it rounds up."""

    average: bool
    kernel: Shape
    stride: Shape
    pad: Shape
    ceil: bool


def pooled(node: Node, framework: str) -> Pooled:
    """Of maxima or averages; stochastic ones and masks are refused."""
    parameter = node.layer.pooling_param
    one_to_one(node)
    if parameter.pool not in (PoolingParameter.MAX, PoolingParameter.AVE):
        raise UsageError(f"{framework} has no stochastic pooling")
    kernel, stride, pad = (pair(parameter, name) for name in ("kernel", "stride", "pad"))
    ceil = parameter.round_mode == PoolingParameter.CEIL
    return Pooled(parameter.pool == PoolingParameter.AVE, kernel, stride, pad, ceil)


def pooled_axes(node: Node, pooling: Pooled) -> Iterator[tuple[int, int, int, int, int]]:
    """By axis: the image's length, Caffe's number of windows, kernel, stride and pad; none if not known."""
    bottom, top = node.bottoms[0], node.tops[0]
    if bottom is not None and top is not None:
        yield from zip(bottom[2:], top[2:], pooling.kernel, pooling.stride, pooling.pad, strict=True)


def outputs_first(node: Node, arrays: Sequence[Values]) -> list[Values]:
    """An inner product's blobs with outputs x inputs; `transpose` has Caffe keep inputs x outputs."""
    weight, *bias = arrays
    return [weight.T if node.layer.inner_product_param.transpose else weight, *bias]


def product_ends(node: Node) -> tuple[int, int]:
    """An inner product's inputs and outputs."""
    rows, columns = node.blobs[0]
    return (rows, columns) if node.layer.inner_product_param.transpose else (columns, rows)
