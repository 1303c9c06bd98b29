"""Frameworks that keep channels last, as Keras and JAX: axes, parameters, and the rules that they share.

A blob of four axes has its channels last there; any other has its axes as in Caffe. Between the two a
flattened image changes its order, so a product with one has the rows of its weight changed as well.
"""

from __future__ import annotations

import numpy as np

from caffe_fillers.distributions import Values
from caffe_fillers.errors import UsageError
from caffe_fillers.port import Arrays, Op, Value, ops, vision_ops
from caffe_fillers.port.code import call
from caffe_fillers.port.initializers import parameter_name
from caffe_fillers.port.ops import LSTM, Affine, Conv, Dense, PReLU, Tensor
from caffe_fillers.port.printing import Site, aligned, helper
from caffe_fillers.port.targets import Rule
from caffe_fillers.shapes import Shape, count

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

    def moved(role: str, array: Values) -> Values:
        match op:
            case Conv():
                return _kernel(op, role, array, depthwise)
            case Dense():
                return _dense(op, x, role, array)
            case LSTM():
                gates = exchanged(array)
                return gates if role == "bias" else gates.reshape(len(gates), -1).T
            case Affine():
                return _spread(op, x, array)
            case PReLU():  # an axis of length 1 for each axis that shares a slope
                return array.reshape((1, 1, -1) if x.rank == 4 else (-1, *[1] * (x.rank - 2)))
        return array.transpose(IMAGE) if isinstance(op, Tensor) and array.ndim == 4 else array

    return {
        parameter_name("keras", op, role): moved(role, parameters[role])
        for role in sorted(parameters, key=_ORDER.index)
    }


_ORDER = ("weight", "bias", "recurrent_weight", "mean", "variance")


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


def _kernel(op: Conv, role: str, array: Values, depthwise: bool) -> Values:
    """Reverse the order of a kernel's axes; in a deconvolution inputs stand before outputs."""
    check_image(op)
    made: Values = array.transpose(2, 3, 1, 0) if role == "weight" else array
    if role == "weight" and op.depthwise and depthwise:
        made = array.reshape(op.groups, -1, *array.shape[2:]).transpose(2, 3, 0, 1)
    return made


def _dense(op: Dense, x: Value, role: str, array: Values) -> Values:
    """Return a dense weight as inputs x outputs, with the inputs in the order of an image's values."""
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


def _spread(op: Affine, x: Value, array: Values) -> Values:
    """Reshape to meet the bottom's axes from the last on; leading axes of length 1 are left out."""
    whole = array.reshape((*[1] * op.axis, *array.shape, *[1] * (x.rank - op.axis - array.ndim)))
    whole = whole.transpose(IMAGE) if x.rank == 4 else whole
    ones = next((axis for axis, length in enumerate(whole.shape) if length != 1), whole.ndim - 1)
    short: Values = whole.reshape(whole.shape[ones:])
    return short


def _concat(op: ops.Concat, at: Site, *inputs: str) -> str:
    return at.function("concatenate", f"[{', '.join(inputs)}]", f"axis={axis_of(at.x, op.axis)}")


def _split(op: ops.Split, at: Site, x: str) -> str:
    points = [sum(op.lengths[: index + 1]) for index in range(len(op.lengths) - 1)]
    parts: object = points if len(set(op.lengths)) > 1 else len(op.lengths)
    return at.function("split", x, parts, f"axis={axis_of(at.x, op.axis)}")


def _flatten(op: ops.Flatten, at: Site, x: str) -> str:
    """Flatten in Caffe's order, so that later layers find the values where Caffe has them."""
    if (op.start, op.end) == (1, at.x.rank - 1):
        return at.function("flatten", _in_caffes_order(at, x), x)
    return _reshape(op, at, x)


def _reshape(op: Op, at: Site, x: str) -> str:
    """Reshape an array that is in Caffe's order before and after."""
    bottom, top = at.x.known, at.value.known
    if not (bottom and top) or count(bottom, 1) != count(top, 1):
        raise UsageError("a new length of axis 0 is not ported, nor a blob without axes")
    bare = ", ".join(map(str, top[1:]))
    made = at.function("reshape", _in_caffes_order(at, x), top[1:], bare, x)
    return at.function("transpose", made, "2, 3, 1") if len(top) == 4 else made


def _in_caffes_order(at: Site, x: str) -> str:
    """Move the channels of an array to Caffe's axis; an image of one pixel needs no move."""
    moves = at.x.rank == 4 and at.x.shape is not None and at.x.shape[2:] != (1, 1)
    return at.function("transpose", x, "3, 1, 2") if moves else x


def _crop(op: vision_ops.Crop, at: Site, x: str, like: str) -> str:
    """Crop to the lengths of the second input, from an axis on."""
    bottom, top = at.x.known, at.value.known
    if op.axis == 0:
        raise UsageError("a crop of the items is not ported")
    offsets = [0] * op.axis + list(op.offsets)
    slices = [
        ":" if length == whole or axis == 0 else f"{offset or ''}:{offset + length}"
        for axis, (length, whole, offset) in enumerate(zip(top, bottom, offsets, strict=True))
    ]
    ordered = [slices[axis] for axis in IMAGE] if at.x.rank == 4 else slices
    return f"{x}[{', '.join(ordered)}]"


def _tile(op: vision_ops.Tile, at: Site, x: str) -> str:
    repeats = [1] * at.x.rank
    repeats[axis_of(at.x, op.axis)] = op.tiles
    return at.function("tile", x, repeats)


def _reduce(op: ops.Reduce, at: Site, x: str) -> str:
    if not op.keep and (0 in op.axes or (op.axes, at.x.rank) == ((3,), 4)):
        raise UsageError(f"a reduction of the axes from {op.axes[0]} on is not ported")
    places = tuple(sorted(axis_of(at.x, axis) for axis in op.axes))
    made = at.function(op.kind, x, f"axis={places}", *["keepdims=True"] * op.keep)
    becomes_image = not op.keep and at.x.rank - len(op.axes) == 4
    return at.function("transpose", made, "2, 3, 1") if becomes_image else made


def _align(op: ops.Align, at: Site, y: str) -> str:
    """Move an array's own axes to where they meet those of the other, then add the axes that it lacks."""
    if not at.x.rank:
        return y
    order = IMAGE if op.rank == 4 else tuple(range(op.rank))
    own = [axis - op.axis for axis in order if axis in range(op.axis, op.axis + at.x.rank)]
    y = _in_caffes_order(at, y)
    if own != sorted(own):
        y = at.function("permute", y, ", ".join(map(str, own)))
    return aligned(op, at.x, y, order)


def permute(op: vision_ops.Permute, at: Site, x: str) -> str:
    """Permute the axes, whose order before and after has channels last."""
    kept = IMAGE if at.x.rank == 4 else tuple(range(at.x.rank))
    return at.function("permute", x, ", ".join(str(axis_of(at.x, op.order[axis])) for axis in kept))


def _flip(op: vision_ops.Flip, at: Site, x: str) -> str:
    return at.function("flip", x, tuple(axis_of(at.x, axis) for axis in op.axes))


def _part(op: vision_ops.Part, at: Site, x: str) -> str:
    slices = [":"] * at.x.rank
    slices[axis_of(at.x, op.axis)] = f"{op.begin}:{op.end}"
    return f"{x}[{', '.join(slices)}]"


def _mean_variance(op: ops.MVN, at: Site, x: str) -> str:
    """A call of the printed `mean_variance`."""
    if at.x.rank != 4:
        raise UsageError("only images are ported")
    return call("mean_variance", x, (1, 2, 3) if op.across else (1, 2), **at.options("mean_variance"))


def _largest(op: vision_ops.ArgMax, at: Site, x: str) -> str:
    """The largest value along an axis, or its index, a float."""
    if op.top_k != 1:
        raise UsageError("more than the largest value is not ported")
    found = at.function(
        "max" if op.values else "argmax", x, f"axis={axis_of(at.x, op.axis)}", "keepdims=True"
    )
    return found if op.values else at.function("as_float", found)


def _repeated(op: vision_ops.Resize, at: Site, x: str) -> str:
    """An image whose rows and columns are repeated."""
    *_, height, width = at.x.image
    if op.bilinear or op.height % height or op.width % width:
        raise UsageError("a size that is no multiple, or values between, are not ported")
    rows = at.function("repeat", x, op.height // height, "axis=1")
    return at.function("repeat", rows, op.width // width, "axis=2")


RULES: dict[type[Op], Rule] = {
    ops.LRN: helper("local_response"),
    ops.MVN: _mean_variance,
    ops.Align: _align,
    ops.Concat: _concat,
    vision_ops.Crop: _crop,
    ops.Flatten: _flatten,
    ops.Reduce: _reduce,
    ops.Reshape: _reshape,
    ops.Softmax: lambda op, at, x: at.function("softmax", x, axis_word(at.x, op.axis)),
    ops.Split: _split,
    vision_ops.Tile: _tile,
    vision_ops.ArgMax: _largest,
    vision_ops.Flip: _flip,
    vision_ops.Part: _part,
    vision_ops.Permute: permute,
    vision_ops.Resize: _repeated,
    vision_ops.Take: lambda op, at, x, index: at.function("take", x, index),
}
LIMITS: dict[type[Op], str] = {
    ops.LSTM: "no static input, no exposed states",
    ops.Conv: "two spatial axes",
    vision_ops.Crop: "to a size that stands in the code; not of axis 0",
    ops.Dense: "from axis 1 on, or the last axis alone",
    ops.Embed: "bottoms of up to two axes",
    ops.MVN: "images alone",
    ops.Pool: "the image's size is fixed where windows reach over its edge",
    ops.Reduce: "not of axis 0, nor of an image's last alone",
    ops.Reshape: "the length of axis 0 stays",
    vision_ops.ArgMax: "the largest alone",
    vision_ops.Resize: "by repetition alone",
}


def axis_word(value: Value, axis: int) -> str:
    """Return the argument that names an axis; an empty text for the last."""
    own = axis_of(value, axis)
    return "" if own == value.rank - 1 else f", axis={own}"


def check_embed(value: Value) -> None:
    """Refuse an Embed that would make four axes, which are no image."""
    if value.rank > 2:
        raise UsageError("only bottoms of up to two axes are ported")


def check_lstm(op: ops.LSTM, value: Value) -> None:
    """Refuse streams of more than a vector, a static input, and states outside."""
    if op.static or op.states:
        raise UsageError("a static input and exposed states are not ported")
    if value.rank != 3:
        raise UsageError("only inputs of time steps x streams x values are ported")
