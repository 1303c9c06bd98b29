"""YOLO: eric612/MobileNet-YOLO at 69b4441cb."""

from __future__ import annotations

from caffe_fillers.errors import NetError
from caffe_fillers.layers.contract import Role, Setup, data_layer, layer, refuse_in_place
from caffe_fillers.layers.forks.common import fork_param, four_axes
from caffe_fillers.layers.forks.data import annotated_data
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import UNKNOWN, Shape, differ, format_shape, legacy_dim
from caffe_fillers.sources import Sources


@layer("Upsample@yolo")
def upsample(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The last two axes times `scale`, by default 1: upsample_layer.cpp."""
    param = fork_param(parameter, "upsample_param")
    scale = param.scale if param.HasField("scale") else 1
    if len(bottoms[0]) < 2 or scale < 1:
        raise NetError(f"a bottom of shape {format_shape(bottoms[0])} cannot be scaled by {scale}")
    *others, height, width = bottoms[0]
    return Setup(((*others, height * scale, width * scale),))


@layer("Reorg")
def reorg(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Squares of `stride` x `stride` go into the channels, or come out with `reverse`: reorg_layer.cpp."""
    refuse_in_place(parameter)
    param = fork_param(parameter, "reorg_param")
    if param.stride < 1:
        raise NetError("reorg_param needs a stride of at least 1")
    num, channels, height, width = four_axes(bottoms[0])
    square = param.stride * param.stride
    if param.reverse:
        return Setup(((num, channels // square, height * param.stride, width * param.stride),))
    return Setup(((num, channels * square, height // param.stride, width // param.stride),))


@layer("RegionLoss", bottoms=2, role=Role.LOSS, accepts_unranked=True)
@layer("YoloSeg", bottoms=(2, 3), role=Role.LOSS, accepts_unranked=True)
def scalar_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A scalar: region_loss_layer.cpp, yolo_seg.cpp."""
    return Setup(((),))


@layer("Yolov3", "GaussianYolov3", bottoms=2, role=Role.LOSS)
def yolov3(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A scalar from boxes, each with its coordinates, an objectness and the classes: yolov3_layer.cpp.

    The Gaussian kind has a variance for each of the four coordinates too.
    """
    param = fork_param(parameter, "yolov3_param")
    coordinates = 8 if parameter.type == "GaussianYolov3" else 4
    channels = param.num * (coordinates + param.num_class + 1)
    if differ(legacy_dim(bottoms[0], 1), channels):
        raise NetError(
            f"its bottom has {legacy_dim(bottoms[0], 1)} channels; {param.num} boxes of "
            f"{param.num_class} classes need {channels}"
        )
    return Setup(((),))


@layer("YoloDetectionOutput", "Yolov3DetectionOutput", bottoms=(1, None), accepts_unranked=True)
def detection_output(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A row of 7 for each box found; one while the net is built: yolo_detection_output_layer.cpp."""
    return Setup(((1, 1, 1, 7),))


@layer("SegmentationEvaluate", bottoms=(2, None), role=Role.MEASURE)
def segmentation_evaluate(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A measure for each channel of the second bottom: segmentation_evaluate_layer.cpp."""
    return Setup(((1, 1, 1, legacy_dim(bottoms[1], 1)),))


@layer("AssistedExcitation", bottoms=3)
def assisted_excitation(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Shaped as the first bottom: assisted_excitation_layer.cpp."""
    return Setup(bottoms[:1])


@data_layer("AnnotatedData@yolo", tops=(1, 3))
def annotated_data_yolo(parameter: LayerParameter, sources: Sources) -> Setup:
    """Plan it as SSD's, or 300 boxes an image, and a third top for segments: annotated_data_layer.cpp."""
    setup = annotated_data(parameter, sources)
    param = fork_param(parameter, "annotated_data_param")
    boxes: Shape = (1, 1, UNKNOWN, 8)
    if param.yolo_data_type == 1:
        boxes = (parameter.data_param.batch_size, 1, 300, 5)
    return _with_segments(parameter, setup, boxes)


@data_layer("LaneData", tops=(1, 3))
def lane_data(parameter: LayerParameter, sources: Sources) -> Setup:
    """Images, labels that nothing is known of, and segments: lane_data_layer.cpp."""
    setup = annotated_data(parameter, sources)
    return _with_segments(parameter, setup, (parameter.data_param.batch_size, 1, 1, 1))


def _with_segments(parameter: LayerParameter, setup: Setup, labels: Shape) -> Setup:
    """The setup with labels and the third top, whose width comes first where a size is declared."""
    param = fork_param(parameter, "annotated_data_param")
    image = setup.tops[0]
    size: Shape = (param.seg_resize_width, param.seg_resize_height)
    if image is not None and 0 in size:
        size = tuple(length // param.seg_scales for length in image[2:])
    classes = 1 if param.single_class or parameter.type == "LaneData" else UNKNOWN
    segments = (parameter.data_param.batch_size, classes, *size)
    tops = (image, labels, segments)[: len(parameter.top)]
    return Setup(tops, setup.events, notes=setup.notes, assumed=setup.assumed)
