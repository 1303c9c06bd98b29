"""Detection: Fast and Faster R-CNN, R-FCN, SSD. None of these layers has a blob."""

from __future__ import annotations

from operator import le
from typing import Any

import numpy as np

from caffe_fillers.errors import NetError
from caffe_fillers.layers.contract import Role, Setup, layer
from caffe_fillers.layers.forks.common import fork_param, four_axes
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import UNKNOWN, Shape, differ, format_shape, legacy_dim


@layer("ROIPooling", bottoms=2, accepts_unranked=True)
def roi_pooling(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A patch of `pooled_h` x `pooled_w` for each region, caffe-fast-rcnn roi_pooling_layer.cpp."""
    roi_pooling_param = fork_param(parameter, "roi_pooling_param")
    pooled = roi_pooling_param.pooled_h, roi_pooling_param.pooled_w
    if min(pooled) < 1:
        raise NetError("roi_pooling_param needs pooled_h and pooled_w of at least 1")
    return Setup(((_num_regions(bottoms[1]), _channels(bottoms[0]), *pooled),))


@layer("PSROIPooling", bottoms=2, accepts_unranked=True)
def psroi_pooling(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Each cell of a group_size x group_size grid has channels of its own, caffe-rfcn."""
    psroi_pooling_param = fork_param(parameter, "psroi_pooling_param")
    outputs, group = psroi_pooling_param.output_dim, psroi_pooling_param.group_size
    if outputs < 1 or group < 1:
        raise NetError("psroi_pooling_param needs output_dim and group_size of at least 1")
    if differ(_channels(bottoms[0]), outputs * group * group):
        raise NetError(
            f"its bottom has {bottoms[0][1]} channels; output_dim x group_size^2 is {outputs * group * group}"
        )
    return Setup(((_num_regions(bottoms[1]), outputs, group, group),))


def _channels(shape: Shape | None) -> int:
    return UNKNOWN if shape is None else four_axes(shape)[1]


def _num_regions(shape: Shape | None) -> int:
    """Return the number of regions, unknown where data decides it; no weights depend on it."""
    return UNKNOWN if shape is None else legacy_dim(shape, 0)


@layer(
    *("SmoothL1Loss@yjxiong", "SmoothL1Loss@rfcn", "SmoothL1Loss@happynear", "SmoothL1Loss@fast_rcnn"),
    "SmoothL1Loss@intel",
    bottoms=(1, 4),
    tops=(1, 2),
    role=Role.LOSS,
    accepts_unranked=True,
    default_loss_weight=False,
)
def unweighted_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A scalar, of no weight where none is given: LayerSetUp does not call that of LossLayer."""
    return scalar_loss(parameter, bottoms)


@layer("SmoothL1Loss", "L1Loss", bottoms=(1, 4), tops=(1, 2), role=Role.LOSS, accepts_unranked=True)
def scalar_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A scalar whatever the bottoms are: smooth_L1_loss_layer.cpp, l1_loss_layer.cpp."""
    return Setup(((), None)[: max(1, len(parameter.top))])


@layer("SmoothL1LossOHEM@intel", bottoms=(2, 4), tops=(1, 3), role=Role.LOSS, default_loss_weight=False)
def unweighted_loss_per_region(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Give it no weight where none is given: LayerSetUp does not call that of LossLayer."""
    return loss_per_region(parameter, bottoms)


@layer("SmoothL1LossOHEM", "SoftmaxWithLossOHEM", bottoms=(2, 4), tops=(1, 3), role=Role.LOSS)
def loss_per_region(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A scalar, then losses per region: intel/caffe, smooth_L1_loss_ohem_layer.cpp."""
    num, _, height, width = (legacy_dim(bottoms[0], axis) for axis in range(4))
    tops: tuple[Shape | None, ...] = ((), (num, 1, height, width), bottoms[0])
    return Setup(tops[: max(1, len(parameter.top))])


@layer("BoxAnnotatorOHEM", bottoms=(4, 6), tops=2, role=Role.MEASURE)
def box_annotator(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Labels and weights of the regions that count, caffe-rfcn box_annotator_ohem_layer.cpp."""
    return Setup((bottoms[2], bottoms[-1]))


@layer("Permute")
def permute(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The axes in the order that `order` begins; those it leaves out follow, caffe-ssd permute_layer.cpp."""
    shape, order = bottoms[0], list(fork_param(parameter, "permute_param").order)
    if len(set(order)) != len(order) or any(axis >= len(shape) for axis in order):
        raise NetError(f"order {order} must name axes of {format_shape(shape)}, each once")
    order += [axis for axis in range(len(shape)) if axis not in order]
    return Setup((tuple(shape[axis] for axis in order),))


@layer("PriorBox", bottoms=2)
def prior_box(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Means and variances of the boxes at each place, 1x2xN, caffe-ssd prior_box_layer.cpp."""
    param = fork_param(parameter, "prior_box_param")
    if not param.min_size:
        raise NetError("prior_box_param needs min_size")
    if param.max_size and len(param.max_size) != len(param.min_size):
        raise NetError(f"it has {len(param.max_size)} max_size for {len(param.min_size)} min_size")
    if min(param.min_size) <= 0 or any(map(le, param.max_size, param.min_size)):
        raise NetError("each min_size must be above 0, and each max_size above its min_size")
    if len(param.variance) not in (0, 1, 4) or min(param.variance, default=1) <= 0:
        raise NetError(f"it has {len(param.variance)} variance; it takes one or four, all above 0")
    for one, both in (("step", ("step_h", "step_w")), ("img_size", ("img_h", "img_w"))):
        if param.HasField(one) and any(map(param.HasField, both)):
            raise NetError(f"it has both {one} and {' or '.join(both)}")
    ratios = [1.0]
    for ratio in np.asarray(param.aspect_ratio, np.float32).tolist():
        if all(abs(ratio - known) >= 1e-6 for known in ratios):
            ratios += [ratio, 1 / ratio] if param.flip else [ratio]
    _, _, height, width = four_axes(bottoms[0])
    priors = len(ratios) * len(param.min_size) + len(param.max_size)
    if 0 in (height, width):
        raise NetError("there is no place for a box: its bottom is empty")
    return Setup(((1, 2, height * width * priors * 4),))


@layer("PriorBoxClustered", bottoms=2)
def prior_box_clustered(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Boxes of given widths and heights: training_toolbox_caffe prior_box_clustered_layer.cpp."""
    param = fork_param(parameter, "prior_box_param")
    if not param.width:
        raise NetError("prior_box_param needs width")
    if len(param.height) != len(param.width):
        raise NetError(f"it has {len(param.height)} height for {len(param.width)} width")
    _, _, height, width = four_axes(bottoms[0])
    return Setup(((1, 2, height * width * len(param.width) * 4),))


@layer("MultiBoxLoss", bottoms=4, role=Role.LOSS, accepts_unranked=True)
def multi_box_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A scalar; which bottoms get gradients is saved: caffe-ssd multibox_loss_layer.cpp."""
    _check_predictions(fork_param(parameter, "multibox_loss_param"), bottoms)
    saved = LayerParameter()
    saved.CopyFrom(parameter)
    if not saved.propagate_down:
        saved.propagate_down.extend((True, True, False, False))
    return Setup(((),), saved=saved)


@layer("DetectionOutput", bottoms=(3, 4), accepts_unranked=True)
def detection_output(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A row of 7 for each box found; one while the net is built, caffe-ssd detection_output_layer.cpp."""
    param = fork_param(parameter, "detection_output_param")
    _check_predictions(param, bottoms)
    if param.nms_param.nms_threshold < 0 or not 0 < param.nms_param.eta <= 1:
        raise NetError("nms_param needs an nms_threshold of at least 0, and an eta above 0 and up to 1")
    return Setup(((1, 1, 1, 7),))


def _check_predictions(param: Any, bottoms: tuple[Shape | None, ...]) -> None:
    """Compare the predicted locations and confidences with the number of priors."""
    if not param.HasField("num_classes"):
        raise NetError(f"{param.DESCRIPTOR.name} has no num_classes")
    locations, confidences, priors, *_ = bottoms
    length = UNKNOWN if priors is None else legacy_dim(priors, 2)
    if length is UNKNOWN:
        return
    number, classes = length // 4, param.num_classes
    for shape, values in ((locations, 4 if param.share_location else 4 * classes), (confidences, classes)):
        given = UNKNOWN if shape is None else legacy_dim(shape, 1)
        if differ(given, number * values):
            raise NetError(f"{number} priors need {number * values} predictions; its bottom has {given}")


@layer("DetectionEvaluate", bottoms=2, role=Role.MEASURE, accepts_unranked=True)
def detection_evaluate(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A row of 5 for each class and box, caffe-ssd detection_evaluate_layer.cpp."""
    if not fork_param(parameter, "detection_evaluate_param").HasField("num_classes"):
        raise NetError("detection_evaluate_param needs num_classes")
    return Setup(((1, 1, UNKNOWN, 5),))
