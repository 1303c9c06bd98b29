"""torch's translations, and how a layer's type is registered with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from caffe_fillers._registry import Registry
from caffe_fillers.distributions import Values
from caffe_fillers.port.contract import Translation
from caffe_fillers.port.graph import Node
from caffe_fillers.port.initialisers.keywords import TORCH, keyword
from caffe_fillers.port.registering import registering

translations: Registry[Translation] = Registry("torch layer", __package__)


def named(node: Node, arrays: Sequence[Values]) -> Mapping[str, Values]:
    """Blobs as they are, under torch's names."""
    return {keyword(TORCH, node.layer, index, len(arrays)): array for index, array in enumerate(arrays)}


torch_layer = registering(translations, named)
