"""JAX's translations, and how a layer's type is registered with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from caffe_fillers._registry import Registry
from caffe_fillers.laws import Values
from caffe_fillers.port.contract import LayOut, Translate, Translation
from caffe_fillers.port.graph import Node

translations: Registry[Translation] = Registry("JAX layer", __package__)

BIASED = '''\
def biased(x, layer):
    """An array with the layer's bias, if it has one."""
    return x + layer["bias"] if "bias" in layer else x
'''


def nothing(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """The layout of layers without blobs."""
    return {}


def jax_layer(*types: str, lay_out: LayOut = nothing, limits: str = "") -> Callable[[Translate], Translate]:
    """Register a translation under the types that it is for."""

    def decorate(translate: Translate) -> Translate:
        for each in types:
            translations.add(each, Translation(translate, lay_out, limits))
        return translate

    return decorate
