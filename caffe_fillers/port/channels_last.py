"""Rules that Keras and JAX share: sums over axes, joins and new shapes of images with channels last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from caffe_fillers.errors import UsageError
from caffe_fillers.port import ops, vision_ops
from caffe_fillers.port.axes import IMAGE, axis_of
from caffe_fillers.port.code import call
from caffe_fillers.port.printing import Site
from caffe_fillers.port.targets import Rule
from caffe_fillers.port.values import Op, Value
from caffe_fillers.shapes import Shape, count


@dataclass(frozen=True)
class Words:
    """A framework's functions of arrays; {0} is the array, `numpy` the module of those that are numpy's.

    `reshape` takes the lengths after axis 0, as a tuple or with {2} without brackets.
    """

    numpy: str
    flatten: str
    reshape: str
    transpose: str
    permute: str
    softmax: str


def rules(words: Words) -> dict[type[Op], Rule]:
    """Build a framework's functions for all of these operations."""
    return {op: partial(rule, words) for op, rule in _RULES.items()}


def _concat(words: Words, op: ops.Concat, at: Site, *inputs: str) -> str:
    return f"{words.numpy}.concatenate([{', '.join(inputs)}], axis={axis_of(at.x, op.axis)})"


def _split(words: Words, op: ops.Split, at: Site, x: str) -> str:
    points = [sum(op.lengths[: index + 1]) for index in range(len(op.lengths) - 1)]
    parts: object = points if len(set(op.lengths)) > 1 else len(op.lengths)
    return f"{words.numpy}.split({x}, {parts}, axis={axis_of(at.x, op.axis)})"


def _flatten(words: Words, op: ops.Flatten, at: Site, x: str) -> str:
    """Flatten in Caffe's order, so that later layers find the values where Caffe has them."""
    if (op.start, op.end) == (1, at.x.rank - 1):
        return words.flatten.format(in_caffes_order(words, at.x, x), x)
    return _reshape(words, op, at, x)


def _reshape(words: Words, op: Op, at: Site, x: str) -> str:
    """Reshape an array that is in Caffe's order before and after."""
    bottom, top = at.x.known, at.value.known
    if count(bottom, 1) != count(top, 1):
        raise UsageError("a new length of axis 0 is not ported")
    return from_caffes_order(words, at.value, reshaped(words, top, in_caffes_order(words, at.x, x), x))


def reshaped(words: Words, top: Shape, ordered: str, x: str) -> str:
    """Give an array other lengths after the first."""
    listed = f"({top[1]},)" if len(top) == 2 else str(top[1:])
    return words.reshape.format(ordered, listed, ", ".join(map(str, top[1:])), x)


def in_caffes_order(words: Words, value: Value, x: str) -> str:
    """Move the channels of an array to Caffe's axis; an image of one pixel needs no move."""
    pixel = value.shape is not None and value.shape[2:] == (1, 1)
    return words.transpose.format(x, "3, 1, 2") if value.rank == 4 and not pixel else x


def from_caffes_order(words: Words, value: Value, x: str) -> str:
    """Move the channels of an array from Caffe's axis to the last."""
    return words.transpose.format(x, "2, 3, 1") if value.rank == 4 else x


def _crop(words: Words, op: ops.Crop, at: Site, x: str, like: str) -> str:
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


def _tile(words: Words, op: ops.Tile, at: Site, x: str) -> str:
    repeats = [1] * at.x.rank
    repeats[axis_of(at.x, op.axis)] = op.tiles
    return f"{words.numpy}.tile({x}, {repeats})"


def _reduce(words: Words, op: ops.Reduce, at: Site, x: str) -> str:
    if not op.keep and (0 in op.axes or (op.axes, at.x.rank) == ((3,), 4)):
        raise UsageError(f"a reduction of the axes from {op.axes[0]} on is not ported")
    places = tuple(sorted(axis_of(at.x, axis) for axis in op.axes))
    keep = ", keepdims=True" if op.keep else ""
    return f"{words.numpy}.{op.kind}({x}, axis={places}{keep})"


def _align(words: Words, op: ops.Align, at: Site, y: str) -> str:
    if (at.x.rank, op.rank) == (3, 4):
        raise UsageError("a second bottom of three axes is not ported")
    own = range(op.axis, op.axis + at.x.rank)
    order = IMAGE if op.rank == 4 else range(op.rank)
    return f"{y}[{', '.join(':' if axis in own else 'None' for axis in order)}]" if at.x.rank else y


def _permute(words: Words, op: vision_ops.Permute, at: Site, x: str) -> str:
    """Permute the axes, whose order before and after has channels last."""
    kept = IMAGE if at.x.rank == 4 else tuple(range(at.x.rank))
    return words.permute.format(x, ", ".join(str(axis_of(at.x, op.order[axis])) for axis in kept))


def _flip(words: Words, op: vision_ops.Flip, at: Site, x: str) -> str:
    return f"{words.numpy}.flip({x}, {tuple(axis_of(at.x, axis) for axis in op.axes)})"


def _part(words: Words, op: vision_ops.Part, at: Site, x: str) -> str:
    slices = [":"] * at.x.rank
    slices[axis_of(at.x, op.axis)] = f"{op.begin}:{op.end}"
    return f"{x}[{', '.join(slices)}]"


def _softmax(words: Words, op: ops.Softmax, at: Site, x: str) -> str:
    return words.softmax.format(x, axis_word(at.x, op.axis))


def _response(words: Words, op: ops.LRN, at: Site, x: str) -> str:
    """A call of the printed `local_response`, or of `local_response_within`."""
    name = "local_response_within" if op.within else "local_response"
    return call(name, x, **at.options(name))


def _mean_variance(words: Words, op: ops.MVN, at: Site, x: str) -> str:
    """A call of the printed `mean_variance`."""
    if at.x.rank != 4:
        raise UsageError("only images are ported")
    return call("mean_variance", x, (1, 2, 3) if op.across else (1, 2), **at.options("mean_variance"))


_RULES: dict[type[Op], Callable[..., str]] = {
    ops.LRN: _response,
    ops.MVN: _mean_variance,
    ops.Align: _align,
    ops.Concat: _concat,
    ops.Crop: _crop,
    ops.Flatten: _flatten,
    ops.Reduce: _reduce,
    ops.Reshape: _reshape,
    ops.Softmax: _softmax,
    ops.Split: _split,
    ops.Tile: _tile,
    vision_ops.Flip: _flip,
    vision_ops.Part: _part,
    vision_ops.Permute: _permute,
}
LIMITS: dict[type[Op], str] = {
    ops.LSTM: "no static input, no exposed states",
    ops.Align: "no second bottom of three axes for an image",
    ops.Conv: "two spatial axes",
    ops.Crop: "to a size that stands in the code; not of axis 0",
    ops.Dense: "from axis 1 on, or the last axis alone",
    ops.Embed: "bottoms of up to two axes",
    ops.MVN: "images alone",
    ops.Pool: "the image's size is fixed where windows reach over its edge",
    ops.Reduce: "not of axis 0, nor of an image's last alone",
    ops.Reshape: "the length of axis 0 stays",
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
