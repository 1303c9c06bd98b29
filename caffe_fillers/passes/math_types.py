"""NVIDIA's Caffe writes the types that a layer computes in into the layer: `Net::Init`, src/caffe/net.cpp.

NVIDIA/caffe, branch caffe-0.17, at 87a25543a, and caffe-jacinto's branch caffe-0.16 at de52e8224.
"""

from __future__ import annotations

from typing import Any

from caffe_fillers.schema import NetParameter

_DIALECTS = frozenset({"nvidia", "jacinto", "jacinto17"})
_DIRECTIONS = ("forward", "backward")


def math_types(net: NetParameter, dialect: str) -> NetParameter:
    """The net with types of data and of math in each layer, by default the net's; other dialects' unchanged.

    >>> from caffe_fillers.schema import LayerParameter
    >>> typed = math_types(NetParameter(layer=[LayerParameter(name="conv1")]), "nvidia")
    >>> typed.layer[0].HasField("backward_math")
    True
    """
    if dialect not in _DIALECTS:
        return net
    complete: Any = NetParameter()
    complete.CopyFrom(net)
    for direction in _DIRECTIONS:
        default_type = getattr(complete, f"default_{direction}_type")
        has_math = complete.HasField(f"default_{direction}_math")
        default_math = getattr(complete, f"default_{direction}_math") if has_math else default_type
        for layer in complete.layer:
            _complete(layer, direction, default_type, default_math)
    return complete  # type: ignore[no-any-return]


def _complete(layer: Any, direction: str, default_type: int, default_math: int) -> None:
    """The math is done in the layer's own type if it has one."""
    own_type = layer.HasField(f"{direction}_type")
    if not layer.HasField(f"{direction}_math"):
        math = getattr(layer, f"{direction}_type") if own_type else default_math
        setattr(layer, f"{direction}_math", math)
    if not own_type:
        setattr(layer, f"{direction}_type", default_type)
