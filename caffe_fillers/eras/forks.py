"""The days when each fork left BVLC's master, and what it does otherwise than master did on that day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Fork:
    """The last commit of BVLC's master that a fork has, and where it differs from it.

    `facts` are fields of `Era`, `convention` those of `fans.Convention`.
    """

    left: date
    facts: dict[str, Any] = field(default_factory=dict)
    convention: dict[str, Any] = field(default_factory=dict)


_ROUNDED_DOWN = {"bilinear": "rounded down"}
_JACINTO16 = {"transformer_seeds": 1, "transformer_per_thread": True, "blob_layout": "raw"}
# NVIDIA/caffe 87a25543a: two transformers for each thread, and a thread for the BatchTransformer.
_NVIDIA17 = {
    "transformer_always": True,
    "transformer_per_thread": True,
    "thread_words": 2,
    "blob_layout": "raw",
}

# Where a fork's history is in its repository, `left` is the day of the newest commit of BVLC's master that
# is in it; where it is not (c3d10, c3d11, caffe_ocr, crnn, ctpn, deformable, flownet2, pspnet, refinedet,
# rtpose, sphereface, yolo), a day whose files it has.
FORKS = {
    "ssd": Fork(date(2016, 11, 22)),
    "segnet": Fork(date(2015, 6, 10)),
    "enet": Fork(date(2016, 12, 2), {"thread_words": 0, "reader_words": 0, "data_rand_skip": True}),
    "yjxiong": Fork(date(2015, 7, 9)),
    "pspnet": Fork(date(2016, 1, 29)),
    "fast_rcnn": Fork(date(2015, 8, 25)),
    "rfcn": Fork(date(2016, 5, 8)),
    "sphereface": Fork(date(2017, 4, 15)),
    "nvidia": Fork(date(2016, 5, 4), _NVIDIA17, _ROUNDED_DOWN),
    "jacinto": Fork(date(2016, 5, 4), _JACINTO16, _ROUNDED_DOWN),
    "jacinto17": Fork(date(2016, 5, 4), _NVIDIA17, _ROUNDED_DOWN),
    "nvidia15": Fork(date(2016, 5, 4)),
    "happynear": Fork(date(2017, 8, 6)),
    "intel": Fork(
        date(2016, 7, 15), convention={"legacy_accessors": False, "five_axes": True, "one_axis": False}
    ),
    "ristretto": Fork(date(2019, 3, 1)),
    "openpose": Fork(date(2019, 3, 1)),
    "flownet2": Fork(date(2016, 6, 1)),
    "lisa": Fork(date(2015, 3, 13)),
    "yolo": Fork(date(2018, 6, 27), {"reader_words": 1}),
    "rtpose": Fork(date(2016, 6, 1)),
    "wenwei": Fork(date(2016, 11, 12)),
    "caffe_lstm": Fork(date(2015, 9, 25)),
    "caffe_ocr": Fork(date(2016, 6, 1)),
    "crnn": Fork(date(2017, 4, 15)),
    "ctpn": Fork(date(2016, 1, 29)),
    "deformable": Fork(date(2016, 1, 29)),
    "refinedet": Fork(date(2016, 11, 22)),
    "toolbox": Fork(date(2017, 4, 15)),
    "video_caffe": Fork(date(2018, 8, 21)),
    "c3d11": Fork(date(2017, 4, 15), convention={"five_axes": True}),
    "c3d10": Fork(
        date(2014, 9, 18),
        {"input_dims": 5, "split_in_place": True, "blob_layout": "five axes"},
        {"five_axes": True},
    ),
}
