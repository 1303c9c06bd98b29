"""Padding layers of the first format, merged into the layer that follows.

`UpgradeV0PaddingLayers`, src/caffe/util/upgrade_proto.cpp, BVLC/caffe 9b8915401.
"""

from __future__ import annotations

from collections.abc import Iterator

from caffe_fillers.errors import suggestion
from caffe_fillers.passes.contract import LayerError
from caffe_fillers.schema import NetParameter, V1LayerParameter

_PADDED = ("conv", "pool")


def merge_padding(net: NetParameter) -> Iterator[V1LayerParameter]:
    """Copies of a V0 net's layers, with `pad` in place of the padding layers that they read."""
    makers: dict[str, V1LayerParameter | None] = dict.fromkeys(net.input)
    for layer in net.layers:
        padding = [maker for maker in _makers_of(layer, makers) if maker and maker.layer.type == "padding"]
        for source in padding:
            _check(layer, source)
        makers |= dict.fromkeys(layer.top, layer)
        if layer.layer.type == "padding":
            continue
        merged = V1LayerParameter()
        merged.CopyFrom(layer)
        for source in padding:
            merged.layer.pad = source.layer.pad
            merged.bottom[0] = source.bottom[0]
        yield merged


def _makers_of(
    layer: V1LayerParameter, makers: dict[str, V1LayerParameter | None]
) -> Iterator[V1LayerParameter | None]:
    for bottom in layer.bottom:
        if bottom not in makers:
            raise LayerError(layer, f"unknown bottom blob {bottom!r}{suggestion(bottom, makers)}")
        yield makers[bottom]


def _check(layer: V1LayerParameter, padding: V1LayerParameter) -> None:
    if layer.layer.type not in _PADDED:
        raise LayerError(layer, f"only {' and '.join(_PADDED)} layers may read from a padding layer")
    if len(layer.bottom) != 1:
        raise LayerError(layer, f"it has {len(layer.bottom)} bottoms; with a padding layer it takes one")
    if len(padding.bottom) != 1 or len(padding.top) != 1:
        raise LayerError(
            padding,
            f"it has {len(padding.bottom)} bottoms and {len(padding.top)} tops; it takes one of each",
        )
