"""Layers that join, cut and reshape."""

from __future__ import annotations

from caffe_fillers.errors import UsageError
from caffe_fillers.port import channels_last
from caffe_fillers.port.channels_last import axis_of, known
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.initialisers.contract import number
from caffe_fillers.port.keras.target import keras_layer
from caffe_fillers.schema import ReductionParameter
from caffe_fillers.shapes import Shape, canonical_axis, count


@keras_layer("Concat")
def concat(node: Node) -> Code:
    """Along one axis."""
    parameter = node.layer.concat_param
    axis = axis_of(node, parameter.concat_dim if parameter.HasField("concat_dim") else parameter.axis)
    inputs = ", ".join(f"{{{index}}}" for index in range(len(node.inputs)))
    return Code(f"ops.concatenate([{inputs}], axis={axis})")


@keras_layer("Slice")
def slice_(node: Node) -> Code:
    """At points, or into equal parts."""
    parameter = node.layer.slice_param
    axis = axis_of(node, parameter.slice_dim if parameter.HasField("slice_dim") else parameter.axis)
    points = list(parameter.slice_point) or len(node.outputs)
    return Code("{0}" if len(node.outputs) == 1 else f"ops.split({{0}}, {points}, axis={axis})")


@keras_layer("Flatten")
def flatten(node: Node) -> Code:
    """In Caffe's order: what comes behind knows nothing of images."""
    start = canonical_axis(node.layer.flatten_param.axis, node.rank)
    end = canonical_axis(node.layer.flatten_param.end_axis, node.rank)
    if (start, end) == (1, node.rank - 1):
        return Code(f"layers.Flatten()({_in_caffes_order(node)})")
    return _reshaped(node)


@keras_layer("Reshape")
def reshape(node: Node) -> Code:
    """From Caffe's order to Caffe's order."""
    return _reshaped(node)


def _reshaped(node: Node) -> Code:
    bottom, top = known(node.bottoms[0]), known(node.tops[0])
    if count(bottom, 1) != count(top, 1):
        raise UsageError("a new length of axis 0 is not carried over")
    code = f"layers.Reshape({_tuple(top[1:])})({_in_caffes_order(node)})"
    return Code(f"layers.Permute((2, 3, 1))({code})" if len(top) == 4 else code)


def _in_caffes_order(node: Node) -> str:
    """The first bottom with its channels where Caffe has them; an image of one pixel has no order."""
    shape = node.bottoms[0]
    pixel = shape is not None and shape[2:] == (1, 1)
    return "layers.Permute((3, 1, 2))({0})" if node.rank == 4 and not pixel else "{0}"


@keras_layer("Crop", limits="to a size that stands in the code")
def crop(node: Node) -> Code:
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


@keras_layer("Tile")
def tile(node: Node) -> Code:
    """The whole axis over and over."""
    repeats = [1] * node.rank
    repeats[axis_of(node, node.layer.tile_param.axis)] = node.layer.tile_param.tiles
    return Code(f"ops.tile({{0}}, {repeats})")


@keras_layer("Reduction")
def reduction(node: Node) -> Code:
    """All axes from one on."""
    parameter = node.layer.reduction_param
    terms = {
        ReductionParameter.SUM: "ops.sum({0}",
        ReductionParameter.ASUM: "ops.sum(ops.abs({0})",
        ReductionParameter.SUMSQ: "ops.sum(ops.square({0})",
        ReductionParameter.MEAN: "ops.mean({0}",
    }
    start = canonical_axis(parameter.axis, node.rank)
    if start == 0 or (start, node.rank) == (3, 4):
        raise UsageError(f"a reduction of the axes from {start} on is not carried over")
    axes = tuple(sorted(axis_of(node, axis) for axis in range(start, node.rank)))
    reduced = f"{terms[parameter.operation]}, axis={axes})"
    return Code(reduced if parameter.coeff == 1 else f"{number(parameter.coeff)} * {reduced}")


def _tuple(shape: Shape) -> str:
    return f"({shape[0]},)" if len(shape) == 1 else str(shape)
