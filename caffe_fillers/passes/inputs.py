"""`input`, `input_dim` and `input_shape` become an Input layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_fillers.errors import NetError
from caffe_fillers.schema import BlobShape, LayerParameter, NetParameter

if TYPE_CHECKING:
    from caffe_fillers.passes import Notes


def upgrade_inputs(net: NetParameter, notes: Notes) -> NetParameter:
    """`UpgradeNetInput`: one layer named "input" in front, with a top and a shape per input.

    Inputs without any shape are those of an old caffemodel and are dropped.
    """
    if not net.input:
        return net
    upgraded = NetParameter()
    upgraded.CopyFrom(net)
    for name in ("input", "input_shape", "input_dim", "layer"):
        upgraded.ClearField(name)
    if net.input_shape or net.input_dim:
        upgraded.layer.append(_input_layer(net))
    upgraded.layer.extend(net.layer)
    return upgraded


def _input_layer(net: NetParameter) -> LayerParameter:
    layer = LayerParameter(name="input", type="Input", top=net.input)
    shapes = list(net.input_shape) or [
        BlobShape(dim=net.input_dim[start : start + 4]) for start in range(0, len(net.input_dim), 4)
    ]
    complete = net.input_shape or len(net.input_dim) >= 4 * len(net.input)
    if not complete or len(shapes) < len(net.input):
        given = f"{len(net.input_shape)} input_shape" if net.input_shape else f"{len(net.input_dim)} input_dim"
        raise NetError(
            f"the net has {len(net.input)} input, but {given}: it needs a shape, or four input_dim, for each"
        )
    layer.input_param.shape.extend(shapes[: len(net.input)])
    return layer
