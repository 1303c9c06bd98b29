"""A rule per layer type, a module per family; forks' layers are in `layers.forks`."""

from caffe_fillers.layers.contract import (
    LayerType,
    Param,
    Setup,
    data_layer,
    layer,
    layer_types,
)

__all__ = ["LayerType", "Param", "Setup", "data_layer", "layer", "layer_types"]
