"""The second format (V1, `layers`, an enum for the type) to today's (V2, `layer`, a string).

`UpgradeV1Net`, src/caffe/util/upgrade_proto.cpp, BVLC/caffe 9b8915401.
"""

from __future__ import annotations

from caffe_fillers import prototxt
from caffe_fillers.passes.contract import LayerError, Passed, assign, copy_without, unknown_type_of
from caffe_fillers.schema import LayerParameter, NetParameter, V1LayerParameter

_TYPES = {
    "NONE": "",
    "ABSVAL": "AbsVal",
    "ACCURACY": "Accuracy",
    "ARGMAX": "ArgMax",
    "BNLL": "BNLL",
    "CONCAT": "Concat",
    "CONTRASTIVE_LOSS": "ContrastiveLoss",
    "CONVOLUTION": "Convolution",
    "DATA": "Data",
    "DECONVOLUTION": "Deconvolution",
    "DROPOUT": "Dropout",
    "DUMMY_DATA": "DummyData",
    "ELTWISE": "Eltwise",
    "EUCLIDEAN_LOSS": "EuclideanLoss",
    "EXP": "Exp",
    "FLATTEN": "Flatten",
    "HDF5_DATA": "HDF5Data",
    "HDF5_OUTPUT": "HDF5Output",
    "HINGE_LOSS": "HingeLoss",
    "IM2COL": "Im2col",
    "IMAGE_DATA": "ImageData",
    "INFOGAIN_LOSS": "InfogainLoss",
    "INNER_PRODUCT": "InnerProduct",
    "LRN": "LRN",
    "MEMORY_DATA": "MemoryData",
    "MULTINOMIAL_LOGISTIC_LOSS": "MultinomialLogisticLoss",
    "MVN": "MVN",
    "POOLING": "Pooling",
    "POWER": "Power",
    "RELU": "ReLU",
    "SIGMOID": "Sigmoid",
    "SIGMOID_CROSS_ENTROPY_LOSS": "SigmoidCrossEntropyLoss",
    "SILENCE": "Silence",
    "SLICE": "Slice",
    "SOFTMAX": "Softmax",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "SPLIT": "Split",
    "TANH": "TanH",
    "THRESHOLD": "Threshold",
    "WINDOW_DATA": "WindowData",
    # C3D 1.0
    "CONVOLUTION3D": "Convolution3D",
    "DECONVOLUTION3D": "Deconvolution3D",
    "DOWN_SAMPLING": "DownSampling",
    "ELTWISE_PRODUCT": "EltwiseProduct",
    "POOLING3D": "Pooling3D",
    "VIDEO_DATA": "VideoData",
    "VIDEO_SEGMENTATION_DATA": "VideoSegmentationData",
    "VIDEO_WITH_VOXEL_TRUTH_DATA": "VideoWithVoxelTruthData",
    "VOLUME_DATA": "VolumeData",
    "VOXEL_CUSTOM_LOSS": "VoxelCustomLoss",
    "VOXEL_SOFTMAX": "VoxelSoftmax",
    "VOXEL_SOFTMAX_LOSS": "VoxelSoftmaxWithLoss",
    # MobileNet-YOLO, Deformable-ConvNets-caffe
    "CONADD": "Conadd",
    "DEFORMABLECONVOLUTION": "DeformableConvolution",
    "RELU6": "ReLU6",
}

# One list for each property of a parameter blob became one message for each blob.
_PARAM_LISTS = {
    "param": "name",
    "blob_share_mode": "share_mode",  # both enums have the same numbers
    "blobs_lr": "lr_mult",
    "weight_decay": "decay_mult",
}


_V1_TYPES = {name: number for number, name in _TYPES.items()}
_V1_FIELDS = set(V1LayerParameter.DESCRIPTOR.fields_by_name) - {"type", "layer", *_PARAM_LISTS}
_V2_FIELDS = frozenset(LayerParameter.DESCRIPTOR.fields_by_name) - {"type"}


def v1_to_v2(net: NetParameter) -> Passed:
    """Upgrade a net that has `layers`; one that has both `layers` and `layer` is a `LayerError`."""
    if not net.layers:
        return Passed(net)
    if net.layer:
        raise LayerError(
            net.layers[0],
            "this net has both 'layers' and 'layer'; write all of them as "
            'layer { type: "..." }, the current format, for Caffe refuses a mixture',
        )
    upgraded = copy_without(net, "layers")
    for layer in net.layers:
        _upgrade(layer, upgraded.layer.add())
    return Passed(upgraded)


def to_v1(layer: LayerParameter) -> V1LayerParameter:
    """A layer as Caffe had it before it had strings for types; what V1 has not is a `LayerError` or dropped.

    >>> to_v1(LayerParameter(name="relu1", type="ReLU", phase="TRAIN"))
    name: "relu1"
    type: RELU
    <BLANKLINE>
    """
    if layer.type not in _V1_TYPES:
        raise LayerError(layer, f"Caffe had no type {layer.type} before 2015-02-19 (f998127ef)")
    old = V1LayerParameter(type=_V1_TYPES[layer.type])
    for field, value in layer.ListFields():
        if field.name in _V1_FIELDS:
            assign(old, field.name, value)
    for spec in layer.param:
        for name, field_of_spec in _PARAM_LISTS.items():
            if spec.HasField(field_of_spec):
                getattr(old, name).append(getattr(spec, field_of_spec))
    return old


def _upgrade(layer: V1LayerParameter, upgraded: LayerParameter) -> None:
    for field, value in layer.ListFields():
        if field.name == "type":
            name = V1LayerParameter.LayerType.Name(value)
            upgraded.type = _TYPES.get(name, name)
        elif field.name in _PARAM_LISTS:
            for index, entry in enumerate(value):
                if index == len(upgraded.param):
                    upgraded.param.add()
                setattr(upgraded.param[index], _PARAM_LISTS[field.name], entry)
        elif field.name in _V2_FIELDS:
            assign(upgraded, field.name, value)
    _keep_old_fields(layer, upgraded)
    _name_unknown_type(layer, upgraded)


def _keep_old_fields(layer: V1LayerParameter, upgraded: LayerParameter) -> None:
    """Fields that forks had in V1 layers alone stay as text, as fields do that no schema has."""
    for field, value in layer.ListFields():
        if field.name not in (*_V2_FIELDS, *_PARAM_LISTS, "type", "layer"):
            alone = V1LayerParameter()
            assign(alone, field.name, value)
            upgraded.text_extra.unknown.append(prototxt.write(alone).strip())


def _name_unknown_type(layer: V1LayerParameter, upgraded: LayerParameter) -> None:
    """A type that no known fork has keeps its name, or its number in a binary file, as a string."""
    if unknown := unknown_type_of(layer):
        upgraded.type = unknown
        kept = [text for text in upgraded.text_extra.unknown if text != f"type: {unknown}"]
        upgraded.text_extra.unknown[:] = kept
