"""Layers that join, cut and reshape. MXNet's reshape has Caffe's 0 and -1, and codes of its own below."""

from __future__ import annotations

from caffe_fillers.errors import UsageError
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.initialisers.contract import number
from caffe_fillers.port.mxnet.target import mxnet_layer
from caffe_fillers.port.nodes import REDUCED, joined_axis
from caffe_fillers.shapes import canonical_axis

_REST, _MERGED = -2, -3
"""MXNet's codes for all axes that are left, and for the product of the next two."""


@mxnet_layer("Concat")
def concat(node: Node) -> Code:
    """Along one axis."""
    inputs = ", ".join(f"{{{index}}}" for index in range(len(node.inputs)))
    return Code(f"F.concat({inputs}, dim={joined_axis(node)})")


@mxnet_layer("Slice")
def slice_(node: Node) -> Code:
    """At points, or into equal parts."""
    points, axis = tuple(node.layer.slice_param.slice_point), joined_axis(node)
    if len(node.outputs) == 1:
        return Code("{0}")
    if not points:
        return Code(f"F.split({{0}}, num_outputs={len(node.outputs)}, axis={axis})")
    return Code(f"F.split_v2({{0}}, {points}, axis={axis})")


@mxnet_layer("Flatten")
def flatten(node: Node) -> Code:
    """Axes from one to another become one, two at a time where others follow."""
    parameter = node.layer.flatten_param
    start, end = (canonical_axis(axis, node.rank) for axis in (parameter.axis, parameter.end_axis))
    if (start, end) == (1, node.rank - 1):
        return Code("F.flatten({0})")
    if end == node.rank - 1:
        return Code(_reshaped("{0}", *[0] * start, -1))
    code = "{0}"
    for _ in range(end - start):
        code = _reshaped(code, *[0] * start, _MERGED, _REST)
    return Code(code)


@mxnet_layer("Reshape", limits="new axes in front of others that stay need a known shape")
def reshape(node: Node) -> Code:
    """0 keeps the length of the axis, -1 takes what is left."""
    parameter, dims = node.layer.reshape_param, list(node.layer.reshape_param.shape.dim)
    first = parameter.axis if parameter.axis >= 0 else node.rank + parameter.axis + 1
    replaced = node.rank - first if parameter.num_axes == -1 else parameter.num_axes
    left = node.rank - first - replaced
    if left and len(dims) != replaced:
        return Code(_reshaped("{0}", *[0] * first, *dims, *_lengths(node, left)))
    return Code(_reshaped("{0}", *[0] * first, *dims, *[0] * left))


def _lengths(node: Node, number: int) -> list[int]:
    """Of the last axes: a code would count them from in front, where their number has changed."""
    lengths = list((node.bottoms[0] or ())[-number:])
    if min(lengths, default=-1) < 0:
        raise UsageError("how long its bottom's last axes are must be known; give it with --shape")
    return lengths


@mxnet_layer("Crop")
def crop(node: Node) -> Code:
    """To the lengths of the second bottom, from an axis on."""
    parameter, rank = node.layer.crop_param, node.rank
    start, offsets = canonical_axis(parameter.axis, rank), list(parameter.offset) or [0]
    axes, code = tuple(range(start, rank)), "{0}"
    if any(offsets):
        begin = (*[None] * start, *(offsets * len(axes) if len(offsets) == 1 else offsets))
        code = f"F.slice({{0}}, begin={begin}, end={(None,) * rank})"
    return Code(f"F.slice_like({code}, {{1}}, axes={axes})")


@mxnet_layer("Tile")
def tile(node: Node) -> Code:
    """The whole axis over and over."""
    repeats = [1] * node.rank
    repeats[canonical_axis(node.layer.tile_param.axis, node.rank)] = node.layer.tile_param.tiles
    return Code(f"F.tile({{0}}, reps={tuple(repeats)})")


@mxnet_layer("Reduction", limits="not of axis 0")
def reduction(node: Node) -> Code:
    """All axes from one on."""
    parameter = node.layer.reduction_param
    operation, term = REDUCED[parameter.operation]
    axes = tuple(range(canonical_axis(parameter.axis, node.rank), node.rank))
    if axes[0] == 0:
        raise UsageError("MXNet has no arrays without axes")
    reduced = f"F.{operation}({f'F.{term}({{0}})' if term else '{0}'}, axis={axes})"
    return Code(reduced if parameter.coeff == 1 else f"{number(parameter.coeff)} * {reduced}")


def _reshaped(code: str, *shape: int) -> str:
    return f"F.reshape({code}, shape={shape})"
