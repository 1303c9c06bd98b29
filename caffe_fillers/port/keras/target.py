"""Keras's translations, and how a layer's type is registered with them."""

from __future__ import annotations

from caffe_fillers._registry import Registry
from caffe_fillers.port.contract import Translation
from caffe_fillers.port.registering import registering

translations: Registry[Translation] = Registry("Keras layer", __package__)

OPTIONS = "*OPTIONS*"
"""Stands in a layer's arguments where its initialisers and its name go."""

keras_layer = registering(translations)
