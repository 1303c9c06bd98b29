"""Map coordinates of one output to those of another, and make the Crop layer that aligns them.

A map is (axis, scale, shift): coordinate i of the output lies at
scale * i + shift of the input, along the axes from `axis` on. The rules are
those of python/caffe/coord_map.py, BVLC/caffe 9b8915401; Long, Shelhamer
and Darrell, Fully convolutional networks, CVPR 2015, use them for skips.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np

from caffe_fillers.errors import NetError
from caffe_fillers.pycaffe.net_spec import Function, Top, layers

Map: TypeAlias = "tuple[int | None, Any, Any]"

IDENTITY: Map = (None, 1, 0)
PASS_THROUGH_LAYERS = [
    *("AbsVal", "BatchNorm", "Bias", "BNLL", "Dropout", "Eltwise", "ELU", "Log", "LRN", "Exp", "MVN"),
    *("Power", "ReLU", "PReLU", "Scale", "Sigmoid", "Split", "TanH", "Threshold"),
]
_LEGACY = {"pad_h", "pad_w", "kernel_h", "kernel_w", "stride_h", "stride_w"}


class UndefinedMapException(NetError):  # noqa: N818  (pycaffe's name)
    """A layer type has no map of coordinates."""


class AxisMismatchException(NetError):  # noqa: N818  (pycaffe's name)
    """Two maps along different axes cannot be composed."""


def conv_params(fn: Function) -> tuple[int, Any, Any, Any]:
    """Axis, stride, extent of the dilated kernel and pad of a layer with windows."""
    params = fn.params.get("convolution_param", fn.params)
    assert not _LEGACY & set(fn.params), "cropping does not support legacy _h/_w params"
    kernel, dilation, stride, pad = (
        np.array(params["kernel_size"] if name == "kernel_size" else params.get(name, default), ndmin=1)
        for name, default in (("kernel_size", None), ("dilation", 1), ("stride", 1), ("pad", 0))
    )
    return params.get("axis", 1), stride, (kernel - 1) * dilation + 1, pad


def crop_params(fn: Function) -> tuple[int, Any]:
    """Axis and offset of a Crop layer."""
    params = fn.params.get("crop_param", fn.params)
    return params.get("axis", 2), np.array(params.get("offset", 0), ndmin=1)


def coord_map(fn: Function) -> Map:
    """The map of one layer; a type without one is an `UndefinedMapException`.

    >>> coord_map(layers.Pooling(layers.Input(), kernel_size=2, stride=2).fn)
    (1, array([0.5]), array([-0.25]))
    """
    if fn.type_name in ("Convolution", "Pooling", "Im2col"):
        axis, stride, extent, pad = conv_params(fn)
        return axis, 1 / stride, (pad - (extent - 1) / 2) / stride
    if fn.type_name == "Deconvolution":
        axis, stride, extent, pad = conv_params(fn)
        return axis, stride, (extent - 1) / 2 - pad
    if fn.type_name in PASS_THROUGH_LAYERS:
        return IDENTITY
    if fn.type_name == "Crop":
        axis, offset = crop_params(fn)
        return axis - 1, 1, -offset  # maps count axes without the last that is no coordinate
    raise UndefinedMapException(f"{fn.type_name} has no map of coordinates")


def compose(base_map: Map, next_map: Map) -> Map:
    """The map of `next_map`, then `base_map`."""
    first, scale, shift = base_map
    second, next_scale, next_shift = next_map
    if first is not None and second is not None and first != second:
        raise AxisMismatchException(f"maps along axes {first} and {second} cannot be composed")
    return (second if first is None else first), scale * next_scale, scale * next_shift + shift


def inverse(mapping: Map) -> Map:
    """The map in the other direction."""
    axis, scale, shift = mapping
    return axis, 1 / scale, -shift / scale


def coord_map_from_to(top_from: Top, top_to: Top) -> Map:
    """The map between two outputs, over an output that both come from; RuntimeError where there is none."""
    above = dict(_maps_above(top_from))
    for top, mapping in _maps_above(top_to):
        if top in above:
            return compose(mapping, inverse(above[top]))
    raise RuntimeError("Could not compute map between tops; are they connected by spatial layers?")


def _maps_above(top: Top) -> Iterator[tuple[Top, Map]]:
    """An output and all that it is made of, each with the map to it, nearest first."""
    frontier: list[tuple[Top, Map]] = [(top, IDENTITY)]
    while frontier:
        current, mapping = frontier.pop(0)
        yield current, mapping
        inputs = current.fn.inputs[:1] if current.fn.type_name == "Crop" else current.fn.inputs
        try:
            frontier += [(bottom, compose(mapping, coord_map(current.fn))) for bottom in inputs]
        except UndefinedMapException:
            continue


def crop(top_from: Top, top_to: Top) -> Any:
    """A Crop layer that cuts one output to the size and place of another."""
    axis, scale, shift = coord_map_from_to(top_from, top_to)
    shift = np.asarray(shift)
    assert np.all(scale == 1), f"scale mismatch on crop (a = {scale})"
    assert np.all(shift <= 0), f"cannot crop negative offset (b = {shift})"
    assert np.all(np.round(shift) == shift), f"cannot crop noninteger offset (b = {shift})"
    offset = [int(each) for each in -np.round(shift).ravel()]
    return layers.Crop(top_from, top_to, crop_param={"axis": (axis or 0) + 1, "offset": offset})
