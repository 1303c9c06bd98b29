"""ONNX: operations that need many nodes, those of recurrent layers, segmentation and detection."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.errors import UsageError
from caffe_fillers.port import INFINITY, ops, vision_ops
from caffe_fillers.port.onnx_nodes import Nodes, Place, Tensor
from caffe_fillers.shapes import UNKNOWN

LOWEST = float(np.finfo(np.float32).min)
_ALL = 2**31  # an end beyond that of any axis


def resize(op: vision_ops.Resize, at: Place, x: Tensor) -> Tensor:
    """To its own items and channels, and the size."""
    manner = {"mode": "linear", "coordinate_transformation_mode": "align_corners"}
    if not op.bilinear:
        manner = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return at.add("Resize", x, None, None, _sized(at, x, op.height, op.width), **manner)


def _sized(at: Place, x: Tensor, *lengths: int) -> Tensor:
    """A shape: the first two lengths of an image, then these."""
    items = at.part(at.add("Shape", x), 0, 2)
    # of the layer's own name: OpenCV's importer makes a layer of it
    return at.add("Concat", items, at.array(np.array(lengths, np.int64), "size"), axis=0)


def unpool(op: vision_ops.Unpool, at: Place, x: Tensor, mask: Tensor) -> Tensor:
    """Scattered into zeros."""
    zeros = at.add("Expand", 0.0, _sized(at, x, op.height * op.width))
    places = at.add("Cast", at.reshape(mask, 0, 0, -1), to=at.INT64)
    made = at.add("ScatterElements", zeros, places, at.reshape(x, 0, 0, -1), axis=2)
    return at.reshape(made, 0, 0, op.height, op.width)


def cubic(op: vision_ops.Cubic, at: Place, x: Tensor) -> Tensor:
    """A product with a matrix on each side."""
    height, width = at.x.known[2:]
    rows, columns = at.array(op.matrix(0, height), "rows"), at.array(op.matrix(1, width).T, "columns")
    return at.add("MatMul", rows, at.add("MatMul", x, columns))


def margin(op: vision_ops.Margin, at: Place, x: Tensor, label: Tensor) -> tuple[Tensor, ...]:
    """The product, and the label's value where its mask is."""
    (weight,) = at.weights("weight")
    x = at.add("Flatten", x, axis=1) if at.x.rank > 2 else x
    made = at.add("Gemm", x, weight / at.add("ReduceL2", weight, axes=(1,), keepdims=1), transB=1)
    factor = max(op.base * (1 + op.gamma * (op.iteration + 1)) ** -op.power, op.least)
    given = at.array(np.array([factor], np.float32), "lambda")
    more = (given,) if op.factor else ()
    if op.margin == 1:
        return made, *more
    norm = at.add("ReduceL2", x, axes=(1,), keepdims=1)
    own = (norm * _wide(op, at, made / norm) + made * given) / (1 + factor)
    classes = at.array(np.arange(op.outputs, dtype=np.float32), "classes")
    return at.add("Where", at.add("Equal", at.reshape(label, -1, 1), classes), own, made), *more


def _wide(op: vision_ops.Margin, at: Place, cos: Tensor) -> Tensor:
    """The cosine of a wider angle, falling beyond a half turn: SphereFace, equation 6."""
    sign, square = at.add("Sign", cos), cos * cos
    if op.margin == 2:
        return 2.0 * sign * square - 1.0
    if op.margin == 3:
        other = at.add("Sign", at.add("Abs", cos) - 0.5)
        return other * (4.0 * square * cos - 3.0 * cos) + sign * (1.0 + other) - 2.0
    other = sign * at.add("Sign", 2.0 * square - 1.0)
    return other * (8.0 * square * square - 8.0 * square + 1.0) + 2.0 * sign + other - 3.0


def detect(op: vision_ops.Detect, at: Place, locations: Tensor, confidences: Tensor, boxes: Tensor) -> Tensor:
    """Decoded, by NonMaxSuppression, the best of all classes, in the order of classes."""
    if not op.shared or op.eta < 1:
        raise UsageError("locations for each class, or an eta below 1, are not ported to onnx")
    items, number = at.x.known[0], at.value.inputs[2].known[2] // 4
    if items is UNKNOWN:
        raise UsageError("the number of images must be known: give it with --shape")
    rows = []
    for item in range(items):
        location, confidence = (at.add("Gather", each, item, axis=0) for each in (locations, confidences))
        own = _detected(op, at, location, confidence, boxes, number)
        rows.append(at.add("Pad", own, (0, 1, 0, 0), float(item)))
    found = at.add("Concat", *rows, axis=0) if items > 1 else rows[0]
    nothing = at.array(np.array([[item, *[-1] * 6] for item in range(items)], np.float32), "nothing")
    count = at.part(at.add("Shape", found), 0, 1)
    kept = at.add("Where", at.add("Equal", count, (0,)), (items,), count)
    whole = at.add("Slice", at.add("Concat", found, nothing, axis=0), (0,), kept)
    return at.add("Unsqueeze", whole, (0, 1))


def _detected(
    op: vision_ops.Detect, at: Place, locations: Tensor, confidences: Tensor, boxes: Tensor, number: int
) -> Tensor:
    """Label, score and corners of each box of one image."""
    corners = at.reshape(_decoded(op, at, locations, boxes, number), 1, number, 4)
    scores = at.transposed(at.reshape(confidences, 1, number, op.classes), 0, 2, 1)
    labels = [label for label in range(op.classes) if label != op.background]
    if len(labels) < op.classes:
        scores = at.add("Gather", scores, labels, axis=1)
    found = _suppressed(op, at, corners, scores, number)
    _, label, box = at.add_several("Split", found, outputs=3, axis=1)
    score = at.add("GatherND", scores, found)
    names = at.array(np.array(labels, np.float32), "labels")
    columns = [
        at.add("Gather", names, label),
        at.add("Unsqueeze", score, (1,)),
        at.reshape(at.add("Gather", corners, box, axis=1), -1, 4),
    ]
    rows = at.add("Concat", *columns, axis=1)
    return at.add("Gather", rows, _best(op, at, score), axis=0) if op.keep > -1 else rows


def _decoded(op: vision_ops.Detect, at: Place, locations: Tensor, boxes: Tensor, number: int) -> Tensor:
    """Corners of boxes, number x 4, from what SSD predicts relative to its priors."""
    offsets = at.reshape(locations, number, 4)
    prior, variance = at.add_several("Split", at.reshape(boxes, 2, number, 4), outputs=2, axis=0)
    prior = at.reshape(prior, number, 4)
    if not op.encoded:
        offsets = offsets * at.reshape(variance, number, 4)
    if op.code == "CORNER":
        return prior + offsets
    low, high = at.add_several("Split", prior, outputs=2, axis=1)
    size = high - low
    if op.code == "CORNER_SIZE":
        return prior + offsets * at.add("Concat", size, size, axis=1)
    shift, growth = at.add_several("Split", offsets, outputs=2, axis=1)
    center, half = shift * size + (low + high) * 0.5, at.add("Exp", growth) * size * 0.5
    return at.add("Concat", center - half, center + half, axis=1)


def _suppressed(op: vision_ops.Detect, at: Place, corners: Tensor, scores: Tensor, number: int) -> Tensor:
    """Rows of item, label's index and box; all but the `top_k` best scores of a class are out before."""
    if -1 < op.top_k < number:
        best, _ = at.add_several("TopK", scores, (op.top_k,), outputs=2, axis=2)
        last = at.part(best, -1, _ALL, axis=2)
        scores = at.add("Where", at.add("Less", scores, last), LOWEST, scores)
    edge = LOWEST if op.threshold == -INFINITY else op.threshold
    return at.add("NonMaxSuppression", corners, scores, (number,), op.overlap, edge)


def _best(op: vision_ops.Detect, at: Place, score: Tensor) -> Tensor:
    """The places of the best scores, in their order."""
    count = at.add("Min", at.add("Shape", score), (op.keep,))
    _, best = at.add_several("TopK", score, count, outputs=2, axis=0)
    _, ordered = at.add_several("TopK", best, at.add("Shape", best), outputs=2, axis=0, largest=0)
    return at.add("Gather", best, ordered, axis=0)


def roi_pool(op: vision_ops.RoiPool, at: Place, x: Tensor, regions: Tensor) -> Tensor:
    """ONNX has Caffe's own."""
    rows, size = at.reshape(regions, -1, 5), (op.height, op.width)
    return at.add("MaxRoiPool", x, rows, pooled_shape=size, spatial_scale=op.scale)


def ps_roi_pool(op: vision_ops.PsRoiPool, at: Place, x: Tensor, regions: Tensor) -> Tensor:
    """Sums by masks of rows and columns, over the number of pixels of each cell."""
    items, _, *size = at.x.known
    if items != 1:
        raise UsageError("one image at a time is ported to onnx: give --shape with a first length of 1")
    corners = at.part(at.reshape(regions, -1, 5), 1, 5, axis=1)
    rounded = at.add("Sign", corners) * at.add("Floor", at.add("Abs", corners) + 0.5)
    low, high = at.add_several("Split", rounded, outputs=2, axis=1)
    begin = low * op.scale
    step = at.add("Max", (high + 1.0) * op.scale - begin, 0.1) / float(op.group)
    masks = [_cells(op, at, axis, begin, step, size[1 - axis]) for axis in (1, 0)]
    maps = at.reshape(x, op.outputs, op.group, op.group, *size)
    sums = at.add("Einsum", maps, masks[0], equation="cijhw,rih->rcijw")
    sums = at.add("Einsum", sums, masks[1], equation="rcijw,rjw->rcij")
    heights, widths = (at.add("ReduceSum", mask, (2,), keepdims=0) for mask in masks)
    areas = at.add("Einsum", heights, widths, equation="ri,rj->rij")
    return sums / at.add("Unsqueeze", at.add("Max", areas, 1.0), (1,))


def _cells(
    op: vision_ops.PsRoiPool, at: Place, axis: int, begin: Tensor, step: Tensor, length: int
) -> Tensor:
    """Regions x cells x pixels of an axis, 0 for x and 1 for y: 1 where the pixel is in the cell."""
    begin, step = (at.add("Gather", each, (axis,), axis=1) for each in (begin, step))
    index = np.arange(op.group, dtype=np.float32)
    first, end = (
        at.add("Unsqueeze", at.add(kind, step * at.array(edge, kind) + begin), (2,))
        for edge, kind in ((index, "Floor"), (index + 1, "Ceil"))
    )
    pixels = at.array(np.arange(length, dtype=np.float32), f"pixels{axis}")
    mask = at.add("And", at.add("LessOrEqual", first, pixels), at.add("Less", pixels, end))
    return at.add("Cast", mask, to=at.FLOAT)


def propose(op: vision_ops.Propose, at: Place, scores: Tensor, offsets: Tensor, info: Tensor) -> Tensor:
    """Decoded, cut at the image's edge, the best of the large ones by NonMaxSuppression."""
    height, width = at.x.known[2:]
    rows, columns = np.indices((height, width)).reshape(2, -1, 1) * op.stride
    shifts = np.stack([columns, rows, columns, rows], -1)
    boxes = (shifts + np.asarray(op.anchors)).reshape(-1, 4)
    height_width_scale = at.reshape(info, 3)
    limit = at.add("Gather", height_width_scale, (1, 0)) - 1.0
    low, high = (
        at.add("Min", at.add("Max", each, 0.0), limit)
        for each in _moved(at, boxes.astype(np.float32), offsets)
    )
    ends = high + 1.0
    sides = at.add("ReduceMin", ends - low, axes=(1,), keepdims=0)
    least = at.add("Gather", height_width_scale, (2,)) * op.least
    own = at.part(scores, len(op.anchors), _ALL, axis=1)
    own = at.reshape(at.transposed(own, 0, 2, 3, 1), -1)
    own = at.add("Where", at.add("Less", sides, least), LOWEST, own)
    best, index = at.add_several("TopK", own, (min(op.top_k, len(boxes)),), outputs=2, axis=0)
    areas = at.reshape(at.add("Gather", at.add("Concat", low, ends, axis=1), index, axis=0), 1, -1, 4)
    best = at.reshape(best, 1, 1, -1)
    found = at.add("NonMaxSuppression", areas, best, (op.keep,), op.overlap, LOWEST)
    kept = at.add("Gather", index, at.reshape(at.add("Gather", found, (2,), axis=1), -1), axis=0)
    made = at.add("Gather", at.add("Concat", low, high, axis=1), kept, axis=0)
    return at.add("Pad", made, (0, 1, 0, 0))


def _moved(at: Place, boxes: NDArray[np.float32], offsets: Tensor) -> tuple[Tensor, Tensor]:
    """The corners of boxes whose end points count, moved and stretched."""
    rows = at.reshape(at.transposed(offsets, 0, 2, 3, 1), -1, 4)
    shift, growth = at.add_several("Split", rows, outputs=2, axis=1)
    size = boxes[:, 2:] - boxes[:, :2] + 1
    sizes, middles = at.array(size, "sizes"), at.array(boxes[:, :2] + size / 2, "middles")
    center, half = shift * sizes + middles, at.add("Exp", growth) * sizes * 0.5
    return center - half, center + half


def lstm(op: ops.LSTM, at: Place, *inputs: Tensor) -> tuple[Tensor, ...]:
    """Hidden and cell are its states."""
    return _scan(op, at, inputs, {"h": op.outputs, "c": op.outputs, "g": 4 * op.outputs, "m": 1}, _lstm_step)


def rnn(op: ops.RNN, at: Place, *inputs: Tensor) -> tuple[Tensor, ...]:
    """A product of the hidden state is the output."""
    hidden, *states = _scan(op, at, inputs, {"h": op.outputs, "g": op.outputs, "m": 1}, _rnn_step)
    weight, bias = at.weights("output_weight", "output_bias")
    return at.add("Tanh", at.add("MatMul", hidden, at.transposed(weight)) + bias), *states


def _scan(
    op: ops.Recurrent,
    at: Place,
    inputs: tuple[Tensor, ...],
    widths: dict[str, int],
    step: Callable[..., tuple[Tensor, ...]],
) -> tuple[Tensor, ...]:
    """The hidden state of every step, and where the layer gives them the last states.

    A Scan over the steps, for no sequence ends within a bottom of ONNX's own recurrent layers. `widths` are
    those of a step's inputs: its states, its gates before the states' part, its mark.
    """
    steps, streams, *_ = at.x.known
    x, cont, *more = inputs

    def product(rows: Tensor, role: str) -> Tensor:
        return at.add("MatMul", rows, at.transposed(at.weights(role)[0]))

    gates = product(at.reshape(x, steps, streams, op.inputs), "weight") + at.weights("bias")[0]
    if op.static:
        static, *more = more
        gates = gates + product(at.reshape(static, streams, op.static), "static_weight")
    states = len(widths) - 2
    begins = [at.array(np.zeros((streams, op.outputs), np.float32), "zeros")] * states
    if op.states:
        begins = [at.reshape(each, streams, op.outputs) for each in more]
    hidden = at.transposed(at.weights("recurrent_weight")[0])
    body = Nodes(f"{at.prefix}/step")
    inside = Place(body, at.value, {}, "step")
    ends = step(inside, hidden, **{name: Tensor(name, inside) for name in widths})
    graph = body.graph(
        inputs={name: (streams, width) for name, width in widths.items()},
        outputs={each.name: (streams, op.outputs) for each in ends},
    )
    marks = at.reshape(cont, steps, streams, 1)
    *lasts, made = at.add_several(
        "Scan", *begins, gates, marks, outputs=states + 1, body=graph, num_scan_inputs=2
    )
    return made, *([at.reshape(each, 1, streams, op.outputs) for each in lasts] if op.states else [])


def _lstm_step(at: Place, hidden: Tensor, h: Tensor, c: Tensor, g: Tensor, m: Tensor) -> tuple[Tensor, ...]:
    """One step: hidden and cell, which a mark of 0 clears, and the hidden state as the step's output."""
    old_h, old_c = h * m, c * m
    i, f, o, new = at.add_several("Split", g + at.add("MatMul", old_h, hidden), outputs=4, axis=1)
    i, f, o = (at.add("Sigmoid", each) for each in (i, f, o))
    cell = f * old_c + i * at.add("Tanh", new)
    made = o * at.add("Tanh", cell)
    return made, cell, at.add("Identity", made)


def _rnn_step(at: Place, hidden: Tensor, h: Tensor, g: Tensor, m: Tensor) -> tuple[Tensor, ...]:
    """One step: the hidden state, and again as the step's output."""
    made = at.add("Tanh", g + at.add("MatMul", h * m, hidden))
    return made, at.add("Identity", made)
