"""Map Caffe's axes and blobs to frameworks that keep channels last.

A blob of four axes has its channels last there; any other has its axes as in Caffe. Between the two a
flattened image changes its order, so a product with one has the rows of its weight changed as well.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from caffe_fillers.distributions import Values
from caffe_fillers.errors import UsageError
from caffe_fillers.port import ops
from caffe_fillers.port.initializers import parameter_name
from caffe_fillers.port.ops import LSTM, Affine, Conv, Dense, PReLU, Tensor
from caffe_fillers.port.values import Arrays, Op, Value
from caffe_fillers.shapes import Shape

IMAGE = (0, 2, 3, 1)
"""num, height, width, channels, as Caffe numbers these axes."""


def arranged(shape: Shape) -> Shape:
    """Move the channels of a shape last, if it is an image's.

    >>> arranged((2, 3, 28, 30)), arranged((5, 2, 3))
    ((2, 28, 30, 3), (5, 2, 3))
    """
    return tuple(shape[axis] for axis in IMAGE) if len(shape) == 4 else shape


def axis_of(value: Value, axis: int) -> int:
    """Return the number that an axis of a value has with channels last."""
    return IMAGE.index(axis) if value.rank == 4 else axis


def lay_out(value: Value, parameters: Arrays, *, depthwise: bool = True) -> dict[str, Values]:
    """Arrange the parameters of an operation as frameworks with channels last keep them.

    `depthwise` is whether a kernel with one input channel a group is height x width x inputs x multiplier.
    """
    op, x = value.op, value.inputs[0] if value.inputs else value
    arrange = _ARRANGED.get(type(op), _unchanged)
    if isinstance(op, Conv) and op.depthwise and depthwise:
        arrange = _depthwise
    return {
        parameter_name("keras", op, role): arrange(op, x, role, parameters[role])
        for role in sorted(parameters, key=_ORDER.index)
    }


_ORDER = ("weight", "bias", "recurrent_weight", "mean", "variance")


def _unchanged(op: Op, x: Value, role: str, array: Values) -> Values:
    return array


def check_image(op: Conv) -> None:
    """Refuse a window that has other than two spatial axes."""
    if len(op.kernel) != 2:
        raise UsageError("only images, with their channels on axis 1, are ported")


def check_dense(op: Dense, value: Value) -> bool:
    """Return whether a product flattens all axes but the first; if not, it goes along the last axis."""
    rank = value.rank
    if op.flatten is None and rank != 4:
        return False
    axis = rank - 1 if op.flatten is None else op.flatten
    if axis != 1:
        raise UsageError(f"a product over the axes from {axis} on is not ported")
    if rank == 4:
        value.known  # noqa: B018  (an image's rows are in another order, for which its size must be known)
    return True


def _kernel(op: Op, x: Value, role: str, array: Values) -> Values:
    """Reverse the order of a kernel's axes; in a deconvolution inputs stand before outputs."""
    assert isinstance(op, Conv)
    check_image(op)
    made: Values = array.transpose(2, 3, 1, 0) if role == "weight" else array
    return made


def _depthwise(op: Op, x: Value, role: str, array: Values) -> Values:
    if role != "weight" or not isinstance(op, Conv):
        return array
    made: Values = array.reshape(op.groups, -1, *array.shape[2:]).transpose(2, 3, 0, 1)
    return made


def _dense(op: Op, x: Value, role: str, array: Values) -> Values:
    """Return a dense weight as inputs x outputs, with the inputs in the order of an image's values."""
    assert isinstance(op, Dense)
    check_dense(op, x)
    if role != "weight":
        return array
    weight: Values = array if op.transpose else array.T
    if x.shape is None or len(x.shape) != 4:
        return weight
    image = (*x.known[1:], weight.shape[1])
    rows: Values = weight.reshape(image).transpose(1, 2, 0, 3).reshape(weight.shape)
    return rows


def exchanged(array: Values) -> Values:
    """Reorder the gates of a recurrent layer's blob from Caffe's i, f, o, g to i, f, g, o."""
    i, f, o, g = np.split(array, 4)
    return np.concatenate((i, f, g, o))


def _recurrent(op: Op, x: Value, role: str, array: Values) -> Values:
    """Return a recurrent weight as inputs x gates."""
    gates: Values = exchanged(array)
    return gates if role == "bias" else gates.reshape(len(gates), -1).T


def _spread(op: Op, x: Value, role: str, array: Values) -> Values:
    """Reshape to meet the bottom's axes from the last on; leading axes of length 1 are left out."""
    assert isinstance(op, Affine)
    whole = array.reshape(*[1] * op.axis, *array.shape, *[1] * (x.rank - op.axis - array.ndim))
    whole = whole.transpose(IMAGE) if x.rank == 4 else whole
    ones = next((axis for axis, length in enumerate(whole.shape) if length != 1), whole.ndim - 1)
    short: Values = whole.reshape(whole.shape[ones:])
    return short


def _slopes(op: Op, x: Value, role: str, array: Values) -> Values:
    """Return slopes with an axis of length 1 for each axis that shares them."""
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


def pooled_edges(op: ops.Pool, value: Value) -> tuple[Shape, Shape]:
    """Return how far windows see beyond the image's end, and beyond the padding, which no average counts."""
    length, outputs = value.inputs[0].known[2:], value.known[2:]
    axes = list(zip(length, outputs, op.kernel, op.stride, op.pad, strict=True))
    if any((number - 1) * step >= each + edge for each, number, _, step, edge in axes):
        raise UsageError("its last window lies outside of the image")
    after = [max((number - 1) * step + size - edge - each, 0) for each, number, size, step, edge in axes]
    return tuple(after), tuple(max(end - pad, 0) for end, pad in zip(after, op.pad, strict=True))


def check_windows(op: ops.Pool, value: Value) -> None:
    """Refuse padding above half a kernel, or a last window that only Caffe keeps: torch has neither."""
    if any(2 * pad > kernel for pad, kernel in zip(op.pad, op.kernel, strict=True)):
        raise UsageError(f"it pads by {op.pad}, torch by half of the kernel {op.kernel} at most")
    if value.shape is None or value.inputs[0].shape is None:
        return
    lengths = value.inputs[0].shape[2:], value.shape[2:], op.kernel, op.stride, op.pad
    for length, outputs, kernel, stride, pad in zip(*lengths, strict=True):
        given = (length + 2 * pad - kernel + (stride - 1 if op.ceil else 0)) // stride + 1
        if op.ceil and (given - 1) * stride >= length + pad:
            given -= 1
        if length >= 0 and given != outputs:
            raise UsageError(f"Caffe gives {outputs} windows along an axis of {length}, torch {given}")
