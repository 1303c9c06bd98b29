"""Three `param` entries of an old BatchNorm layer are set so that training leaves the blobs alone.

`UpgradeNetBatchNorm`, src/caffe/util/upgrade_proto.cpp, BVLC/caffe 9b8915401.
"""

from __future__ import annotations

from caffe_fillers.passes.contract import Passed
from caffe_fillers.passes.dialects import era_of
from caffe_fillers.schema import LayerParameter, NetParameter


def batch_norm(net: NetParameter) -> Passed:
    """Set lr_mult and decay_mult to zero in BatchNorm layers that have three `param`; names stay.

    From 2016-09-16 (25422de79) to 2017-01-19 (bc0d6809d) the entries were
    cleared instead, and before that they stayed as they are.
    """
    kept = era_of(net).batch_norm_params
    if kept == "as given" or not any(_is_old(layer) for layer in net.layer):
        return Passed(net)
    upgraded = NetParameter()
    upgraded.CopyFrom(net)
    for layer in filter(_is_old, upgraded.layer):
        if kept == "cleared":
            layer.ClearField("param")
        for spec in layer.param:
            spec.lr_mult = 0
            spec.decay_mult = 0
    return Passed(upgraded)


def _is_old(layer: LayerParameter) -> bool:
    return layer.type == "BatchNorm" and len(layer.param) == 3
