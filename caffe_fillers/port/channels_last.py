"""What targets with channels last share: where Caffe's axes are, and how its blobs lie.

A blob of four axes has its channels last there; any other has its axes as in Caffe. Between the two a
flattened image changes its order, so a product with one has the rows of its weight changed as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from caffe_fillers.distributions import Values
from caffe_fillers.errors import UsageError
from caffe_fillers.port.contract import LayOut
from caffe_fillers.port.graph import Node
from caffe_fillers.port.nodes import counted, exchanged, known, pair, spread, without_ones
from caffe_fillers.shapes import Shape, canonical_axis

IMAGE = (0, 2, 3, 1)
"""num, height, width, channels, as Caffe numbers these axes."""

AFFINE_LIMITS = "no factor from a bottom with a bias of its own; no second bottom of three axes for an image"


def arranged(shape: Shape) -> Shape:
    """A shape with its channels last, if it is an image's.

    >>> arranged((2, 3, 28, 30)), arranged((5, 2, 3))
    ((2, 28, 30, 3), (5, 2, 3))
    """
    return tuple(shape[axis] for axis in IMAGE) if len(shape) == 4 else shape


def axis_of(node: Node, axis: int) -> int:
    """Where an axis of the first bottom is."""
    own = canonical_axis(axis, node.rank)
    return IMAGE.index(own) if node.rank == 4 else own


def is_depthwise(node: Node) -> bool:
    """Whether each input channel has outputs of its own."""
    return node.layer.convolution_param.group > 1 and node.blobs[0][1] == 1


def kernel(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """Outputs x inputs x height x width, or a deconvolution's inputs x outputs, turned round.

    Depthwise: height x width x inputs x multiplier.
    """
    weight, *bias = arrays
    if node.layer.type == "Convolution" and is_depthwise(node):
        group = node.layer.convolution_param.group
        weight = weight.reshape(group, -1, *weight.shape[2:]).transpose(2, 3, 0, 1)
    else:
        weight = weight.transpose(2, 3, 1, 0)
    return _with_bias(weight, bias)


def dense(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """Inputs x outputs, the inputs in the order in which an image's values are found."""
    weight, *bias = arrays
    if not node.layer.inner_product_param.transpose:
        weight = weight.T
    shape = node.bottoms[0]
    if shape is not None and len(shape) == 4:
        image = (*known(shape)[1:], weight.shape[1])
        weight = weight.reshape(image).transpose(1, 2, 0, 3).reshape(weight.shape)
    return _with_bias(weight, bias)


def recurrent(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """Inputs x gates; Caffe has the gates i, f, o, g, Keras and TensorFlow i, f, g, o."""
    weight, bias, hidden = map(exchanged, arrays)
    return {"kernel": weight.reshape(len(weight), -1).T, "recurrent_kernel": hidden.T, "bias": bias}


def statistics(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """Mean and variance without their scale factor; a factor of 0 makes them 0, as in Caffe."""
    mean, variance = counted(*arrays[:3])
    named = dict(zip(("gamma", "beta"), arrays[3:], strict=False))
    return {**named, "moving_mean": mean, "moving_variance": variance}


def affine(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """Factor and bias of a Scale or Bias, in a shape that meets the bottom's axes from the last on."""
    names = ("gamma", "beta") if node.layer.type == "Scale" else ("beta",)
    return {name: _spread(node, array) for name, array in zip(names, arrays, strict=False)}


def spread_shape(node: Node) -> Shape:
    """The shape of `affine`'s arrays."""
    return _spread(node, np.empty(node.blobs[0], np.bool_)).shape


def slopes(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """A PReLU's slopes, with an axis of length 1 for each that they are shared along."""
    if node.rank == 4:
        return {"alpha": arrays[0].reshape(1, 1, -1)}
    return {"alpha": arrays[0].reshape(-1, *[1] * (node.rank - 2))}


def named(*names: str) -> LayOut:
    """A layer's blobs as they are, under these names."""

    def lay_out(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
        return dict(zip(names, arrays, strict=False))

    return lay_out


def pooled_edges(node: Node) -> tuple[Shape, Shape]:
    """Padding before the image, and what Caffe's last windows take behind it, along height and width.

    What lies more than the padding behind it does not count for an average.
    """
    parameter = node.layer.pooling_param
    length, outputs = known(node.bottoms[0])[2:], known(node.tops[0])[2:]
    sizes, strides, pads = (pair(parameter, name) for name in ("kernel", "stride", "pad"))
    axes = zip(length, outputs, sizes, strides, pads, strict=True)
    ends = tuple(
        max((number - 1) * stride + size - pad - each, 0) for each, number, size, stride, pad in axes
    )
    starts = zip(length, outputs, strides, pads, strict=True)
    if any((number - 1) * stride >= each + pad for each, number, stride, pad in starts):
        raise UsageError("its last window lies outside of the image")
    return pads, ends


def operand(node: Node) -> str:
    """The second bottom with axes of length 1 where the first one's are not its own."""
    parameter = node.layer.scale_param if node.layer.type == "Scale" else node.layer.bias_param
    start, shape = canonical_axis(parameter.axis, node.rank), node.bottoms[1]
    if shape is None or (len(shape) == 3 and node.rank == 4):
        raise UsageError("a second bottom of three axes is not carried over")
    own = range(start, start + len(shape))
    axes = IMAGE if node.rank == 4 else range(node.rank)
    if len(shape) in (0, node.rank):
        return "{1}"
    if len(shape) == 2 and node.rank == 4 and start == 2:
        return "{1}[None, :, :, None]"
    return f"{{1}}[{', '.join(':' if axis in own else 'None' for axis in axes)}]"


def _spread(node: Node, array: Values) -> Values:
    whole = spread(node, array)
    return without_ones(whole.transpose(IMAGE) if node.rank == 4 else whole)


def _with_bias(weight: Values, bias: list[Values]) -> Mapping[str, Values]:
    return {"kernel": weight, "bias": bias[0]} if bias else {"kernel": weight}
