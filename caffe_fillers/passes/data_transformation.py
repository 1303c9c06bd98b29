"""Scale, mean file, crop and mirror move from V1 data layers' own parameters to `transform_param`.

`UpgradeNetDataTransformation`, src/caffe/util/upgrade_proto.cpp, BVLC/caffe 9b8915401.
"""

from __future__ import annotations

from caffe_fillers.passes.contract import Passed
from caffe_fillers.schema import NetParameter, V1LayerParameter

_PARAMETERS = {
    V1LayerParameter.DATA: "data_param",
    V1LayerParameter.IMAGE_DATA: "image_data_param",
    V1LayerParameter.WINDOW_DATA: "window_data_param",
}
_MOVED = ("scale", "mean_file", "crop_size", "mirror")


def data_transformation(net: NetParameter) -> Passed:
    """Upgrade a net of which at least one V1 data layer has such a field.

    Once one has, every data layer of these types gets both messages, empty or
    not, and a saved model shows it: so does Caffe. C3D 1.0 has no other place
    for them.
    """
    if net.text_extra.dialect == "c3d10" or not any(_is_old(layer) for layer in net.layers):
        return Passed(net)
    upgraded = NetParameter()
    upgraded.CopyFrom(net)
    for layer in upgraded.layers:
        if layer.type in _PARAMETERS:
            _upgrade(layer)
    return Passed(upgraded)


def _is_old(layer: V1LayerParameter) -> bool:
    name = _PARAMETERS.get(layer.type)
    return name is not None and any(getattr(layer, name).HasField(moved) for moved in _MOVED)


def _upgrade(layer: V1LayerParameter) -> None:
    parameter = getattr(layer, _PARAMETERS[layer.type])
    parameter.SetInParent()
    layer.transform_param.SetInParent()
    for name in _MOVED:
        if parameter.HasField(name):
            setattr(layer.transform_param, name, getattr(parameter, name))
            parameter.ClearField(name)
