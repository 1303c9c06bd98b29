"""MXNet's translations, and how a layer's type is registered with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from caffe_fillers._registry import Registry
from caffe_fillers.laws import Values
from caffe_fillers.port.contract import LayOut, Translate, Translation
from caffe_fillers.port.graph import Node
from caffe_fillers.port.initialisers.keywords import MXNET, keyword

translations: Registry[Translation] = Registry("MXNet layer", __package__)


def named(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """Blobs as they are, under gluon's names: those of its arguments for initialisers."""
    words = [keyword(MXNET, node.layer, index, len(arrays)) for index in range(len(arrays))]
    return {word.removesuffix("_initializer"): array for word, array in zip(words, arrays, strict=True)}


def mxnet_layer(*types: str, lay_out: LayOut = named, limits: str = "") -> Callable[[Translate], Translate]:
    """Register a translation under the types that it is for."""

    def decorate(translate: Translate) -> Translate:
        for each in types:
            translations.add(each, Translation(translate, lay_out, limits))
        return translate

    return decorate
