"""What any target asks of a node, and what it does with Caffe's blobs, wherever its channels are."""

from __future__ import annotations

import numpy as np

from caffe_fillers.distributions import Values
from caffe_fillers.errors import UsageError
from caffe_fillers.layers.windows import Windows
from caffe_fillers.port.graph import Node
from caffe_fillers.schema import PoolingParameter, ReductionParameter
from caffe_fillers.shapes import Shape, canonical_axis, is_known


def known(shape: Shape | None) -> Shape:
    """A shape behind its first axis, all of which code must state."""
    if shape is None or not is_known(shape[1:]):
        raise UsageError("the shape of its bottom must be known; give it with --shape")
    return shape


def one_to_one(node: Node) -> None:
    """Refuse more than one bottom or top."""
    if (len(node.inputs), len(node.outputs)) != (1, 1):
        raise UsageError("only one bottom and one top are carried over")


def check_size(shape: Shape | None, window: Windows) -> None:
    """Refuse windows larger than the padded image, where Caffe may count one all the same."""
    if shape is None:
        return
    axes = zip(shape[2:], window.kernel, window.dilation, window.pad, strict=True)
    if any(length >= 0 and length + 2 * pad <= d * (k - 1) for length, k, d, pad in axes):
        raise UsageError("its windows are larger than the padded image")


def pair(parameter: PoolingParameter, name: str) -> Shape:
    """Kernel, stride or pad along height and width."""
    square = "kernel_size" if name == "kernel" else name
    if parameter.HasField(f"{name}_h") and not (name == "kernel" and parameter.HasField(square)):
        return getattr(parameter, f"{name}_h"), getattr(parameter, f"{name}_w")
    return (getattr(parameter, square),) * 2


def joined_axis(node: Node) -> int:
    """The axis of a Concat or a Slice, by its name of either age."""
    concat, cut = node.layer.concat_param, node.layer.slice_param
    if node.layer.type == "Concat":
        axis = concat.concat_dim if concat.HasField("concat_dim") else concat.axis
    else:
        axis = cut.slice_dim if cut.HasField("slice_dim") else cut.axis
    return canonical_axis(axis, node.rank)


def spread(node: Node, array: Values) -> Values:
    """A Scale's or Bias's blob with axes of length 1 where the bottom's axes are not its own."""
    parameter = node.layer.scale_param if node.layer.type == "Scale" else node.layer.bias_param
    start = canonical_axis(parameter.axis, node.rank)
    return array.reshape(*[1] * start, *array.shape, *[1] * (node.rank - start - array.ndim))


def without_ones(array: Values) -> Values:
    """Axes of length 1 in front left out, but for a last one: broadcasting brings them back."""
    ones = next((axis for axis, length in enumerate(array.shape) if length != 1), array.ndim - 1)
    short: Values = array.reshape(array.shape[ones:])
    return short


def counted(mean: Values, variance: Values, weight: Values) -> tuple[Values, Values]:
    """Statistics: Caffe keeps sums, and how much they are sums of; before any step that is 0."""
    factor = np.float32(0) if weight.ravel()[0] == 0 else np.float32(1) / weight.ravel()[0]
    return mean * factor, variance * factor


def exchanged(array: Values) -> Values:
    """A recurrent layer's blob with its gates in the order i, f, g, o; Caffe has i, f, o, g."""
    i, f, o, g = np.split(array, 4)
    return np.concatenate((i, f, g, o))


def plain_lstm(node: Node) -> None:
    """Refuse an LSTM with a static input, or with its states outside."""
    exposed = node.layer.recurrent_param.expose_hidden
    if len(node.inputs) != 2 or len(node.outputs) != 1 or exposed:
        raise UsageError("a static input and exposed states are not carried over")


def operands(node: Node) -> bool:
    """Whether a Scale or Bias takes its factor or bias from a second bottom; one that cannot is refused."""
    if len(node.inputs) == 2 and node.layer.type == "Scale" and node.layer.scale_param.bias_term:
        raise UsageError("a factor from a bottom with a bias of its own is not carried over")
    return len(node.inputs) == 2


REDUCED = {
    ReductionParameter.SUM: ("sum", ""),
    ReductionParameter.ASUM: ("sum", "abs"),
    ReductionParameter.SUMSQ: ("sum", "square"),
    ReductionParameter.MEAN: ("mean", ""),
}
"""What a Reduction does, and to which function of its bottom."""
