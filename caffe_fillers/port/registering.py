"""How a target's layer types are registered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from caffe_fillers._registry import Registry
from caffe_fillers.distributions import Values
from caffe_fillers.port.contract import LayOut, Translate, Translation
from caffe_fillers.port.graph import Node


def nothing(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """The layout of layers without blobs."""
    return {}


def registering(
    translations: Registry[Translation], otherwise: LayOut = nothing
) -> Callable[..., Callable[[Translate], Translate]]:
    """A decorator that registers a translation under the types that it is for.

    `otherwise` lays out the blobs of those that do not say how.
    """

    def register(
        *types: str, lay_out: LayOut = otherwise, limits: str = ""
    ) -> Callable[[Translate], Translate]:
        def decorate(translate: Translate) -> Translate:
            for each in types:
                translations.add(each, Translation(translate, lay_out, limits))
            return translate

        return decorate

    return register
