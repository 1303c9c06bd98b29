"""A rule per layer type, a module per family; forks' layers are in `layers.forks`."""

from caffe_fillers.layers.contract import (
    LayerType,
    Param,
    Role,
    Setup,
    Weights,
    data_layer,
    layer,
    layer_type,
    layer_types,
    passed_layer_type,
    unknown_type,
    weights_of,
)

__all__ = [
    "LayerType",
    "Param",
    "Role",
    "Setup",
    "Weights",
    "data_layer",
    "layer",
    "layer_type",
    "layer_types",
    "passed_layer_type",
    "unknown_type",
    "weights_of",
]
