"""Data transformation moved from the data layers' own parameters to `transform_param`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_fillers.schema import NetParameter, V1LayerParameter

if TYPE_CHECKING:
    from caffe_fillers.passes import Notes

_OWNERS = {
    V1LayerParameter.DATA: "data_param",
    V1LayerParameter.IMAGE_DATA: "image_data_param",
    V1LayerParameter.WINDOW_DATA: "window_data_param",
}
_FIELDS = ("scale", "mean_file", "crop_size", "mirror")


def upgrade_transformation(net: NetParameter, notes: Notes) -> NetParameter:
    """`UpgradeNetDataTransformation`: for layers of the second format alone.

    Once one layer needs it, every data layer gets both messages, be they empty.
    """
    if not any(_is_old(layer) for layer in net.layers):
        return net
    upgraded = NetParameter()
    upgraded.CopyFrom(net)
    for layer in upgraded.layers:
        if layer.type not in _OWNERS:
            continue
        owner = getattr(layer, _OWNERS[layer.type])
        owner.SetInParent()
        layer.transform_param.SetInParent()
        for name in _FIELDS:
            if owner.HasField(name):
                setattr(layer.transform_param, name, getattr(owner, name))
                owner.ClearField(name)
    return upgraded


def _is_old(layer: V1LayerParameter) -> bool:
    owner = getattr(layer, _OWNERS[layer.type]) if layer.type in _OWNERS else None
    return owner is not None and any(owner.HasField(name) for name in _FIELDS)
