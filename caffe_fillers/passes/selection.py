"""Select the layers that a net has in a state, by its include and exclude rules.

`Net::FilterNet` and `Net::StateMeetsRule`, src/caffe/net.cpp, BVLC/caffe 9b8915401.
"""

from __future__ import annotations

from itertools import compress

from caffe_fillers.passes.contract import LayerError, with_layers
from caffe_fillers.schema import LayerParameter, NetParameter, NetState, NetStateRule, Phase


def merge_states(*states: NetState | None) -> NetState:
    """One state of several: a later phase or level wins, stages add up.

    >>> merged = merge_states(NetState(level=3, stage=["a"]), None, NetState(level=0, stage=["b"]))
    >>> merged.level, list(merged.stage)
    (0, ['a', 'b'])
    """
    merged = NetState()
    for state in states:
        if state is not None:
            merged.MergeFrom(state)
    return merged


def format_state(state: NetState) -> str:
    """A state in words.

    >>> format_state(NetState(stage=["deploy"]))
    'phase TEST, level 0, stage deploy'
    """
    stages = f"stage {' and '.join(state.stage)}" if state.stage else "no stage"
    return f"phase {Phase.Name(state.phase)}, level {state.level}, {stages}"


def select(net: NetParameter) -> NetParameter:
    """The layers that belong to the net in its own `state`; both kinds of rules in one are a `LayerError`."""
    included = [is_included(layer, net.state) for layer in net.layer]
    return net if all(included) else with_layers(net, compress(net.layer, included))


def is_included(layer: LayerParameter, state: NetState) -> bool:
    """Return whether a layer is there: it meets any of its include rules, or none of its exclude rules."""
    if layer.include and layer.exclude:
        raise LayerError(layer, "it has include and exclude rules; give one kind only")
    if layer.include:
        return any(meets_rule(state, rule) for rule in layer.include)
    return not any(meets_rule(state, rule) for rule in layer.exclude)


def meets_rule(state: NetState, rule: NetStateRule) -> bool:
    """Return whether a state has everything that a rule asks for; an empty rule asks for nothing."""
    return not (
        (rule.HasField("phase") and rule.phase != state.phase)
        or (rule.HasField("min_level") and state.level < rule.min_level)
        or (rule.HasField("max_level") and state.level > rule.max_level)
        or not set(state.stage).issuperset(rule.stage)
        or not set(state.stage).isdisjoint(rule.not_stage)
    )
