"""Checks of a check's own arguments."""

from __future__ import annotations

from caffe_fillers.errors import UsageError
from caffe_fillers.model import Model
from caffe_fillers.planner import PlannedNet


def require_kinds(plan: object, model: object) -> None:
    """Refuse arguments that are no planned net and no model, such as both in the other order."""
    if not isinstance(plan, PlannedNet) or not isinstance(model, Model):
        given = f"check_model({type(plan).__name__}, {type(model).__name__})"
        raise UsageError(
            f"{given}: it takes a PlannedNet and a Model, check_model(net.plan, weights.model()); "
            "net.check(weights) takes a file's name or cf.Weights"
        )
