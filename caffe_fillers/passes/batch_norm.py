"""BatchNorm layers that set their three blobs' multipliers themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_fillers.schema import NetParameter

if TYPE_CHECKING:
    from caffe_fillers.passes import Notes


def upgrade_batch_norm(net: NetParameter, notes: Notes) -> NetParameter:
    """`UpgradeNetBatchNorm`: three `param` entries get multipliers of zero and keep the rest."""
    old = [index for index, layer in enumerate(net.layer) if layer.type == "BatchNorm" and len(layer.param) == 3]
    if not old:
        return net
    upgraded = NetParameter()
    upgraded.CopyFrom(net)
    for index in old:
        for param in upgraded.layer[index].param:
            param.lr_mult = param.decay_mult = 0
    return upgraded
