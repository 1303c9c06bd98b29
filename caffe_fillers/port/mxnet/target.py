"""MXNet's translations, and how a layer's type is registered with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from caffe_fillers._registry import Registry
from caffe_fillers.distributions import Values
from caffe_fillers.port.contract import Translation
from caffe_fillers.port.graph import Node
from caffe_fillers.port.initialisers.keywords import MXNET, keyword
from caffe_fillers.port.registering import registering

translations: Registry[Translation] = Registry("MXNet layer", __package__)


def named(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """Blobs as they are, under gluon's names: those of its arguments for initialisers."""
    words = [keyword(MXNET, node.layer, index, len(arrays)) for index in range(len(arrays))]
    return {word.removesuffix("_initializer"): array for word, array in zip(words, arrays, strict=True)}


mxnet_layer = registering(translations, named)
