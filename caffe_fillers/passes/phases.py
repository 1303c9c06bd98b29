"""A layer without a phase has its net's.

`Net::Init`, src/caffe/net.cpp, BVLC/caffe 9b8915401: after the splits are in, so Split layers have one too.
"""

from __future__ import annotations

from caffe_fillers.schema import NetParameter


def inherit_phase(net: NetParameter) -> NetParameter:
    """The net with a phase in each layer; TEST where neither the layer nor the net's state says."""
    complete = NetParameter()
    complete.CopyFrom(net)
    for layer in complete.layer:
        if not layer.HasField("phase"):
            layer.phase = net.state.phase
    return complete
