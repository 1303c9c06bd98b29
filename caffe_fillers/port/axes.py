"""Where Caffe's axes are, and how its blobs lie, in frameworks that keep channels last.

A blob of four axes has its channels last there; any other has its axes as in Caffe. Between the two a
flattened image changes its order, so a product with one has the rows of its weight changed as well.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from caffe_fillers.distributions import Values
from caffe_fillers.errors import UsageError
from caffe_fillers.port.ops import LSTM, Affine, BatchNorm, Conv, Dense, Embed, PReLU
from caffe_fillers.port.values import Arrays, Op, Value
from caffe_fillers.port.vision_ops import Tensor
from caffe_fillers.shapes import Shape

IMAGE = (0, 2, 3, 1)
"""num, height, width, channels, as Caffe numbers these axes."""

NAMES: dict[type[Op], dict[str, str]] = {
    Conv: {"weight": "kernel", "bias": "bias"},
    Dense: {"weight": "kernel", "bias": "bias"},
    Embed: {"weight": "embeddings", "bias": "bias"},
    LSTM: {"weight": "kernel", "bias": "bias", "recurrent_weight": "recurrent_kernel"},
    PReLU: {"weight": "alpha"},
    Affine: {"weight": "gamma", "bias": "beta"},
    Tensor: {"weight": "weight"},
    BatchNorm: {"weight": "gamma", "bias": "beta", "mean": "moving_mean", "variance": "moving_variance"},
}
"""What Keras, and so the functions that are printed for JAX, call a parameter by its role."""


def arranged(shape: Shape) -> Shape:
    """A shape with its channels last, if it is an image's.

    >>> arranged((2, 3, 28, 30)), arranged((5, 2, 3))
    ((2, 28, 30, 3), (5, 2, 3))
    """
    return tuple(shape[axis] for axis in IMAGE) if len(shape) == 4 else shape


def axis_of(value: Value, axis: int) -> int:
    """Where an axis of a value is."""
    return IMAGE.index(axis) if value.rank == 4 else axis


def lay_out(value: Value, parameters: Arrays, *, depthwise: bool = True) -> dict[str, Values]:
    """The parameters of an operation as they are kept with channels last.

    `depthwise` is whether a kernel with one input channel a group is height x width x inputs x multiplier.
    """
    op, x = value.op, value.inputs[0] if value.inputs else value
    arrange = _ARRANGED.get(type(op), _unchanged)
    if isinstance(op, Conv) and op.depthwise and depthwise:
        arrange = _depthwise
    named = NAMES[type(op)]
    order = sorted(parameters, key=[*named].index)
    return {named[role]: arrange(op, x, role, parameters[role]) for role in order}


def _unchanged(op: Op, x: Value, role: str, array: Values) -> Values:
    return array


def _kernel(op: Op, x: Value, role: str, array: Values) -> Values:
    """Outputs x inputs x height x width, or a deconvolution's inputs x outputs, reversed."""
    made: Values = array.transpose(2, 3, 1, 0) if role == "weight" else array
    return made


def _depthwise(op: Op, x: Value, role: str, array: Values) -> Values:
    if role != "weight" or not isinstance(op, Conv):
        return array
    made: Values = array.reshape(op.groups, -1, *array.shape[2:]).transpose(2, 3, 0, 1)
    return made


def _dense(op: Op, x: Value, role: str, array: Values) -> Values:
    """Inputs x outputs, the inputs in the order in which an image's values are found."""
    if role != "weight":
        return array
    weight: Values = array if isinstance(op, Dense) and op.transpose else array.T
    if x.shape is None or len(x.shape) != 4:
        return weight
    image = (*x.known[1:], weight.shape[1])
    rows: Values = weight.reshape(image).transpose(1, 2, 0, 3).reshape(weight.shape)
    return rows


def exchanged(array: Values) -> Values:
    """A recurrent layer's blob with its gates in the order i, f, g, o; Caffe has i, f, o, g."""
    i, f, o, g = np.split(array, 4)
    return np.concatenate((i, f, g, o))


def _recurrent(op: Op, x: Value, role: str, array: Values) -> Values:
    """Inputs x gates."""
    gates: Values = exchanged(array)
    return gates if role == "bias" else gates.reshape(len(gates), -1).T


def _spread(op: Op, x: Value, role: str, array: Values) -> Values:
    """In a shape that meets the bottom's axes from the last on; ones in front are left out."""
    assert isinstance(op, Affine)
    whole = array.reshape(*[1] * op.axis, *array.shape, *[1] * (x.rank - op.axis - array.ndim))
    whole = whole.transpose(IMAGE) if x.rank == 4 else whole
    ones = next((axis for axis, length in enumerate(whole.shape) if length != 1), whole.ndim - 1)
    short: Values = whole.reshape(whole.shape[ones:])
    return short


def _slopes(op: Op, x: Value, role: str, array: Values) -> Values:
    """An axis of length 1 for each that slopes are shared along."""
    return array.reshape(1, 1, -1) if x.rank == 4 else array.reshape(-1, *[1] * (x.rank - 2))


def _tensor(op: Op, x: Value, role: str, array: Values) -> Values:
    made: Values = array.transpose(IMAGE) if array.ndim == 4 else array
    return made


_ARRANGED: dict[type[Op], Callable[[Op, Value, str, Values], Values]] = {
    Conv: _kernel,
    Dense: _dense,
    LSTM: _recurrent,
    Affine: _spread,
    PReLU: _slopes,
    Tensor: _tensor,
}


def pooled_edges(value: Value, kernel: Shape, stride: Shape, pad: Shape) -> tuple[Shape, Shape]:
    """Padding before the image, and what Caffe's last windows take after it, along height and width.

    What lies more than the padding after it does not count for an average.
    """
    length, outputs = value.inputs[0].known[2:], value.known[2:]
    axes = list(zip(length, outputs, kernel, stride, pad, strict=True))
    if any((number - 1) * step >= each + edge for each, number, _, step, edge in axes):
        raise UsageError("its last window lies outside of the image")
    return pad, tuple(
        max((number - 1) * step + size - edge - each, 0) for each, number, size, step, edge in axes
    )
