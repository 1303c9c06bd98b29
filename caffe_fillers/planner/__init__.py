"""Walk a prepared net: shapes go forward, draws are collected, sharing is resolved."""

from caffe_fillers.planner.net import Place, PlannedBlob, PlannedLayer, PlannedNet, Wire
from caffe_fillers.planner.walk import plan_net

__all__ = ["Place", "PlannedBlob", "PlannedLayer", "PlannedNet", "Wire", "plan_net"]
