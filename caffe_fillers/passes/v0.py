"""The first format (2013): one message with the parameters of all layer types side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_fillers.errors import NetError, UnknownNameError
from caffe_fillers.schema import NetParameter, V0LayerParameter, V1LayerParameter

if TYPE_CHECKING:
    from caffe_fillers.passes import Notes

TYPES = {
    "accuracy": V1LayerParameter.ACCURACY,
    "bnll": V1LayerParameter.BNLL,
    "concat": V1LayerParameter.CONCAT,
    "conv": V1LayerParameter.CONVOLUTION,
    "data": V1LayerParameter.DATA,
    "dropout": V1LayerParameter.DROPOUT,
    "euclidean_loss": V1LayerParameter.EUCLIDEAN_LOSS,
    "flatten": V1LayerParameter.FLATTEN,
    "hdf5_data": V1LayerParameter.HDF5_DATA,
    "hdf5_output": V1LayerParameter.HDF5_OUTPUT,
    "im2col": V1LayerParameter.IM2COL,
    "images": V1LayerParameter.IMAGE_DATA,
    "infogain_loss": V1LayerParameter.INFOGAIN_LOSS,
    "innerproduct": V1LayerParameter.INNER_PRODUCT,
    "lrn": V1LayerParameter.LRN,
    "multinomial_logistic_loss": V1LayerParameter.MULTINOMIAL_LOGISTIC_LOSS,
    "pool": V1LayerParameter.POOLING,
    "relu": V1LayerParameter.RELU,
    "sigmoid": V1LayerParameter.SIGMOID,
    "softmax": V1LayerParameter.SOFTMAX,
    "softmax_loss": V1LayerParameter.SOFTMAX_LOSS,
    "split": V1LayerParameter.SPLIT,
    "tanh": V1LayerParameter.TANH,
    "window_data": V1LayerParameter.WINDOW_DATA,
}

_CONV, _POOL, _IP = "convolution_param", "pooling_param", "inner_product_param"
_BATCHES = {
    "data": "data_param",
    "hdf5_data": "hdf5_data_param",
    "images": "image_data_param",
    "window_data": "window_data_param",
}
_WEIGHTED = {"conv": _CONV, "innerproduct": _IP}

# Field of V0LayerParameter: its new name, and for each layer type the message that takes it.
FIELDS: dict[str, tuple[str, dict[str, str]]] = {
    "num_output": ("num_output", _WEIGHTED),
    "biasterm": ("bias_term", _WEIGHTED),
    "weight_filler": ("weight_filler", _WEIGHTED),
    "bias_filler": ("bias_filler", _WEIGHTED),
    "pad": ("pad", {"conv": _CONV, "pool": _POOL}),
    "kernelsize": ("kernel_size", {"conv": _CONV, "pool": _POOL}),
    "group": ("group", {"conv": _CONV}),
    "stride": ("stride", {"conv": _CONV, "pool": _POOL}),
    "pool": ("pool", {"pool": _POOL}),
    "dropout_ratio": ("dropout_ratio", {"dropout": "dropout_param"}),
    "local_size": ("local_size", {"lrn": "lrn_param"}),
    "alpha": ("alpha", {"lrn": "lrn_param"}),
    "beta": ("beta", {"lrn": "lrn_param"}),
    "k": ("k", {"lrn": "lrn_param"}),
    "source": ("source", _BATCHES | {"infogain_loss": "infogain_loss_param"}),
    "batchsize": ("batch_size", _BATCHES),
    "rand_skip": ("rand_skip", {"data": "data_param", "images": "image_data_param"}),
    "shuffle_images": ("shuffle", {"images": "image_data_param"}),
    "new_height": ("new_height", {"images": "image_data_param"}),
    "new_width": ("new_width", {"images": "image_data_param"}),
    "concat_dim": ("concat_dim", {"concat": "concat_param"}),
    "det_fg_threshold": ("fg_threshold", {"window_data": "window_data_param"}),
    "det_bg_threshold": ("bg_threshold", {"window_data": "window_data_param"}),
    "det_fg_fraction": ("fg_fraction", {"window_data": "window_data_param"}),
    "det_context_pad": ("context_pad", {"window_data": "window_data_param"}),
    "det_crop_mode": ("crop_mode", {"window_data": "window_data_param"}),
}
_TRANSFORMATION = {"scale": "scale", "meanfile": "mean_file", "cropsize": "crop_size", "mirror": "mirror"}


def upgrade_v0(net: NetParameter, notes: Notes) -> NetParameter:
    """`UpgradeV0Net`, where any layer is of the first format; of the net's own fields few survive it."""
    if not any(layer.HasField("layer") for layer in net.layers):
        return net
    upgraded = NetParameter(input=net.input, input_dim=net.input_dim)
    if net.HasField("name"):
        upgraded.name = net.name
    if net.HasField("force_backward"):
        upgraded.force_backward = net.force_backward
    for layer in _pad_instead(net):
        upgraded.layers.append(_upgrade_layer(layer, notes))
    return upgraded


def _pad_instead(net: NetParameter) -> list[V1LayerParameter]:
    """Padding was a layer of its own once; it becomes a parameter of the layer it feeds."""
    kept: list[V1LayerParameter] = []
    sources: dict[str, V1LayerParameter | None] = dict.fromkeys(net.input)
    for layer in net.layers:
        copy = V1LayerParameter()
        copy.CopyFrom(layer)
        for index, bottom in enumerate(layer.bottom):
            if bottom not in sources:
                raise NetError(f"layer {layer.layer.name!r} takes blob {bottom!r}, which no layer makes")
            source = sources[bottom]
            if source is not None and source.layer.type == "padding":
                _check_padding(layer, source)
                copy.layer.pad = source.layer.pad
                copy.bottom[index] = source.bottom[0]
        if layer.layer.type != "padding":
            kept.append(copy)
        sources |= dict.fromkeys(layer.top, layer)
    return kept


def _check_padding(layer: V1LayerParameter, source: V1LayerParameter) -> None:
    name = layer.layer.name
    if layer.layer.type not in ("conv", "pool"):
        raise NetError(f"layer {name!r} ({layer.layer.type}) takes a padding layer; only conv and pool can")
    if (len(layer.bottom), len(source.bottom), len(source.top)) != (1, 1, 1):
        raise NetError(f"layer {name!r} and its padding layer must have one bottom and one top each")


def _upgrade_layer(connection: V1LayerParameter, notes: Notes) -> V1LayerParameter:
    old = connection.layer
    layer = V1LayerParameter(bottom=connection.bottom, top=connection.top, text_extra=connection.text_extra)
    if not connection.HasField("layer"):
        return layer
    if old.HasField("name"):
        layer.name = old.name
    if old.HasField("type"):
        if old.type not in TYPES:
            raise UnknownNameError("V0 layer type", old.type, TYPES)
        layer.type = TYPES[old.type]
    layer.blobs.extend(old.blobs)
    layer.blobs_lr.extend(old.blobs_lr)
    layer.weight_decay.extend(old.weight_decay)
    for name, (new_name, messages) in FIELDS.items():
        if old.HasField(name):
            _move(old, name, layer, messages, new_name, notes)
    for name, new_name in _TRANSFORMATION.items():
        if old.HasField(name):
            setattr(layer.transform_param, new_name, getattr(old, name))
    if old.HasField("hdf5_output_param"):
        if old.type == "hdf5_output":
            layer.hdf5_output_param.CopyFrom(old.hdf5_output_param)
        else:
            notes.append(f"layer {old.name!r}: hdf5_output_param means nothing to type {old.type}")
    return layer


def _move(
    old: V0LayerParameter,
    name: str,
    layer: V1LayerParameter,
    messages: dict[str, str],
    new_name: str,
    notes: Notes,
) -> None:
    if old.type not in messages:
        notes.append(f"layer {old.name!r}: {name} means nothing to type {old.type}; Caffe drops it")
        return
    target, value = getattr(layer, messages[old.type]), getattr(old, name)
    if name.endswith("_filler"):
        getattr(target, new_name).CopyFrom(value)
    elif hasattr(getattr(target, new_name), "append"):  # a convolution's geometry is a list by now
        getattr(target, new_name).append(value)
    else:
        setattr(target, new_name, value)
