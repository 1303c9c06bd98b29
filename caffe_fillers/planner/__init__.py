"""The walk over a prepared net: shapes forward, draws collected, sharing resolved."""

from caffe_fillers.planner.walk import PlannedNet, plan_net

__all__ = ["PlannedNet", "plan_net"]
