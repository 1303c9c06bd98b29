"""Where in a prototxt a layer stands, for errors."""

from __future__ import annotations

from caffe_fillers.schema import LayerParameter


def where(layer: LayerParameter) -> str:
    """The layer as errors name it.

    >>> layer = LayerParameter(name="conv1", type="Convolution"); layer.text_extra.line = 4
    >>> where(layer)
    "line 4: layer 'conv1' (Convolution)"
    """
    line = f"line {layer.text_extra.line}: " if layer.text_extra.line else ""
    return f"{line}layer {layer.name!r} ({layer.type})"
