"""ONNX: operations of segmentation and detection."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.errors import UsageError
from caffe_fillers.port import values, vision_ops
from caffe_fillers.port.onnx_nodes import Place
from caffe_fillers.shapes import UNKNOWN


def resize(op: vision_ops.Resize, at: Place, x: str) -> str:
    """To its own items and channels, and the size."""
    manner = {"mode": "linear", "coordinate_transformation_mode": "align_corners"}
    if not op.bilinear:
        manner = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return at.add("Resize", x, "", "", _sized(at, x, op.height, op.width), **manner)


def _sized(at: Place, x: str, *lengths: int) -> str:
    """A shape: the first two lengths of an image, then these."""
    items = at.add("Slice", at.add("Shape", x), at.integers((0,)), at.integers((2,)))
    # of the layer's own name: OpenCV's importer makes a layer of it
    return at.add("Concat", items, at.array(np.array(lengths, np.int64), "size"), axis=0)


def unpool(op: vision_ops.Unpool, at: Place, x: str, mask: str) -> str:
    """Scattered into zeros."""
    zeros = at.add("Expand", at.number(0.0), _sized(at, x, op.height * op.width))
    places = at.add("Cast", at.reshape(mask, (0, 0, -1)), to=at.INT64)
    made = at.add("ScatterElements", zeros, places, at.reshape(x, (0, 0, -1)), axis=2)
    return at.reshape(made, (0, 0, op.height, op.width))


def columns(op: vision_ops.Columns, at: Place, x: str) -> str:
    """A convolution that takes each value of a window by itself."""
    channels, area = at.x.known[1], op.kernel[0] * op.kernel[1]
    kernels = np.tile(np.eye(area, dtype=np.float32).reshape(area, 1, *op.kernel), (channels, 1, 1, 1))
    return at.add(
        *("Conv", x, at.array(kernels, "windows")),
        strides=op.stride,
        pads=(*op.pad, *op.pad),
        dilations=op.dilation,
        group=channels,
    )


def local(op: vision_ops.Local, at: Place, x: str) -> str:
    """A product for each place."""
    weight, *bias = at.weights("weight", "bias")
    rows = at.reshape(x, (0, op.inputs, -1))
    made = at.add("Einsum", rows, weight, equation="nip,oip->nop")
    made = at.add("Add", made, *bias) if bias else made
    return at.reshape(made, (0, op.outputs, *op.size))


def cubic(op: vision_ops.Cubic, at: Place, x: str) -> str:
    """A product with a matrix on each side."""
    height, width = at.x.known[2:]
    rows, columns = at.array(op.matrix(0, height), "rows"), at.array(op.matrix(1, width).T, "columns")
    return at.add("MatMul", rows, at.add("MatMul", x, columns))


def margin(op: vision_ops.Margin, at: Place, x: str, label: str) -> tuple[str, str]:
    """The product, and the label's value where its mask is."""
    (weight,) = at.weights("weight")
    length = at.add("ReduceL2", weight, axes=(1,), keepdims=1)
    x = at.add("Flatten", x, axis=1) if at.x.rank > 2 else x
    made = at.add("Gemm", x, at.add("Div", weight, length), transB=1)
    factor = max(op.base * (1 + op.gamma * (op.iteration + 1)) ** -op.power, op.least)
    given = at.array(np.array([factor], np.float32), "lambda")
    if op.margin == 1:
        return made, given
    norm = at.add("ReduceL2", x, axes=(1,), keepdims=1)
    wide = _wide(op, at, at.add("Div", made, norm))
    own = at.add("Add", at.add("Mul", norm, wide), at.add("Mul", made, given))
    own = at.add("Div", own, at.number(1 + factor))
    classes = at.array(np.arange(op.outputs, dtype=np.float32), "classes")
    return at.add("Where", at.add("Equal", at.reshape(label, (-1, 1)), classes), own, made), given


def _wide(op: vision_ops.Margin, at: Place, cos: str) -> str:
    """The cosine of a wider angle, falling beyond a half turn: SphereFace, equation 6."""

    def times(factor: float, *others: str) -> str:
        made = at.number(factor)
        for each in others:
            made = at.add("Mul", made, each)
        return made

    def total(first: str, *others: str) -> str:
        for each in others:
            first = at.add("Add", first, each)
        return first

    sign, one = at.add("Sign", cos), at.number(1.0)
    if op.margin == 2:
        return total(times(2.0, sign, cos, cos), at.number(-1.0))
    if op.margin == 3:
        other = at.add("Sign", at.add("Sub", at.add("Abs", cos), at.number(0.5)))
        cubic = total(times(4.0, cos, cos, cos), times(-3.0, cos))
        return total(times(1.0, other, cubic), times(1.0, sign, total(one, other)), at.number(-2.0))
    square = at.add("Mul", cos, cos)
    other = times(1.0, sign, at.add("Sign", total(times(2.0, square), at.number(-1.0))))
    quartic = total(times(8.0, square, square), times(-8.0, square), one)
    return total(times(1.0, other, quartic), times(2.0, sign), other, at.number(-3.0))


def detect(op: vision_ops.Detect, at: Place, locations: str, confidences: str, boxes: str) -> str:
    """Decoded, by NonMaxSuppression, the best of all classes, in the order of classes."""
    if not op.shared or op.eta < 1:
        raise UsageError("locations for each class, or an eta below 1, are not ported to onnx")
    items, number = at.x.known[0], at.value.inputs[2].known[2] // 4
    if items is UNKNOWN:
        raise UsageError("the number of images must be known: give it with --shape")
    rows = [
        _detected(op, at, (at.item(locations, item), at.item(confidences, item), boxes), number, item)
        for item in range(items)
    ]
    found = at.add("Concat", *rows, axis=0) if items > 1 else rows[0]
    nothing = at.array(np.array([[item, *[-1] * 6] for item in range(items)], np.float32), "nothing")
    count = at.add("Slice", at.add("Shape", found), at.integers((0,)), at.integers((1,)))
    kept = at.add("Where", at.add("Equal", count, at.integers((0,))), at.integers((items,)), count)
    whole = at.add("Slice", at.add("Concat", found, nothing, axis=0), at.integers((0,)), kept)
    return at.add("Unsqueeze", whole, at.integers((0, 1)))


def _detected(op: vision_ops.Detect, at: Place, inputs: tuple[str, str, str], number: int, item: int) -> str:
    """Rows of one image."""
    locations, confidences, boxes = inputs
    corners = at.reshape(_decoded(op, at, locations, boxes, number), (1, number, 4))
    scores = at.add("Transpose", at.reshape(confidences, (1, number, op.classes)), perm=(0, 2, 1))
    labels = np.array([label for label in range(op.classes) if label != op.background], np.int64)
    if len(labels) < op.classes:
        scores = at.add("Gather", scores, at.integers(labels.tolist()), axis=1)
    found = _suppressed(op, at, corners, scores, number)
    rows = _rows(op, at, corners, scores, found, at.array(labels.astype(np.float32), "labels"))
    return at.add("Pad", rows, at.integers((0, 1, 0, 0)), at.number(float(item)))


def _decoded(op: vision_ops.Detect, at: Place, locations: str, boxes: str, number: int) -> str:
    """Corners of boxes, number x 4, from what SSD predicts relative to its priors."""
    offsets = at.reshape(locations, (number, 4))
    prior, variance = at.add_several("Split", at.reshape(boxes, (2, number, 4)), outputs=2, axis=0)
    prior = at.reshape(prior, (number, 4))
    if not op.encoded:
        offsets = at.add("Mul", offsets, at.reshape(variance, (number, 4)))
    if op.code == "CORNER":
        return at.add("Add", prior, offsets)
    low, high = at.add_several("Split", prior, outputs=2, axis=1)
    size = at.add("Sub", high, low)
    if op.code == "CORNER_SIZE":
        return at.add("Add", prior, at.add("Mul", offsets, at.add("Concat", size, size, axis=1)))
    shift, growth = at.add_several("Split", offsets, outputs=2, axis=1)
    half = at.number(0.5)
    center = at.add("Add", at.add("Mul", shift, size), at.add("Mul", at.add("Add", low, high), half))
    extent = at.add("Mul", at.add("Mul", at.add("Exp", growth), size), half)
    return at.add("Concat", at.add("Sub", center, extent), at.add("Add", center, extent), axis=1)


def _suppressed(op: vision_ops.Detect, at: Place, corners: str, scores: str, number: int) -> str:
    """Rows of item, label's index and box; all but the `top_k` best scores of a class are out before."""
    lowest = at.number(float(np.finfo(np.float32).min))
    if -1 < op.top_k < number:
        best, _ = at.add_several("TopK", scores, at.integers((op.top_k,)), outputs=2, axis=2)
        last = at.add("Slice", best, at.integers((-1,)), at.integers((2**31,)), at.integers((2,)))
        scores = at.add("Where", at.add("Less", scores, last), lowest, scores)
    limits = (at.integers((number,)), at.number(op.overlap))
    edge = lowest if op.threshold == -values.INFINITY else at.number(op.threshold)
    return at.add("NonMaxSuppression", corners, scores, *limits, edge)


def _rows(op: vision_ops.Detect, at: Place, corners: str, scores: str, found: str, labels: str) -> str:
    """Label, score and corners of each box."""
    _, label, box = at.add_several("Split", found, outputs=3, axis=1)
    score = at.add("GatherND", scores, found)
    kept = _best(op, at, score) if op.keep > -1 else None
    columns = [
        at.add("Gather", labels, label),
        at.add("Unsqueeze", score, at.integers((1,))),
        at.reshape(at.add("Gather", corners, box, axis=1), (-1, 4)),
    ]
    rows = at.add("Concat", *columns, axis=1)
    return rows if kept is None else at.add("Gather", rows, kept, axis=0)


def _best(op: vision_ops.Detect, at: Place, score: str) -> str:
    """The places of the best scores, in their order."""
    count = at.add("Min", at.add("Shape", score), at.integers((op.keep,)))
    _, best = at.add_several("TopK", score, count, outputs=2, axis=0)
    _, ordered = at.add_several("TopK", best, at.add("Shape", best), outputs=2, axis=0, largest=0)
    return at.add("Gather", best, ordered, axis=0)


def ps_roi_pool(op: vision_ops.PsRoiPool, at: Place, x: str, regions: str) -> str:
    """Sums by masks of rows and columns, over the number of pixels of each cell."""
    items, _, *size = at.x.known
    if items != 1:
        raise UsageError("one image at a time is ported to onnx: give --shape with a first length of 1")
    corners = at.add(
        "Slice", at.reshape(regions, (-1, 5)), at.integers((1,)), at.integers((5,)), at.integers((1,))
    )
    rounded = at.add("Floor", at.add("Add", at.add("Abs", corners), at.number(0.5)))
    low, high = at.add_several("Split", at.add("Mul", at.add("Sign", corners), rounded), outputs=2, axis=1)
    scale = at.number(op.scale)
    begin = at.add("Mul", low, scale)
    length = at.add("Sub", at.add("Mul", at.add("Add", high, at.number(1.0)), scale), begin)
    step = at.add("Div", at.add("Max", length, at.number(0.1)), at.number(float(op.group)))
    masks = [_cells(op, at, axis, begin, step, size[1 - axis]) for axis in (1, 0)]
    maps = at.reshape(x, (op.outputs, op.group, op.group, *size))
    sums = at.add("Einsum", maps, masks[0], equation="cijhw,rih->rcijw")
    sums = at.add("Einsum", sums, masks[1], equation="rcijw,rjw->rcij")
    heights, widths = (at.add("ReduceSum", mask, at.integers((2,)), keepdims=0) for mask in masks)
    areas = at.add("Einsum", heights, widths, equation="ri,rj->rij")
    areas = at.add("Unsqueeze", at.add("Max", areas, at.number(1.0)), at.integers((1,)))
    return at.add("Div", sums, areas)


def _cells(op: vision_ops.PsRoiPool, at: Place, axis: int, begin: str, step: str, length: int) -> str:
    """Regions x cells x pixels of an axis, 0 for x and 1 for y: 1 where the pixel is in the cell."""
    begin, step = (at.add("Gather", each, at.integers((axis,)), axis=1) for each in (begin, step))
    index = np.arange(op.group, dtype=np.float32)
    inside = []
    for edge, kind in ((index, "Floor"), (index + 1, "Ceil")):
        place = at.add("Add", at.add("Mul", step, at.array(edge, kind)), begin)
        inside.append(at.add("Unsqueeze", at.add(kind, place), at.integers((2,))))
    pixels = at.array(np.arange(length, dtype=np.float32), f"pixels{axis}")
    mask = at.add("And", at.add("LessOrEqual", inside[0], pixels), at.add("Less", pixels, inside[1]))
    return at.add("Cast", mask, to=at.FLOAT)


def propose(op: vision_ops.Propose, at: Place, scores: str, offsets: str, info: str) -> str:
    """Decoded, cut at the image's edge, the best of the large ones by NonMaxSuppression."""
    height, width = at.x.known[2:]
    rows, columns = np.indices((height, width)).reshape(2, -1, 1) * op.stride
    shifts = np.stack([columns, rows, columns, rows], -1)
    boxes = (shifts + np.asarray(op.anchors)).reshape(-1, 4)
    low, high = _moved(at, boxes.astype(np.float32), offsets)
    height_width_scale = at.reshape(info, (3,))
    limit = at.add("Gather", height_width_scale, at.integers((1, 0)))
    limit = at.add("Sub", limit, at.number(1.0))
    low, high = (at.add("Min", at.add("Max", each, at.number(0.0)), limit) for each in (low, high))
    ends = at.add("Add", high, at.number(1.0))
    sides = at.add("ReduceMin", at.add("Sub", ends, low), axes=(1,), keepdims=0)
    least = at.add("Mul", at.add("Gather", height_width_scale, at.integers((2,))), at.number(op.least))
    own = at.add("Slice", scores, at.integers((len(op.anchors),)), at.integers((2**31,)), at.integers((1,)))
    own = at.reshape(at.add("Transpose", own, perm=(0, 2, 3, 1)), (-1,))
    lowest = at.number(float(np.finfo(np.float32).min))
    own = at.add("Where", at.add("Less", sides, least), lowest, own)
    best, index = at.add_several("TopK", own, at.integers((min(op.top_k, len(boxes)),)), outputs=2, axis=0)
    areas = at.reshape(at.add("Gather", at.add("Concat", low, ends, axis=1), index, axis=0), (1, -1, 4))
    limits = (at.integers((op.keep,)), at.number(op.overlap), lowest)
    found = at.add("NonMaxSuppression", areas, at.reshape(best, (1, 1, -1)), *limits)
    kept = at.reshape(at.add("Gather", found, at.integers((2,)), axis=1), (-1,))
    kept = at.add("Gather", index, kept, axis=0)
    made = at.add("Gather", at.add("Concat", low, high, axis=1), kept, axis=0)
    return at.add("Pad", made, at.integers((0, 1, 0, 0)))


def _moved(at: Place, boxes: NDArray[np.float32], offsets: str) -> tuple[str, str]:
    """The corners of boxes whose end points count, moved and stretched."""
    rows = at.reshape(at.add("Transpose", offsets, perm=(0, 2, 3, 1)), (-1, 4))
    shift, growth = at.add_several("Split", rows, outputs=2, axis=1)
    size = boxes[:, 2:] - boxes[:, :2] + 1
    sizes, middles = at.array(size, "sizes"), at.array(boxes[:, :2] + size / 2, "middles")
    center = at.add("Add", at.add("Mul", shift, sizes), middles)
    half = at.add("Mul", at.add("Mul", at.add("Exp", growth), sizes), at.number(0.5))
    return at.add("Sub", center, half), at.add("Add", center, half)
