"""ONNX: operations of detection."""

from __future__ import annotations

import numpy as np

from caffe_fillers.errors import UsageError
from caffe_fillers.port import values, vision_ops
from caffe_fillers.port.onnx_nodes import Place


def detect(op: vision_ops.Detect, at: Place, locations: str, confidences: str, boxes: str) -> str:
    """Decoded, by NonMaxSuppression, the best of all classes, in the order of classes."""
    if not op.shared or op.eta < 1:
        raise UsageError("locations for each class, or an eta below 1, are not ported to onnx")
    if at.x.known[0] != 1:
        raise UsageError("one image at a time is ported to onnx: give --shape with a first length of 1")
    number = at.value.inputs[2].known[2] // 4
    corners = at.reshape(_decoded(op, at, locations, boxes, number), (1, number, 4))
    scores = at.add("Transpose", at.reshape(confidences, (1, number, op.classes)), perm=(0, 2, 1))
    labels = np.array([label for label in range(op.classes) if label != op.background], np.int64)
    if len(labels) < op.classes:
        scores = at.add("Gather", scores, at.integers(labels.tolist()), axis=1)
    found = _suppressed(op, at, corners, scores, number)
    return _rows(op, at, corners, scores, found, at.array(labels.astype(np.float32), "labels"))


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
    """1 x 1 x boxes x 7; a row of -1 for no box at all."""
    _, label, box = at.add_several("Split", found, outputs=3, axis=1)
    score = at.add("GatherND", scores, found)
    kept = _best(op, at, score) if op.keep > -1 else None
    columns = [
        at.add("Gather", labels, label),
        at.add("Unsqueeze", score, at.integers((1,))),
        at.reshape(at.add("Gather", corners, box, axis=1), (-1, 4)),
    ]
    rows = at.add("Concat", *columns, axis=1)
    rows = rows if kept is None else at.add("Gather", rows, kept, axis=0)
    rows = at.add("Pad", rows, at.integers((0, 1, 0, 0)))
    nothing = at.array(np.array([[0, *[-1] * 6]], np.float32), "nothing")
    count = at.add("Slice", at.add("Shape", rows), at.integers((0,)), at.integers((1,)))
    padded = at.add("Concat", rows, nothing, axis=0)
    whole = at.add("Slice", padded, at.integers((0,)), at.add("Max", count, at.integers((1,))))
    return at.add("Unsqueeze", whole, at.integers((0, 1)))


def _best(op: vision_ops.Detect, at: Place, score: str) -> str:
    """The places of the best scores, in their order."""
    count = at.add("Min", at.add("Shape", score), at.integers((op.keep,)))
    _, best = at.add_several("TopK", score, count, outputs=2, axis=0)
    _, ordered = at.add_several("TopK", best, at.add("Shape", best), outputs=2, axis=0, largest=0)
    return at.add("Gather", best, ordered, axis=0)
