"""A Split layer after every top that more than one reader takes; a loss weight is a reader too.

`InsertSplits`, src/caffe/util/insert_splits.cpp, BVLC/caffe 9b8915401.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from caffe_fillers.errors import suggestion
from caffe_fillers.passes.contract import LayerError, with_layers
from caffe_fillers.passes.dialects import era_of
from caffe_fillers.passes.selection import format_state, is_included
from caffe_fillers.schema import LayerParameter, NetParameter

MAX_NAMES = 1 << 24
"""Bytes of the names of Split layers and of their tops, which repeat the names of blob and maker for each
reader: Caffe itself makes gigabytes of a long name with many readers."""

Top: TypeAlias = tuple[int, int]
"""Which layer makes a blob, and as which of its tops."""


@dataclass
class _Readers:
    """Readers of blobs: the top behind each layer's bottoms, and the readers and loss weight of each top."""

    sources: list[list[Top]] = field(default_factory=list)
    count: Counter[Top] = field(default_factory=Counter)
    loss_weight: dict[Top, float] = field(default_factory=dict)


def insert_splits(net: NetParameter, declared: NetParameter | None = None) -> NetParameter:
    """The net with its Split layers. An unknown bottom is a `LayerError`.

    `declared` is the net before its layers were selected; the error then
    tells if a rule left out the layer that makes the blob.
    """
    readers = _find_readers(net, declared or net)
    if max(readers.count.values(), default=0) <= 1:
        return net
    _check_names(net, readers)
    return with_layers(net, _split_layers(net, readers, in_place=era_of(net).split_in_place))


def _find_readers(net: NetParameter, declared: NetParameter) -> _Readers:
    readers = _Readers()
    last_top: dict[str, Top] = {}  # an in-place layer makes the blob anew
    for layer_id, layer in enumerate(net.layer):
        for bottom in layer.bottom:
            if bottom not in last_top:
                hint = _hint(layer, bottom, last_top, declared)
                raise LayerError(layer, f"unknown bottom blob {bottom!r}{hint}")
        readers.sources.append([last_top[bottom] for bottom in layer.bottom])
        readers.count.update(readers.sources[-1])
        last_top |= {top: (layer_id, index) for index, top in enumerate(layer.top)}
        for top, weight in zip(layer.top, layer.loss_weight, strict=False):
            readers.loss_weight[last_top[top]] = weight
            readers.count[last_top[top]] += weight != 0
    return readers


def _check_names(net: NetParameter, readers: _Readers) -> None:
    """Refuse splits whose names alone would take more than `MAX_NAMES` bytes."""
    size = 0
    for (layer_id, index), count in readers.count.items():
        layer = net.layer[layer_id]
        if count > 1:
            size += 2 * count * len(_blob_name(layer.name, layer.top[index], index, count))
        if size > MAX_NAMES:
            raise LayerError(
                layer,
                f"its top {layer.top[index]!r:.60} has {count:,} readers, and the Split layer's names for "
                f"them take more than {MAX_NAMES:,} bytes in all; give shorter names",
            )


def _split_layers(net: NetParameter, readers: _Readers, *, in_place: bool) -> Iterator[LayerParameter]:
    left: dict[Top, Iterator[str]] = {}  # tops of Splits that no reader has taken yet
    for layer_id, original in enumerate(net.layer):
        layer = LayerParameter()
        layer.CopyFrom(original)
        for index, source in enumerate(readers.sources[layer_id]):
            if source in left:
                layer.bottom[index] = next(left[source])
        splits = []
        for index in range(len(layer.top)):
            key = (layer_id, index)
            if readers.count[key] > 1:
                weight = readers.loss_weight.get(key, 0)
                splits.append(_split(original, index, readers.count[key], weight, in_place=in_place))
                left[key] = iter(splits[-1].top)
                if weight:  # the loss reads the split's first top; Caffe forgets the layer's other weights
                    layer.ClearField("loss_weight")
                    next(left[key])
        yield layer
        yield from splits


def _split(
    maker: LayerParameter, index: int, count: int, loss_weight: float, *, in_place: bool
) -> LayerParameter:
    """The Split of a top; in the first Caffes its first top is its bottom."""
    blob = maker.top[index]
    split = LayerParameter(name=f"{blob}_{maker.name}_{index}_split", type="Split", bottom=[blob])
    split.top.extend(_blob_name(maker.name, blob, index, number) for number in range(count))
    if in_place:
        split.top[0] = blob
    if loss_weight:
        split.loss_weight.extend([loss_weight] + [0] * (count - 1))
    split.text_extra.CopyFrom(maker.text_extra)  # its line, dialect and era
    split.text_extra.ClearField("unknown")
    return split


def _blob_name(maker: str, blob: str, index: int, number: int) -> str:
    return f"{blob}_{maker}_{index}_split_{number}"


def _hint(layer: LayerParameter, blob: str, known: Iterable[str], declared: NetParameter) -> str:
    """Explain why a blob is unknown, as far as the net tells."""
    if blob in layer.top:
        return ", its own top: an in-place layer works on a blob that a layer before it makes"
    makers = [other for other in declared.layer if blob in other.top]
    if not makers:
        return suggestion(blob, known) or (
            "; no layer makes it: if it is an input, declare it above the layers, such as "
            f'input: "{blob}" input_shape {{ dim: 1 dim: 3 dim: 224 dim: 224 }}'
        )
    maker = f"layer {makers[0].name!r}, which makes it,"
    if any(is_included(other, declared.state) for other in makers):
        return f": {maker} comes later"
    stages = dict.fromkeys(stage for other in makers for rule in other.include for stage in rule.stage)
    remedy = f"; build it with --stage {' or '.join(stages)}" if stages else ""
    return f": {maker} is left out by its rules in {format_state(declared.state)}{remedy}"
