"""Layers of segmentation and detection: resizes, SSD's priors and boxes, pooling of regions."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from caffe_fillers.errors import UsageError
from caffe_fillers.layers.forks.common import fork_param
from caffe_fillers.port import Value
from caffe_fillers.port.ops import Dropout
from caffe_fillers.port.reading import Node, reads
from caffe_fillers.port.vision_ops import Cubic, Detect, Priors, Propose, PsRoiPool, Resize, RoiPool, Unpool
from caffe_fillers.shapes import UNKNOWN


@reads("ImResize", makes=(Cubic,), limits="one image; as on a GPU, whose cubic is not the CPU's")
def im_resize(node: Node) -> Value:
    """Read a cubic resize of the image's middle: caffe_rtpose imresize_layer.cu."""
    items, _, *size = node.x.known
    if items != 1:
        raise UsageError("images of several scales are not ported: give --shape with a first length of 1")
    parameter = fork_param(node.layer, "imresize_param")
    margins = tuple(math.floor(length // 2 * (1 - parameter.start_scale)) for length in size)
    height, width = node.result[2:]
    return node.top(Cubic(height, width, margins))


@reads("Interp", makes=(Resize,))
def interp(node: Node) -> Value:
    """Read a bilinear resize between the corners: hszhao/PSPNet interp.cpp."""
    parameter = fork_param(node.layer, "interp_param")
    if parameter.pad_beg or parameter.pad_end:
        raise UsageError("a crop before the resizing is not ported")
    if node.result[2:] == node.x.known[2:]:
        return node.x
    return _resized(node, bilinear=True)


@reads("Upsample", "Upsample@yolo", makes=(Unpool, Resize))
def upsample(node: Node) -> Value:
    """Read an upsampling by a pooling's mask, or by repetition: alexgkendall/caffe-segnet."""
    if len(node.bottoms) == 1:
        *_, height, width = node.x.image
        top = node.result[2:]
        if top[0] % height or top[1] % width:
            raise UsageError(f"{height} x {width} to {top[0]} x {top[1]} is no whole factor")
        return _resized(node, bilinear=False)
    return node.top(Unpool(*node.result[2:]), *node.all_bottoms)


def _resized(node: Node, *, bilinear: bool) -> Value:
    height, width = node.result[2:]
    return node.top(Resize(height, width, bilinear))


@reads("PriorBox", makes=(Priors,))
def prior_box(node: Node) -> Value:
    """Boxes of min_size, of sqrt(min_size max_size), and of min_size in other ratios at each place."""
    node.result  # noqa: B018  (as below)
    return _priors(node, _sizes(fork_param(node.layer, "prior_box_param")))


@reads("PriorBoxClustered", makes=(Priors,))
def prior_box_clustered(node: Node) -> Value:
    """Boxes of each width and height: training_toolbox_caffe prior_box_clustered_layer.cpp."""
    node.result  # noqa: B018  (where it is unknown, nobody has compared the numbers of these)
    parameter = fork_param(node.layer, "prior_box_param")
    return _priors(node, list(zip(parameter.width, parameter.height, strict=True)))


def _priors(node: Node, sizes: list[tuple[float, float]]) -> Value:
    """Return boxes of these widths and heights at every place of the first bottom."""
    parameter = fork_param(node.layer, "prior_box_param")
    grid = node.x.image[2:]
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
        sizes=tuple(sizes),
        variance=tuple(parameter.variance) or (0.1,),
        clip=parameter.clip,
    )
    return Value(op, (), node.tops[0])


def _image(node: Node) -> tuple[int, int]:
    """Return the width and height of the image: given, or those of the second bottom."""
    parameter = fork_param(node.layer, "prior_box_param")
    if parameter.HasField("img_h") or parameter.HasField("img_w"):
        return parameter.img_w, parameter.img_h
    if parameter.HasField("img_size"):
        return parameter.img_size, parameter.img_size
    *_, height, width = node.bottom(1).image
    return width, height


def _sizes(parameter: object) -> list[tuple[float, float]]:
    """Return the width and height of each box of a place; the layer cuts sizes to whole numbers."""
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
    """Read SSD's boxes: decoded as in encode_bbox_util.cpp, suppressed as in ApplyNMSFast; weiliu89/caffe."""
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
    """Read maxima over cells of regions: rbgirshick/caffe-fast-rcnn roi_pooling_layer.cpp."""
    parameter = fork_param(node.layer, "roi_pooling_param")
    return node.top(
        RoiPool(parameter.pooled_h, parameter.pooled_w, parameter.spatial_scale), *node.all_bottoms
    )


@reads("PSROIPooling", makes=(PsRoiPool,))
def psroi_pooling(node: Node) -> Value:
    """Read averages over cells of regions: daijifeng001/caffe-rfcn psroi_pooling_layer.cu."""
    parameter = fork_param(node.layer, "psroi_pooling_param")
    op = PsRoiPool(parameter.output_dim, parameter.group_size, parameter.spatial_scale)
    return node.top(op, *node.all_bottoms)


_CODE: dict[str, Callable[[Node, Mapping[str, Any]], Value]] = {}
"""Readers of Python layers by module and class; they are given what param_str holds."""


@reads("Python", makes=(Dropout, Propose), limits="ENet's spatial dropout, py-faster-rcnn's proposals")
def python(node: Node) -> Value:
    """Read Python code that is known by its name; its parameters stand in param_str."""
    code = node.layer.python_param
    name = f"{code.module}.{code.layer}"
    if name not in _CODE:
        raise UsageError(f"the Python code {name} is not read")
    try:
        return _CODE[name](node, _given(code.param_str))
    except (ValueError, SyntaxError, KeyError, TypeError):
        raise UsageError(f"param_str {code.param_str!r} is not what {name} reads") from None


def _given(text: str) -> Mapping[str, Any]:
    """Parse param_str: a Python dictionary, or YAML's `name: number` to a line."""
    if text.lstrip().startswith("{"):
        found: Mapping[str, Any] = ast.literal_eval(text)
        return found
    pairs = (line.partition(":") for line in text.splitlines() if line.strip())
    return {name.strip().strip("'\""): ast.literal_eval(value.strip()) for name, _, value in pairs}


def _spatial_dropout(node: Node, given: Mapping[str, Any]) -> Value:
    """ENet's spatial_dropout.py, which multiplies by 1 / (1 - p) in TEST too, TimoSaemann/caffe-enet.

    In TRAIN, which its parameters say and not the net, it is always at work.
    """
    ratio = float(given["p"])
    if not 0 < ratio < 1:
        raise UsageError("spatial dropout needs a p between 0 and 1")
    if given["phase"] == "TRAIN":
        return Value(Dropout(ratio, always=True, channels=True), (node.x,), node.bottoms[0])
    return 1 / (1 - ratio) * node.x


def _proposal(node: Node, given: Mapping[str, Any]) -> Value:
    """rpn/proposal_layer.py of rbgirshick/py-faster-rcnn, with fast_rcnn/config.py's defaults in TEST."""
    op = Propose(
        anchors=tuple(_anchors(tuple(given.get("scales", (8, 16, 32))))),
        stride=int(given["feat_stride"]),
        least=16.0,
        overlap=0.7,
        top_k=6000,
        keep=300,
    )
    return Value(op, node.all_bottoms, (UNKNOWN, 5))


def _anchors(scales: tuple[float, ...]) -> Iterator[tuple[float, float, float, float]]:
    """rpn/generate_anchors.py: about the center of 16 x 16 pixels, of three ratios."""
    for ratio in (0.5, 1, 2):
        width = round(math.sqrt(16 * 16 / ratio))
        height = round(width * ratio)
        for scale in scales:
            w, h = (scale * length - 1 for length in (width, height))
            yield 7.5 - w / 2, 7.5 - h / 2, 7.5 + w / 2, 7.5 + h / 2


_CODE["spatial_dropout.SpatialDropoutLayer"] = _spatial_dropout
_CODE["rpn.proposal_layer.ProposalLayer"] = _proposal
