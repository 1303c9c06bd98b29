"""Find the filler that would keep the signal level from one layer with weights to the next."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from caffe_fillers.distributions import Distribution
from caffe_fillers.fillers import MSRA, Xavier
from caffe_fillers.planner import PlannedNet
from caffe_fillers.shapes import Shape
from caffe_fillers.signal.contract import Flow
from caffe_fillers.signal.distribution import normal
from caffe_fillers.signal.parts import second_moment
from caffe_fillers.signal.steps import Step, after

LEVEL = 1.25
"""A gain between 1/LEVEL and LEVEL is left unchanged."""
_NEAR = 1.1
_CANDIDATES = {
    f"{name} {norm}": filler(norm)
    for norm in ("FAN_IN", "AVERAGE", "FAN_OUT")
    for name, filler in (("xavier", Xavier), ("msra", MSRA))
}


def level_filler(net: PlannedNet, walk: Mapping[int, Step], step: Step, flow: Flow, shape: Shape) -> str:
    """The filler under which gain times the following activation's factor is 1; '' if nothing is to do.

    It is named if xavier or msra come within a tenth of the std, else
    given as a gaussian. The factor is that of a standard normal.
    """
    if not flow.fan_in or flow.forward_gain is None or _is_computed(step.node.distributions[0]):
        return ""
    factor = _factor_after(net, walk, step)
    if factor is None or 1 / LEVEL <= flow.forward_gain * factor <= LEVEL:
        return ""
    std = 1 / math.sqrt(flow.fan_in * factor)
    for name, filler in _CANDIDATES.items():
        if std / _NEAR <= filler.distribution(shape).std <= std * _NEAR:
            return name
    return f"gaussian std {std:.2g}"


def _is_computed(distribution: Distribution) -> bool:
    """Return whether it is a kernel such as bilinear's, meant to be what it is; a constant is not."""
    return not distribution.is_random and distribution.std > 0


def _factor_after(net: PlannedNet, walk: Mapping[int, Step], step: Step) -> float | None:
    """The factor of the activation that follows, 1 without one, None before a normalization."""
    for following in after(net, walk, step.layer.tops):
        if following.layer.kind.normalizes:
            return None
        if following.rule is not None and following.rule.activation:
            one, zero = np.ones(()), np.zeros(())
            flow = following.rule.run(following.node, ((normal(1, zero, zero, one),),))
            return None if flow is None or flow.tops[0] is None else second_moment(flow.tops[0]) or None
    return 1.0
