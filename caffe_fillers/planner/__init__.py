"""The walk over a prepared net: shapes forward, draws collected, sharing resolved."""

from caffe_fillers.planner.net import Place, PlannedBlob, PlannedLayer, PlannedNet, Wire
from caffe_fillers.planner.walk import plan_net

__all__ = ["Place", "PlannedBlob", "PlannedLayer", "PlannedNet", "Wire", "plan_net"]
