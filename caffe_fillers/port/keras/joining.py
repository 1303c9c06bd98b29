"""Layers that join, cut and reshape."""

from __future__ import annotations

from caffe_fillers.port.joining import Words, joining
from caffe_fillers.port.keras.target import keras_layer

joining(
    Words(
        concatenate="ops.concatenate([{0}], axis={1})",
        split="ops.split({0}, {1}, axis={2})",
        tile="ops.tile({0}, {1})",
        sum="ops.sum({0}, axis={1})",
        mean="ops.mean({0}, axis={1})",
        abs="ops.abs({0})",
        square="ops.square({0})",
        flatten="layers.Flatten()({0})",
        reshape="layers.Reshape({1})({0})",
        to_caffe="layers.Permute((3, 1, 2))({0})",
        from_caffe="layers.Permute((2, 3, 1))({0})",
    ),
    keras_layer,
)
