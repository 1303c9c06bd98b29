"""The first format (V0, 2013) to the second (V1): one message with all parameters becomes one per family.

`UpgradeV0Net`, src/caffe/util/upgrade_proto.cpp, BVLC/caffe 9b8915401.
"""

from __future__ import annotations

from collections.abc import Iterator

from caffe_fillers.errors import UnknownNameError
from caffe_fillers.notes import Note
from caffe_fillers.passes.contract import LayerError, Passed, assign, note
from caffe_fillers.passes.v0_padding import merge_padding
from caffe_fillers.schema import NetParameter, V1LayerParameter

_NET_FIELDS = ("name", "input", "input_dim", "force_backward", "text_extra")
_LAYER_FIELDS = ("bottom", "top", "text_extra")
_SAME_FIELDS = ("name", "blobs", "blobs_lr", "weight_decay")

_TYPES = {
    "accuracy": "ACCURACY",
    "bnll": "BNLL",
    "concat": "CONCAT",
    "conv": "CONVOLUTION",
    "data": "DATA",
    "dropout": "DROPOUT",
    "euclidean_loss": "EUCLIDEAN_LOSS",
    "flatten": "FLATTEN",
    "hdf5_data": "HDF5_DATA",
    "hdf5_output": "HDF5_OUTPUT",
    "im2col": "IM2COL",
    "images": "IMAGE_DATA",
    "infogain_loss": "INFOGAIN_LOSS",
    "innerproduct": "INNER_PRODUCT",
    "lrn": "LRN",
    "multinomial_logistic_loss": "MULTINOMIAL_LOGISTIC_LOSS",
    "pool": "POOLING",
    "relu": "RELU",
    "sigmoid": "SIGMOID",
    "softmax": "SOFTMAX",
    "softmax_loss": "SOFTMAX_LOSS",
    "split": "SPLIT",
    "tanh": "TANH",
    "window_data": "WINDOW_DATA",
}

_PARAMETERS = {
    "concat": "concat_param",
    "conv": "convolution_param",
    "data": "data_param",
    "dropout": "dropout_param",
    "hdf5_data": "hdf5_data_param",
    "images": "image_data_param",
    "infogain_loss": "infogain_loss_param",
    "innerproduct": "inner_product_param",
    "lrn": "lrn_param",
    "pool": "pooling_param",
    "window_data": "window_data_param",
}

# V0 field: its name in V1, and the types that have it there.
_FIELDS = {
    "num_output": ("num_output", ("conv", "innerproduct")),
    "biasterm": ("bias_term", ("conv", "innerproduct")),
    "weight_filler": ("weight_filler", ("conv", "innerproduct")),
    "bias_filler": ("bias_filler", ("conv", "innerproduct")),
    "pad": ("pad", ("conv", "pool")),
    "kernelsize": ("kernel_size", ("conv", "pool")),
    "group": ("group", ("conv",)),
    "stride": ("stride", ("conv", "pool")),
    "pool": ("pool", ("pool",)),  # both enums have the same numbers
    "dropout_ratio": ("dropout_ratio", ("dropout",)),
    "local_size": ("local_size", ("lrn",)),
    "alpha": ("alpha", ("lrn",)),
    "beta": ("beta", ("lrn",)),
    "k": ("k", ("lrn",)),
    "source": ("source", ("data", "hdf5_data", "images", "window_data", "infogain_loss")),
    "batchsize": ("batch_size", ("data", "hdf5_data", "images", "window_data")),
    "rand_skip": ("rand_skip", ("data", "images")),
    "shuffle_images": ("shuffle", ("images",)),
    "new_height": ("new_height", ("images",)),
    "new_width": ("new_width", ("images",)),
    "concat_dim": ("concat_dim", ("concat",)),
    "det_fg_threshold": ("fg_threshold", ("window_data",)),
    "det_bg_threshold": ("bg_threshold", ("window_data",)),
    "det_fg_fraction": ("fg_fraction", ("window_data",)),
    "det_context_pad": ("context_pad", ("window_data",)),
    "det_crop_mode": ("crop_mode", ("window_data",)),
}

# These go to transform_param whatever the type is.
_TRANSFORM = {"scale": "scale", "meanfile": "mean_file", "cropsize": "crop_size", "mirror": "mirror"}


def v0_to_v1(net: NetParameter) -> Passed:
    """Upgrade a net of which at least one layer is V0; all of it is then taken for V0.

    As in Caffe a parameter that its layer's type does not have is dropped, and
    so is every field of the net or of its layers that V0 did not know. Each
    loss is a note. An unknown type is a `LayerError`.
    """
    if not any(layer.HasField("layer") for layer in net.layers):
        return Passed(net)
    upgraded = NetParameter()
    notes: list[Note] = []
    for field, value in net.ListFields():
        if field.name in _NET_FIELDS:
            assign(upgraded, field.name, value)
        elif field.name != "layers":
            notes.append(Note(f"{field.name} is dropped: a net with V0 layers has none"))
    for layer in merge_padding(net):
        notes += _upgrade(layer, upgraded.layers.add())
    return Passed(upgraded, tuple(notes))


def _upgrade(layer: V1LayerParameter, upgraded: V1LayerParameter) -> Iterator[Note]:
    """Fill one V1 layer from the V0 layer that `layer` wraps; the notes are what is lost."""
    for field, value in layer.ListFields():
        if field.name in _LAYER_FIELDS:
            assign(upgraded, field.name, value)
        elif field.name != "layer":
            yield note(
                layer, f"{field.name} is dropped: in a net with V0 layers only what is in layer {{ }} counts"
            )
    upgraded.text_extra.unknown.extend(layer.layer.text_extra.unknown)
    if layer.layer.HasField("type"):
        upgraded.type = _new_type(layer)
    for field, value in layer.layer.ListFields():
        if field.name in ("type", "text_extra"):
            continue
        try:
            moved = _move(upgraded, layer.layer.type, field.name, value)
        except ValueError:  # an int32 of V0 that is a uint32 since; Caffe wraps it and dies of it later
            raise LayerError(layer, f"{field.name} is {value}; it must not be negative") from None
        if not moved:
            yield note(layer, f"{field.name} is dropped: a V0 layer of type {layer.layer.type!r} has none")


def _new_type(layer: V1LayerParameter) -> V1LayerParameter.LayerType:
    if layer.layer.type not in _TYPES:
        raise LayerError(layer, str(UnknownNameError("V0 layer type", layer.layer.type, _TYPES)))
    new_type: V1LayerParameter.LayerType = getattr(V1LayerParameter, _TYPES[layer.layer.type])
    return new_type


def _move(upgraded: V1LayerParameter, v0_type: str, name: str, value: object) -> bool:
    """Put a V0 field where V1 has it; False where the type has no such parameter."""
    new_name, types = _FIELDS.get(name, ("", ()))
    if name in _SAME_FIELDS or (name, v0_type) == ("hdf5_output_param", "hdf5_output"):
        assign(upgraded, name, value)
    elif name in _TRANSFORM:
        assign(upgraded.transform_param, _TRANSFORM[name], value)
    elif v0_type in types:
        assign(getattr(upgraded, _PARAMETERS[v0_type]), new_name, value)
    else:
        return False
    return True
