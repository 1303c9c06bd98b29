"""TensorFlow 1's translations, and how a layer's type is registered with them.

A layer's call finds its parameters in Python variables of the names that the layout gives them.
"""

from __future__ import annotations

from caffe_fillers._registry import Registry
from caffe_fillers.port.contract import Translation
from caffe_fillers.port.registering import registering

translations: Registry[Translation] = Registry("TensorFlow 1 layer", __package__)

tf1_layer = registering(translations)


def biased(call: str, *, bias: bool) -> str:
    """A call whose result a layer's bias is added to, where it has one."""
    return f"tf.nn.bias_add({call}, bias)" if bias else call
