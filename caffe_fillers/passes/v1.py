"""The second format (2014): layer types as an enum, and what became of `param` as lists side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from caffe_fillers.errors import NetError
from caffe_fillers.schema import LayerParameter, NetParameter, V1LayerParameter

if TYPE_CHECKING:
    from caffe_fillers.passes import Notes

TYPES = {
    V1LayerParameter.NONE: "",
    V1LayerParameter.ABSVAL: "AbsVal",
    V1LayerParameter.ACCURACY: "Accuracy",
    V1LayerParameter.ARGMAX: "ArgMax",
    V1LayerParameter.BNLL: "BNLL",
    V1LayerParameter.CONCAT: "Concat",
    V1LayerParameter.CONTRASTIVE_LOSS: "ContrastiveLoss",
    V1LayerParameter.CONVOLUTION: "Convolution",
    V1LayerParameter.DECONVOLUTION: "Deconvolution",
    V1LayerParameter.DATA: "Data",
    V1LayerParameter.DROPOUT: "Dropout",
    V1LayerParameter.DUMMY_DATA: "DummyData",
    V1LayerParameter.EUCLIDEAN_LOSS: "EuclideanLoss",
    V1LayerParameter.ELTWISE: "Eltwise",
    V1LayerParameter.EXP: "Exp",
    V1LayerParameter.FLATTEN: "Flatten",
    V1LayerParameter.HDF5_DATA: "HDF5Data",
    V1LayerParameter.HDF5_OUTPUT: "HDF5Output",
    V1LayerParameter.HINGE_LOSS: "HingeLoss",
    V1LayerParameter.IM2COL: "Im2col",
    V1LayerParameter.IMAGE_DATA: "ImageData",
    V1LayerParameter.INFOGAIN_LOSS: "InfogainLoss",
    V1LayerParameter.INNER_PRODUCT: "InnerProduct",
    V1LayerParameter.LRN: "LRN",
    V1LayerParameter.MEMORY_DATA: "MemoryData",
    V1LayerParameter.MULTINOMIAL_LOGISTIC_LOSS: "MultinomialLogisticLoss",
    V1LayerParameter.MVN: "MVN",
    V1LayerParameter.POOLING: "Pooling",
    V1LayerParameter.POWER: "Power",
    V1LayerParameter.RELU: "ReLU",
    V1LayerParameter.SIGMOID: "Sigmoid",
    V1LayerParameter.SIGMOID_CROSS_ENTROPY_LOSS: "SigmoidCrossEntropyLoss",
    V1LayerParameter.SILENCE: "Silence",
    V1LayerParameter.SOFTMAX: "Softmax",
    V1LayerParameter.SOFTMAX_LOSS: "SoftmaxWithLoss",
    V1LayerParameter.SPLIT: "Split",
    V1LayerParameter.SLICE: "Slice",
    V1LayerParameter.TANH: "TanH",
    V1LayerParameter.WINDOW_DATA: "WindowData",
    V1LayerParameter.THRESHOLD: "Threshold",
}

# Each of these lists has an entry per parameter blob; together they became `param`.
_PARAM_LISTS = {
    "param": "name",
    "blob_share_mode": "share_mode",
    "blobs_lr": "lr_mult",
    "weight_decay": "decay_mult",
}


def upgrade_v1(net: NetParameter, notes: Notes) -> NetParameter:
    """`UpgradeV1Net`, where there are layers of the second format."""
    if not net.layers:
        return net
    if net.layer:
        raise NetError(
            "the net has both `layer` and `layers`: Caffe refuses to mix the two formats; "
            "write all as `layer { type: 'Convolution' }`"
        )
    upgraded = NetParameter()
    upgraded.CopyFrom(net)
    upgraded.ClearField("layers")
    for layer in net.layers:
        upgraded.layer.append(_upgrade_layer(layer, notes))
    return upgraded


def _upgrade_layer(old: V1LayerParameter, notes: Notes) -> LayerParameter:
    layer = LayerParameter()
    if old.HasField("type"):
        layer.type = TYPES[old.type]
    for name in ("bottom", "top", "include", "exclude", "blobs", "loss_weight"):
        getattr(layer, name).extend(getattr(old, name))
    for name, new_name in _PARAM_LISTS.items():
        for index, value in enumerate(getattr(old, name)):
            while len(layer.param) <= index:
                layer.param.add()
            setattr(layer.param[index], new_name, value)
    for field, value in old.ListFields():
        if field.name == "name":
            layer.name = value
        elif field.name in ("text_extra", *_MESSAGES):
            getattr(layer, field.name).CopyFrom(value)
    if old.HasField("layer"):
        notes.append(f"layer {old.name!r}: a layer of the first format within is ignored, as Caffe does")
    return layer


_MESSAGES = [name for name in V1LayerParameter.DESCRIPTOR.fields_by_name if name.endswith("_param")]
