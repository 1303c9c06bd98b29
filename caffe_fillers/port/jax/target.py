"""JAX's translations, and how a layer's type is registered with them."""

from __future__ import annotations

from caffe_fillers._registry import Registry
from caffe_fillers.port.contract import Translation
from caffe_fillers.port.registering import registering

translations: Registry[Translation] = Registry("JAX layer", __package__)

BIASED = '''\
def biased(x, layer):
    """An array with the layer's bias, if it has one."""
    return x + layer["bias"] if "bias" in layer else x
'''

jax_layer = registering(translations)
