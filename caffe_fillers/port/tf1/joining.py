"""Layers that join, cut and reshape."""

from __future__ import annotations

from caffe_fillers.port.joining import Words, joining
from caffe_fillers.port.tf1.target import tf1_layer

joining(
    Words(
        concatenate="tf.concat([{0}], axis={1})",
        split="tf.split({0}, {3}, axis={2})",
        tile="tf.tile({0}, {1})",
        sum="tf.reduce_sum({0}, axis={1})",
        mean="tf.reduce_mean({0}, axis={1})",
        abs="tf.abs({0})",
        square="tf.square({0})",
        flatten="",
        reshape="tf.reshape({0}, [-1, {2}])",
        to_caffe="tf.transpose({0}, [0, 3, 1, 2])",
        from_caffe="tf.transpose({0}, [0, 2, 3, 1])",
    ),
    tf1_layer,
)
