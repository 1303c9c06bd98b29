"""A blob that several layers use is split first: src/caffe/util/insert_splits.cpp."""

from __future__ import annotations

from collections import Counter

from caffe_fillers.errors import NetError, suggestion
from caffe_fillers.passes.places import where
from caffe_fillers.schema import LayerParameter, NetParameter

Top = tuple[int, int]  # index of the layer, index of the top


def insert_splits(net: NetParameter) -> NetParameter:
    """`InsertSplits`, and the phase that `Net::Init` gives layers without one.

    A top that a loss weight makes a loss counts as used once more; its
    weight then moves to the split layer.
    """
    sources, uses, weights = _uses(net)
    split = NetParameter()
    split.CopyFrom(net)
    split.ClearField("layer")
    taken: Counter[Top] = Counter()
    for index, layer in enumerate(net.layer):
        copy = split.layer.add()
        copy.CopyFrom(layer)
        for number, blob in enumerate(layer.bottom):
            top = sources[index, number]
            if uses[top] > 1:
                copy.bottom[number] = _blob_name(net, top, blob, taken[top])
                taken[top] += 1
        for number in range(len(layer.top)):
            top = index, number
            if uses[top] > 1:
                split.layer.append(_split_layer(net, top, uses[top], weights.get(top, 0.0)))
                if weights.get(top):
                    copy.ClearField("loss_weight")
                    taken[top] += 1
    for layer in split.layer:
        if not layer.HasField("phase"):
            layer.phase = net.state.phase
    return split


def _uses(net: NetParameter) -> tuple[dict[tuple[int, int], Top], Counter[Top], dict[Top, float]]:
    """Which top each bottom is, how often each top is used, and with which weight as a loss."""
    newest: dict[str, Top] = {}
    sources: dict[tuple[int, int], Top] = {}
    uses: Counter[Top] = Counter()
    weights: dict[Top, float] = {}
    for index, layer in enumerate(net.layer):
        for number, blob in enumerate(layer.bottom):
            if blob not in newest:
                raise NetError(
                    f"{where(layer)} takes an unknown bottom blob {blob!r}{suggestion(blob, newest)}: "
                    "no layer before it has it as a top"
                )
            sources[index, number] = newest[blob]
            uses[newest[blob]] += 1
        newest |= {blob: (index, number) for number, blob in enumerate(layer.top)}
        for weight, blob in zip(layer.loss_weight, layer.top, strict=False):
            weights[newest[blob]] = weight
            uses[newest[blob]] += weight != 0
    return sources, uses, weights


def _split_layer(net: NetParameter, top: Top, count: int, weight: float) -> LayerParameter:
    blob = net.layer[top[0]].top[top[1]]
    layer = LayerParameter(name=_split_name(net, top, blob), type="Split", bottom=[blob])
    layer.top.extend(_blob_name(net, top, blob, number) for number in range(count))
    if weight:
        layer.loss_weight.extend([weight] + [0.0] * (count - 1))
    return layer


def _split_name(net: NetParameter, top: Top, blob: str) -> str:
    return f"{blob}_{net.layer[top[0]].name}_{top[1]}_split"


def _blob_name(net: NetParameter, top: Top, blob: str, number: int) -> str:
    return f"{_split_name(net, top, blob)}_{number}"
