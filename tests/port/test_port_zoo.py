"""Public nets: each layer has a rule in torch and ONNX; tools/port_zoo.py runs them."""

from __future__ import annotations

import csv

import pytest
from paths import SHARED, TESTS

import caffe_fillers as cf
from caffe_fillers.errors import UsageError
from caffe_fillers.port import Input
from caffe_fillers.port.graph import build_graph
from caffe_fillers.port.targets import targets
from caffe_fillers.port.targets.onnx import RULES

ZOO = SHARED / "zoo"
SMALL = 3_000_000
NETS = [
    row
    for row in csv.DictReader((TESTS / "zoo_outcomes.tsv").read_text().splitlines(), delimiter="\t")
    if not row["shapes"] and int(row["parameters"]) < SMALL and "SegNet-Tutorial__Models" not in row["file"]
]

pytestmark = pytest.mark.skipif(not ZOO.is_dir(), reason="the zoo is not here")


@pytest.mark.parametrize("row", NETS, ids=lambda row: row["file"])
def test_all_layers_have_rules(row: dict[str, str]) -> None:
    net = cf.load_net(ZOO / row["file"], phase=row["phase"]).plan
    assert "def forward(self, " in targets["torch"].print_module(net)
    for layer in build_graph(net).layers:
        assert all(type(op) in RULES.rules for op in layer.ops if not isinstance(op, Input))


def test_what_trains_a_detector_is_refused_by_name() -> None:
    path = ZOO / "py-faster-rcnn__models__pascal_voc__ZF__faster_rcnn_end2end__train.prototxt"
    net = cf.load_net(path, shapes={"data": (1, 3, 112, 96)})
    with pytest.raises(UsageError, match=r"rpn.anchor_target_layer.AnchorTargetLayer is not read"):
        targets["torch"].print_module(net.plan)
