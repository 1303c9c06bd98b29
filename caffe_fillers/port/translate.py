"""The translation of one layer, or why there is none."""

from __future__ import annotations

from caffe_fillers.errors import UsageError
from caffe_fillers.port.contract import Code, Target, Translation
from caffe_fillers.port.graph import Node


def translation(target: Target, node: Node) -> Translation:
    """How a layer's type is carried over; a type that is not is a `UsageError`."""
    if node.layer.type not in target.translations:
        known = ", ".join(target.translations.names())
        raise UsageError(
            f"layer {node.layer.name!r}: {node.layer.type} is not carried over to {target.name}; "
            f"these types are: {known}"
        )
    return target.translations[node.layer.type]


def translate(target: Target, node: Node) -> Code:
    """The layer as code; what the framework cannot compute as Caffe does is a `UsageError`."""
    try:
        return translation(target, node).translate(node)
    except UsageError as reason:
        raise UsageError(
            f"layer {node.layer.name!r} ({node.layer.type}) cannot be carried over to {target.name}: {reason}"
        ) from None
