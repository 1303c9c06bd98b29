"""Each layer type in a net of its own, over the rows of layer_rows."""

from dataclasses import replace

import pytest
from layer_rows import ROWS, Row

from caffe_fillers import prototxt
from caffe_fillers.errors import NetError, UnknownShapeError
from caffe_fillers.fillers import Constant
from caffe_fillers.layers import layer_types
from caffe_fillers.plan import Draw, Fill
from caffe_fillers.planner import PlannedNet, plan_net
from caffe_fillers.schema import LayerParameter, NetParameter, strip_private
from caffe_fillers.shapes import differ, format_shape, parse_shape

# What src/caffe registers at 9b8915401.
TYPES = """
AbsVal Accuracy ArgMax BNLL BatchNorm BatchReindex Bias Clip Concat ContrastiveLoss Convolution Crop Data
Deconvolution Dropout DummyData ELU Eltwise Embed EuclideanLoss Exp Filter Flatten HDF5Data HDF5Output
HingeLoss Im2col ImageData InfogainLoss InnerProduct Input LRN LSTM LSTMUnit Log MVN MemoryData
MultinomialLogisticLoss PReLU Parameter Pooling Power Python RNN ReLU Reduction Reshape SPP Scale Sigmoid
SigmoidCrossEntropyLoss Silence Slice Softmax SoftmaxWithLoss Split Swish TanH Threshold Tile WindowData
""".split()  # noqa: SIM905


class NoSources:
    def find(self, name: str) -> None:
        return None


def test_every_type_of_caffe_has_a_rule_and_a_row() -> None:
    assert set(TYPES) <= set(layer_types)
    assert {row.type for row in ROWS if not row.error} == set(TYPES)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.type} {row.bottoms} {row.body}"[:90])
def test_layer(row: Row) -> None:
    if row.error:
        with pytest.raises(NetError, match=f"layer 'x' \\({row.type}\\): ") as raised:
            plan(row)
        assert row.error in str(raised.value)
        return
    planned = plan(row)
    layer = planned.parameter.layer[-1]
    assert [format_shape(planned.tops[top]) for top in layer.top] == row.tops.split()
    assert ", ".join(events(planned)) == row.events
    expected = layer_of(row)
    expected.MergeFrom(parsed(row.saved))
    strip_private(layer)
    strip_private(expected)
    assert layer == expected


KNOWN = [row for row in ROWS if not row.error and row.bottoms and "unknown" not in row.bottoms]


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: f"{row.type} {row.bottoms} {row.body}"[:90])
def test_an_unknown_length_leaves_no_wrong_one(row: Row) -> None:
    """Each length in turn is not known: what is still told is right, and weights that depend on it stop."""
    known = plan(row)
    for index, bottom in enumerate(row.bottoms.split()):
        for axis, dim in enumerate(bottom.split("x")):
            if not dim.isdigit():
                continue
            hidden = "x".join("?" if each == axis else text for each, text in enumerate(bottom.split("x")))
            bottoms = " ".join(
                hidden if each == index else text for each, text in enumerate(row.bottoms.split())
            )
            try:
                partly = plan(replace(row, bottoms=bottoms))
            except UnknownShapeError:
                assert row.events
                continue
            for top in known.parameter.layer[-1].top:
                assert not differ(partly.tops[top], known.tops[top])
            assert events(partly) == events(known)


def test_an_assumption_about_python_code_is_noted() -> None:
    row = next(row for row in ROWS if row.type == "Python")
    assert "a.B is not run" in plan(row).notes[-1].message


def test_inner_product_and_biases_have_the_shape_they_had_before_2015_03() -> None:
    rows = [row for row in ROWS if row.type in ("InnerProduct", "Convolution") and row.events]
    fills = {
        step.shape: step.legacy_shape for row in rows for step in plan(row).steps if isinstance(step, Fill)
    }
    assert fills[5, 12] == (1, 1, 5, 12)
    assert fills[5,] == (1, 1, 1, 5)
    assert fills[4,] == (1, 1, 1, 4)
    assert fills[4, 3, 3, 3] is None


def plan(row: Row) -> PlannedNet:
    bottoms = row.bottoms.split()
    net = NetParameter()
    for index in range(len(bottoms)):
        net.layer.add(name=f"i{index}", type="Input", top=[f"b{index}"])
    net.layer.append(layer_of(row))
    shapes = {
        f"b{index}": parse_shape("" if bottom == "scalar" else bottom.replace("x", ","))
        for index, bottom in enumerate(bottoms)
        if bottom != "unknown"
    }
    return plan_net(net, NoSources(), shapes)


def layer_of(row: Row) -> LayerParameter:
    layer = parsed(row.body)
    layer.name, layer.type = "x", row.type
    layer.bottom.extend(f"b{index}" for index in range(len(row.bottoms.split())))
    if not layer.top:
        default = 1 if row.error else len(row.tops.split())
        number = default if row.num_tops is None else row.num_tops
        layer.top.extend(f"t{index}" for index in range(number))
    return layer


def parsed(text: str) -> LayerParameter:
    return prototxt.parse(text, LayerParameter).message


def events(plan: PlannedNet) -> list[str]:
    kept = {blob.step for blob in plan.blobs}
    texts = []
    for index, step in enumerate(plan.steps):
        if isinstance(step, Draw):
            texts.append(f"draw {step.words}")
            continue
        assert isinstance(step, Fill)
        value = f" {step.filler.value:g}" if isinstance(step.filler, Constant) else ""
        dropped = "" if index in kept else " dropped"
        texts.append(f"{format_shape(step.shape)} {step.filler.type_name}{value}{dropped}")
    return texts
