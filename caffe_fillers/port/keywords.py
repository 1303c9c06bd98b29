"""What frameworks call the parameters of a layer, and the arguments that their initializers are given by."""

from __future__ import annotations

from collections.abc import Mapping

from caffe_fillers.schema import LayerParameter

_INPUT, _STATIC, _HIDDEN = ("weight", "bias"), ("static_weight",), ("recurrent_weight",)
_OUTPUT = ("output_weight", "output_bias")

Keywords = Mapping[str, Mapping[str, str]]
"""By the layer's type, or "" for all others, and by the parameter's role."""

KERAS: Keywords = {
    "": {"weight": "kernel_initializer", "bias": "bias_initializer"},
    "depthwise": {"weight": "depthwise_initializer"},
    "Bias": {"bias": "beta_initializer"},
    "Embed": {"weight": "embeddings_initializer"},
    "PReLU": {"weight": "alpha_initializer"},
    "Scale": {"weight": "gamma_initializer", "bias": "beta_initializer"},
    "LSTM": {"recurrent_weight": "recurrent_initializer"},
    "RNN": {"recurrent_weight": "recurrent_initializer"},
}
MXNET: Keywords = {
    "": {"weight": "weight_initializer", "bias": "bias_initializer"},
    "Bias": {"bias": "beta_initializer"},
    "PReLU": {"weight": "alpha_initializer"},
    "Scale": {"weight": "gamma_initializer", "bias": "beta_initializer"},
    "LSTM": {
        "weight": "i2h_weight_initializer",
        "bias": "i2h_bias_initializer",
        "recurrent_weight": "h2h_weight_initializer",
    },
}
FLAX: Keywords = {
    "": {"weight": "kernel_init", "bias": "bias_init"},
    "Embed": {"weight": "embedding_init"},
    "Scale": {"weight": "scale_init"},
    "LSTM": {"recurrent_weight": "recurrent_kernel_init"},
    "RNN": {"recurrent_weight": "recurrent_kernel_init"},
}
TORCH: Keywords = {
    "": {"weight": "weight", "bias": "bias"},
    "LSTM": {"weight": "weight_ih_l0", "bias": "bias_ih_l0", "recurrent_weight": "weight_hh_l0"},
    "RNN": {"weight": "weight_ih_l0", "bias": "bias_ih_l0", "recurrent_weight": "weight_hh_l0"},
}


def role(layer: LayerParameter, index: int, blobs: int) -> str:
    """What a layer's blob is for; `blobs` is how many it has.

    >>> role(LayerParameter(type="LSTM"), 2, 3), role(LayerParameter(type="Bias"), 0, 1)
    ('recurrent_weight', 'bias')
    """
    roles = {
        "Bias": ("bias",),
        "LSTM": (*_INPUT, *(_STATIC if blobs == 4 else ()), *_HIDDEN),
        "RNN": (*_INPUT, *(_STATIC if blobs == 6 else ()), *_HIDDEN, *_OUTPUT),
    }.get(layer.type, _INPUT)
    return roles[index] if index < len(roles) else f"blob{index}"


def keyword(keywords: Keywords, layer: LayerParameter, index: int, blobs: int) -> str:
    """The argument or attribute for a blob; its role's name where the framework has none."""
    name = role(layer, index, blobs)
    depthwise = layer.type == "Convolution" and layer.convolution_param.group > 1
    kinds = ("depthwise", "") if depthwise else (layer.type, "")
    return next((keywords[kind][name] for kind in kinds if name in keywords.get(kind, {})), name)
