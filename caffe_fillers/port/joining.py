"""Layers that join, cut and reshape, as frameworks with channels last write them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from caffe_fillers.errors import UsageError
from caffe_fillers.port import channels_last
from caffe_fillers.port.channels_last import axis_of
from caffe_fillers.port.contract import Code, Translate
from caffe_fillers.port.graph import Node
from caffe_fillers.port.initialisers.contract import number
from caffe_fillers.port.nodes import REDUCED, joined_axis, known
from caffe_fillers.shapes import Shape, canonical_axis, count


@dataclass(frozen=True)
class Words:
    """A framework's functions; {0} is what they are applied to, {1} the rest.

    `split` takes the points of a cut or the number of parts, and the axis, or with {3} the parts'
    lengths, of which -1 is the rest; `reshape` the lengths behind axis 0, as a tuple, or with {2}
    without brackets; without a `flatten` that is a reshape too.
    """

    concatenate: str
    split: str
    tile: str
    sum: str
    mean: str
    abs: str
    square: str
    flatten: str
    reshape: str
    to_caffe: str
    from_caffe: str


def joining(words: Words, register: Callable[..., Callable[[Translate], Translate]]) -> None:
    """Register all of these layers for a framework."""
    for layer, translate in _TRANSLATIONS.items():
        register(layer, limits=_LIMITS.get(layer, ""))(_bound(translate, words))


def _bound(translate: Callable[[Words, Node], Code], words: Words) -> Translate:
    return lambda node: translate(words, node)


def _concat(words: Words, node: Node) -> Code:
    """Along one axis."""
    axis = axis_of(node, joined_axis(node))
    inputs = ", ".join(f"{{{index}}}" for index in range(len(node.inputs)))
    return Code(words.concatenate.format(inputs, axis))


def _slice(words: Words, node: Node) -> Code:
    """At points, or into equal parts."""
    parameter = node.layer.slice_param
    axis = axis_of(node, joined_axis(node))
    if len(node.outputs) == 1:
        return Code("{0}")
    points = list(parameter.slice_point)
    lengths = [end - begin for begin, end in pairwise([0, *points])]
    parts = [points, axis, [*lengths, -1]] if points else [len(node.outputs), axis, len(node.outputs)]
    return Code(words.split.format("{0}", *parts))


def _flatten(words: Words, node: Node) -> Code:
    """In Caffe's order: what comes behind knows nothing of images."""
    start = canonical_axis(node.layer.flatten_param.axis, node.rank)
    end = canonical_axis(node.layer.flatten_param.end_axis, node.rank)
    if words.flatten and (start, end) == (1, node.rank - 1):
        return Code(words.flatten.format(_in_caffes_order(words, node)))
    return _reshape(words, node)


def _reshape(words: Words, node: Node) -> Code:
    """From Caffe's order to Caffe's order."""
    bottom, top = known(node.bottoms[0]), known(node.tops[0])
    if count(bottom, 1) != count(top, 1):
        raise UsageError("a new length of axis 0 is not carried over")
    listed = ", ".join(map(str, top[1:]))
    code = words.reshape.format(_in_caffes_order(words, node), _tuple(top[1:]), listed)
    return Code(words.from_caffe.format(code) if len(top) == 4 else code)


def _in_caffes_order(words: Words, node: Node) -> str:
    """The first bottom with its channels where Caffe has them; an image of one pixel has no order."""
    shape = node.bottoms[0]
    pixel = shape is not None and shape[2:] == (1, 1)
    return words.to_caffe if node.rank == 4 and not pixel else "{0}"


def _crop(words: Words, node: Node) -> Code:
    """To the lengths of the second bottom, from an axis on."""
    parameter, bottom, top = node.layer.crop_param, known(node.bottoms[0]), known(node.tops[0])
    start = canonical_axis(parameter.axis, node.rank)
    if start == 0:
        raise UsageError("a crop of the items is not carried over")
    offsets = list(parameter.offset) or [0]
    offsets = [0] * start + (offsets if len(offsets) > 1 else offsets * (node.rank - start))
    slices = tuple(
        ":" if length == whole or axis == 0 else f"{offset or ''}:{offset + length}"
        for axis, (length, whole, offset) in enumerate(zip(top, bottom, offsets, strict=True))
    )
    ordered = [slices[axis] for axis in channels_last.IMAGE] if node.rank == 4 else list(slices)
    return Code(f"{{0}}[{', '.join(ordered)}]")


def _tile(words: Words, node: Node) -> Code:
    """The whole axis over and over."""
    repeats = [1] * node.rank
    repeats[axis_of(node, node.layer.tile_param.axis)] = node.layer.tile_param.tiles
    return Code(words.tile.format("{0}", repeats))


def _reduction(words: Words, node: Node) -> Code:
    """All axes from one on."""
    parameter = node.layer.reduction_param
    operation, term = REDUCED[parameter.operation]
    start = canonical_axis(parameter.axis, node.rank)
    if start == 0 or (start, node.rank) == (3, 4):
        raise UsageError(f"a reduction of the axes from {start} on is not carried over")
    axes = tuple(sorted(axis_of(node, axis) for axis in range(start, node.rank)))
    reduced = getattr(words, operation).format(getattr(words, term) if term else "{0}", axes)
    return Code(reduced if parameter.coeff == 1 else f"{number(parameter.coeff)} * {reduced}")


def _tuple(shape: Shape) -> str:
    return f"({shape[0]},)" if len(shape) == 1 else str(shape)


_TRANSLATIONS: dict[str, Callable[[Words, Node], Code]] = {
    "Concat": _concat,
    "Crop": _crop,
    "Flatten": _flatten,
    "Reduction": _reduction,
    "Reshape": _reshape,
    "Slice": _slice,
    "Tile": _tile,
}
_LIMITS = {
    "Crop": "to a size that stands in the code; not of axis 0",
    "Reduction": "not of axis 0, nor of an image's last alone",
    "Reshape": "the length of axis 0 stays",
}
