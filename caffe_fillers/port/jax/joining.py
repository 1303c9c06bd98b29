"""Layers that join, cut and reshape."""

from __future__ import annotations

from caffe_fillers.port.jax.target import jax_layer
from caffe_fillers.port.joining import Words, joining

joining(
    Words(
        concatenate="jnp.concatenate([{0}], axis={1})",
        split="jnp.split({0}, {1}, axis={2})",
        tile="jnp.tile({0}, {1})",
        sum="jnp.sum({0}, axis={1})",
        mean="jnp.mean({0}, axis={1})",
        abs="jnp.abs({0})",
        square="jnp.square({0})",
        flatten="{0}.reshape(len({{0}}), -1)",
        reshape="{0}.reshape(len({{0}}), {2})",
        to_caffe="{0}.transpose(0, 3, 1, 2)",
        from_caffe="{0}.transpose(0, 2, 3, 1)",
    ),
    jax_layer,
)
