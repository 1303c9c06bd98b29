"""Layers that join, cut and reshape."""

from __future__ import annotations

from itertools import pairwise

from caffe_fillers.errors import UsageError
from caffe_fillers.port.contract import Code
from caffe_fillers.port.graph import Node
from caffe_fillers.port.initialisers.contract import number
from caffe_fillers.port.nodes import REDUCED, joined_axis
from caffe_fillers.port.torch.target import torch_layer
from caffe_fillers.schema import EltwiseParameter
from caffe_fillers.shapes import canonical_axis

_CROP = '''\
def crop(x, like, axis, offsets):
    """The part of x that is as long as `like` from an axis on, cut off at `offsets`."""
    for number, dim in enumerate(range(axis, x.dim())):
        offset = offsets[number] if len(offsets) > 1 else offsets[0]
        x = x.narrow(dim, offset, like.shape[dim])
    return x
'''


@torch_layer("Eltwise")
def eltwise(node: Node) -> Code:
    """Sums with coefficients, products, maxima."""
    parameter, inputs = node.layer.eltwise_param, [f"{{{index}}}" for index in range(len(node.inputs))]
    if parameter.operation == EltwiseParameter.PROD:
        return Code(" * ".join(inputs))
    if parameter.operation == EltwiseParameter.MAX:
        first, *rest = inputs
        for each in rest:
            first = f"torch.maximum({first}, {each})"
        return Code(first)
    coefficients = list(parameter.coeff) or [1.0] * len(inputs)
    terms = [
        each if coefficient == 1 else f"{number(coefficient)} * {each}"
        for each, coefficient in zip(inputs, coefficients, strict=True)
    ]
    return Code(" + ".join(terms))


@torch_layer("Concat")
def concat(node: Node) -> Code:
    """Along one axis."""
    inputs = ", ".join(f"{{{index}}}" for index in range(len(node.inputs)))
    return Code(f"torch.cat([{inputs}], {joined_axis(node)})")


@torch_layer("Slice")
def slice_(node: Node) -> Code:
    """At points, or into equal parts."""
    parameter = node.layer.slice_param
    axis = joined_axis(node)
    length = (node.bottoms[0] or ())[axis]
    points = [0, *parameter.slice_point, length]
    sizes = [end - begin for begin, end in pairwise(points)]
    if not parameter.slice_point:
        sizes = [length // len(node.outputs)] * len(node.outputs)
    if min(sizes) < 0:
        raise UsageError("how long its bottom is, is not known: give it with --shape")
    return Code(f"torch.split({{0}}, {sizes}, {axis})")


@torch_layer("Flatten")
def flatten(node: Node) -> Code:
    """Axes from one to another become one."""
    parameter = node.layer.flatten_param
    end = "" if parameter.end_axis == -1 else f", {parameter.end_axis}"
    return Code(f"torch.flatten({{0}}, {canonical_axis(parameter.axis, node.rank)}{end})")


@torch_layer("Reshape")
def reshape(node: Node) -> Code:
    """0 keeps the length of the axis, -1 takes what is left."""
    parameter = node.layer.reshape_param
    first = parameter.axis if parameter.axis >= 0 else node.rank + parameter.axis + 1
    last = node.rank if parameter.num_axes == -1 else first + parameter.num_axes
    dims = [f"{{0}}.shape[{axis}]" for axis in range(first)]
    dims += [
        f"{{0}}.shape[{first + index}]" if dim == 0 else str(dim)
        for index, dim in enumerate(parameter.shape.dim)
    ]
    dims += [f"{{0}}.shape[{axis}]" for axis in range(last, node.rank)]
    return Code(f"{{0}}.reshape({', '.join(dims)})")


@torch_layer("Crop")
def crop(node: Node) -> Code:
    """To the lengths of the second bottom, from an axis on."""
    parameter = node.layer.crop_param
    offsets = list(parameter.offset) or [0]
    return Code(f"crop({{0}}, {{1}}, {canonical_axis(parameter.axis, node.rank)}, {offsets})", helper=_CROP)


@torch_layer("Tile")
def tile(node: Node) -> Code:
    """The whole axis over and over."""
    parameter = node.layer.tile_param
    repeats = [1] * node.rank
    repeats[canonical_axis(parameter.axis, node.rank)] = parameter.tiles
    return Code(f"{{0}}.repeat({', '.join(map(str, repeats))})")


@torch_layer("Reduction")
def reduction(node: Node) -> Code:
    """All axes from one on."""
    parameter = node.layer.reduction_param
    operation, term = REDUCED[parameter.operation]
    axes = tuple(range(canonical_axis(parameter.axis, node.rank), node.rank))
    reduced = f"{{0}}.{term}().{operation}({axes})" if term else f"{{0}}.{operation}({axes})"
    return Code(reduced if parameter.coeff == 1 else f"{number(parameter.coeff)} * {reduced}")
