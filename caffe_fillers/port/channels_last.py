"""What Keras and JAX share: sums over axes, joins and new shapes where an image has its channels last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from caffe_fillers.errors import UsageError
from caffe_fillers.frameworks.initializers import number
from caffe_fillers.port import ops, values, vision_ops
from caffe_fillers.port.axes import IMAGE, axis_of, lay_out, pooled_edges
from caffe_fillers.port.contract import Layer, Rules, read_layers
from caffe_fillers.port.graph import Graph
from caffe_fillers.port.printing import Site
from caffe_fillers.port.values import Arrays, Value
from caffe_fillers.shapes import Shape, count

WINDOW_LIMITS = "two spatial axes"
POOLING_LIMITS = "the image's size is fixed where windows reach over its edge"


@dataclass(frozen=True)
class Words:
    """A framework's functions of arrays; {0} is the array.

    `split` takes points or a number of parts, `lengths` where it takes lengths instead; `reshape` the lengths
    after axis 0, as a tuple or with {2} without brackets.
    """

    concatenate: str
    split: str
    tile: str
    reduce: str
    flatten: str
    reshape: str
    transpose: str
    permute: str
    flip: str
    softmax: str


def register(words: Words, rules: Rules) -> None:
    """Register all of these operations for a framework."""
    for op, rule in _RULES.items():
        rules(op, limits=_LIMITS.get(op, ""))(_bound(rule, words))


def _bound(rule: Any, words: Words) -> Any:
    return lambda op, at, *inputs: rule(words, op, at, *inputs)


def _concat(words: Words, op: ops.Concat, at: Site, *inputs: str) -> str:
    return words.concatenate.format(", ".join(inputs), axis_of(at.x, op.axis))


def _split(words: Words, op: ops.Split, at: Site, x: str) -> str:
    points = [sum(op.lengths[: index + 1]) for index in range(len(op.lengths) - 1)]
    parts: object = points if len(set(op.lengths)) > 1 else len(op.lengths)
    return words.split.format(x, parts, axis_of(at.x, op.axis))


def _flatten(words: Words, op: ops.Flatten, at: Site, x: str) -> str:
    """In Caffe's order: what comes after it knows nothing of images."""
    if (op.start, op.end) == (1, at.x.rank - 1):
        return words.flatten.format(in_caffes_order(words, at.x, x), x)
    return _reshape(words, op, at, x)


def _reshape(words: Words, op: values.Op, at: Site, x: str) -> str:
    """From Caffe's order to Caffe's order."""
    bottom, top = at.x.known, at.value.known
    if count(bottom, 1) != count(top, 1):
        raise UsageError("a new length of axis 0 is not ported")
    return from_caffes_order(words, at.value, reshaped(words, top, in_caffes_order(words, at.x, x), x))


def reshaped(words: Words, top: Shape, ordered: str, x: str) -> str:
    """An array with other lengths after the first."""
    listed = f"({top[1]},)" if len(top) == 2 else str(top[1:])
    return words.reshape.format(ordered, listed, ", ".join(map(str, top[1:])), x)


def in_caffes_order(words: Words, value: Value, x: str) -> str:
    """An array with its channels where Caffe has them; an image of one pixel has no order."""
    pixel = value.shape is not None and value.shape[2:] == (1, 1)
    return words.transpose.format(x, "3, 1, 2") if value.rank == 4 and not pixel else x


def from_caffes_order(words: Words, value: Value, x: str) -> str:
    """An array that has its channels where Caffe has them, as it is kept here."""
    return words.transpose.format(x, "2, 3, 1") if value.rank == 4 else x


def _crop(words: Words, op: ops.Crop, at: Site, x: str, like: str) -> str:
    """To the lengths of the second input, from an axis on."""
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
    return words.tile.format(x, repeats)


def _reduce(words: Words, op: ops.Reduce, at: Site, x: str) -> str:
    if not op.keep and (0 in op.axes or (op.axes, at.x.rank) == ((3,), 4)):
        raise UsageError(f"a reduction of the axes from {op.axes[0]} on is not ported")
    places = tuple(sorted(axis_of(at.x, axis) for axis in op.axes))
    keep = ", keepdims=True" if op.keep else ""
    return words.reduce.format(x, op.kind, f"{places}{keep}")


def _align(words: Words, op: ops.Align, at: Site, y: str) -> str:
    if (at.x.rank, op.rank) == (3, 4):
        raise UsageError("a second bottom of three axes is not ported")
    own = range(op.axis, op.axis + at.x.rank)
    order = IMAGE if op.rank == 4 else range(op.rank)
    return f"{y}[{', '.join(':' if axis in own else 'None' for axis in order)}]" if at.x.rank else y


def _permute(words: Words, op: vision_ops.Permute, at: Site, x: str) -> str:
    """The order of the axes as they are kept, before and after."""
    kept = IMAGE if at.x.rank == 4 else tuple(range(at.x.rank))
    return words.permute.format(x, ", ".join(str(axis_of(at.x, op.order[axis])) for axis in kept))


def _flip(words: Words, op: vision_ops.Flip, at: Site, x: str) -> str:
    return words.flip.format(x, tuple(axis_of(at.x, axis) for axis in op.axes))


def _softmax(words: Words, op: ops.Softmax, at: Site, x: str) -> str:
    return words.softmax.format(x, axis_word(at.x, op.axis))


_RULES = {
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
    vision_ops.Permute: _permute,
}
_LIMITS: dict[type[values.Op], str] = {
    ops.Align: "no second bottom of three axes for an image",
    ops.Crop: "to a size that stands in the code; not of axis 0",
    ops.Reduce: "not of axis 0, nor of an image's last alone",
    ops.Reshape: "the length of axis 0 stays",
}


def axis_word(value: Value, axis: int) -> str:
    """An axis as an argument, where it is not the last."""
    own = axis_of(value, axis)
    return "" if own == value.rank - 1 else f", axis={own}"


@dataclass(frozen=True)
class Edges:
    """What a pooling sees around the image: padding `before`, `after` it, and `beyond` the padding."""

    before: Shape
    after: Shape

    @property
    def beyond(self) -> Shape:
        """What windows see after the padding."""
        return tuple(max(end - pad, 0) for end, pad in zip(self.after, self.before, strict=True))


def edges(op: ops.Pool, value: Value) -> Edges:
    """What Caffe's windows, whose number it rounds up, see around the image."""
    return Edges(*pooled_edges(value, op.kernel, op.stride, op.pad))


def check_image(op: ops.Conv) -> None:
    """Refuse other than two spatial axes."""
    if len(op.kernel) != 2:
        raise UsageError("only images, with their channels on axis 1, are ported")


def check_dense(op: ops.Dense, value: Value) -> bool:
    """Whether a product puts all axes but the first into one; else it goes along the last."""
    rank = value.rank
    if op.flatten is None and rank != 4:
        return False
    axis = rank - 1 if op.flatten is None else op.flatten
    if axis != 1:
        raise UsageError(f"a product over the axes from {axis} on is not ported")
    if rank == 4:
        value.known  # noqa: B018  (an image's rows are in another order, for which its size must be known)
    return True


def check_embed(value: Value) -> None:
    """Refuse an Embed that would make four axes, which are no image."""
    if value.rank > 2:
        raise UsageError("only bottoms of up to two axes are ported")


def check_lstm(value: Value) -> None:
    """Refuse streams of more than a vector."""
    if value.rank != 3:
        raise UsageError("only inputs of time steps x streams x values are ported")


def response_call(op: ops.LRN, at: Site, x: str) -> str:
    """An LRN as a call of the printed `local_response`, or of `local_response_within`."""
    words = ", ".join([str(op.size), number(op.alpha), number(op.beta)])
    if op.within:
        return f"{at.helper('local_response_within')}({x}, {words})"
    k = "" if op.k == 1 else f", {number(op.k)}"
    return f"{at.helper('local_response')}({x}, {words}{k})"


def deviation_call(op: ops.MVN, at: Site, x: str) -> str:
    """An MVN as a call of the printed `mean_variance`."""
    if at.x.rank != 4:
        raise UsageError("only images are ported")
    axes = (1, 2, 3) if op.across else (1, 2)
    variance = "" if op.variance else ", variance=False"
    eps = "" if op.eps == 1e-9 else f", eps={number(op.eps)}"
    return f"{at.helper('mean_variance')}({x}, {axes}{variance}{eps})"


def layer_owners(graph: Graph, arrange: Any = lay_out) -> dict[str, str]:
    """By identifier, the layer whose parameters a layer uses instead of its own.

    A layer that shares only some, or that owns some of a layer's and not all, is a `UsageError`, and so is
    one that would keep them in another way than their owner.
    """
    found: dict[str, str] = {}
    layers = {each.node.name: each for each in read_layers(graph) if isinstance(each, Layer)}
    for node in graph.nodes:
        shared = [graph.owner(node, index) for index in range(len(node.places))]
        if not any(shared):
            continue
        owner = shared[0][0] if shared[0] else None
        whole = shared == [(owner, place) for place in range(len(shared))]
        if owner is None or not whole or owner.blobs != node.blobs:
            raise UsageError(f"layer {node.label!r} shares only some of its parameters with others")
        if node.name not in layers or owner.name not in layers:
            continue
        if not _kept_alike(layers[owner.name], layers[node.name], arrange):
            raise UsageError(
                f"layer {node.label!r} would keep its parameters in another way than layer "
                f"{owner.label!r}, whose they are"
            )
        found[node.name] = owner.name
    return found


def _kept_alike(owner: Layer, layer: Layer, arrange: Any) -> bool:
    ours, theirs = layer.learned, owner.learned
    if ours is None or theirs is None or type(ours.op) is not type(theirs.op):
        return False
    if getattr(ours.op, "transpose", False) != getattr(theirs.op, "transpose", False):
        return False
    images = [
        value.shape[1:] for value in (theirs.inputs[0], ours.inputs[0]) if value.shape and value.rank == 4
    ]
    if isinstance(ours.op, ops.Dense) and images and images != images[:1] * 2:
        return False
    return shapes(layer, arrange) == shapes(owner, arrange)


def shapes(layer: Layer, arrange: Any) -> Mapping[str, Shape]:
    """Names and shapes of a layer's parameters in the framework."""
    value = layer.learned
    return (
        {} if value is None else {name: array.shape for name, array in arrange(value, zeros(layer)).items()}
    )


def zeros(layer: Layer) -> Arrays:
    """Parameters by role, of zeros that take no memory."""
    value = layer.learned
    blank = [np.broadcast_to(np.float32(0), shape) for shape in layer.node.blobs]
    return {} if value is None else value.op.assigned(blank)
