"""Which layers a net has in its state: include and exclude rules."""

from __future__ import annotations

from caffe_fillers.errors import NetError
from caffe_fillers.passes.places import where
from caffe_fillers.schema import LayerParameter, NetParameter, NetState, NetStateRule


def select(net: NetParameter) -> NetParameter:
    """`Net::FilterNet`: the layers that the net's own `state` admits."""
    selected = NetParameter()
    selected.CopyFrom(net)
    selected.ClearField("layer")
    selected.layer.extend(layer for layer in net.layer if _is_included(layer, net.state))
    return selected


def meets(state: NetState, rule: NetStateRule) -> bool:
    """`Net::StateMeetsRule`: every part of the rule that is set must hold.

    >>> meets(NetState(level=2, stage=["deploy"]), NetStateRule(min_level=1, not_stage=["fast"]))
    True
    """
    return (
        (not rule.HasField("phase") or rule.phase == state.phase)
        and (not rule.HasField("min_level") or state.level >= rule.min_level)
        and (not rule.HasField("max_level") or state.level <= rule.max_level)
        and set(rule.stage) <= set(state.stage)
        and not set(rule.not_stage) & set(state.stage)
    )


def _is_included(layer: LayerParameter, state: NetState) -> bool:
    if layer.include and layer.exclude:
        raise NetError(f"{where(layer)} has include and exclude rules; Caffe takes either, not both")
    if layer.include:
        return any(meets(state, rule) for rule in layer.include)
    return not any(meets(state, rule) for rule in layer.exclude)
