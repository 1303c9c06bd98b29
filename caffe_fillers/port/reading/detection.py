"""SSD's priors and boxes, and pooling of regions."""

from __future__ import annotations

import math

import numpy as np

from caffe_fillers.errors import UsageError
from caffe_fillers.layers.forks.common import fork_param
from caffe_fillers.port.reading import Node, reads
from caffe_fillers.port.values import Value
from caffe_fillers.port.vision_ops import Detect, Priors, PsRoiPool, RoiPool


@reads("PriorBox", makes=(Priors,))
def prior_box(node: Node) -> Value:
    """Boxes of min_size, of sqrt(min_size max_size), and of min_size in other ratios at each place."""
    parameter = fork_param(node.layer, "prior_box_param")
    grid = node.x.known[2:]
    image = _image(node)
    if parameter.HasField("step_h") or parameter.HasField("step_w"):
        step = parameter.step_w, parameter.step_h
    elif parameter.HasField("step"):
        step = (parameter.step,) * 2
    else:
        height, width = (float(np.float32(image[1 - axis]) / np.float32(grid[axis])) for axis in (0, 1))
        step = width, height
    op = Priors(
        grid=grid,
        image=image,
        step=step,
        offset=parameter.offset,
        sizes=tuple(_sizes(parameter)),
        variance=tuple(parameter.variance) or (0.1,),
        clip=parameter.clip,
    )
    return Value(op, (), node.tops[0])


def _image(node: Node) -> tuple[int, int]:
    """Width and height of the image: given, or those of the second bottom."""
    parameter = fork_param(node.layer, "prior_box_param")
    if parameter.HasField("img_h") or parameter.HasField("img_w"):
        return parameter.img_w, parameter.img_h
    if parameter.HasField("img_size"):
        return parameter.img_size, parameter.img_size
    height, width = node.bottom(1).known[2:]
    return width, height


def _sizes(parameter: object) -> list[tuple[float, float]]:
    """Width and height of each box of a place; the layer cuts sizes to whole numbers."""
    given: dict[str, list[float]] = {
        name: list(getattr(parameter, name)) for name in ("min_size", "max_size", "aspect_ratio")
    }
    ratios = [1.0]
    for ratio in given["aspect_ratio"]:
        if all(abs(ratio - known) >= 1e-6 for known in ratios):
            ratios += [ratio, float(np.float32(1 / ratio))] if getattr(parameter, "flip") else [ratio]  # noqa: B009
    sizes = []
    for index, size in enumerate(map(int, given["min_size"])):
        sizes.append((float(size), float(size)))
        if given["max_size"]:
            sizes.append((math.sqrt(size * int(given["max_size"][index])),) * 2)
        sizes += [
            (size * math.sqrt(ratio), size / math.sqrt(ratio)) for ratio in ratios if abs(ratio - 1) >= 1e-6
        ]
    return sizes


@reads("DetectionOutput", makes=(Detect,))
def detection_output(node: Node) -> Value:
    """Decoded as encode_bbox_util.cpp does, suppressed as ApplyNMSFast does; weiliu89/caffe."""
    parameter = fork_param(node.layer, "detection_output_param")
    if len(node.bottoms) != 3:
        raise UsageError("refinement by a fourth bottom is not ported")
    nms = parameter.nms_param
    code = type(parameter).DESCRIPTOR.fields_by_name["code_type"].enum_type
    op = Detect(
        classes=parameter.num_classes,
        background=parameter.background_label_id,
        code=code.values_by_number[parameter.code_type].name,
        encoded=parameter.variance_encoded_in_target,
        shared=parameter.share_location,
        threshold=parameter.confidence_threshold if parameter.HasField("confidence_threshold") else -math.inf,
        overlap=nms.nms_threshold,
        eta=nms.eta,
        top_k=nms.top_k if nms.HasField("top_k") else -1,
        keep=parameter.keep_top_k,
    )
    return node.top(op, *node.all_bottoms)


@reads("ROIPooling", makes=(RoiPool,))
def roi_pooling(node: Node) -> Value:
    """rbgirshick/caffe-fast-rcnn roi_pooling_layer.cpp."""
    parameter = fork_param(node.layer, "roi_pooling_param")
    return node.top(
        RoiPool(parameter.pooled_h, parameter.pooled_w, parameter.spatial_scale), *node.all_bottoms
    )


@reads("PSROIPooling", makes=(PsRoiPool,))
def psroi_pooling(node: Node) -> Value:
    """daijifeng001/caffe-rfcn psroi_pooling_layer.cu."""
    parameter = fork_param(node.layer, "psroi_pooling_param")
    op = PsRoiPool(parameter.output_dim, parameter.group_size, parameter.spatial_scale)
    return node.top(op, *node.all_bottoms)
