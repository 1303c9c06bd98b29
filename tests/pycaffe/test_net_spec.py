"""Net generators as people wrote them: residual, dense and single-shot nets, in Python 2's and 3's ways."""

from __future__ import annotations

import io

import numpy as np
import pytest

import caffe_fillers as cf
import caffe_fillers.pycaffe as caffe
from caffe_fillers.pycaffe import coord_map
from caffe_fillers.pycaffe import layers as L
from caffe_fillers.pycaffe import params as P

MSRA = {"type": "msra"}


def conv(bottom: caffe.net_spec.Top, outputs: int, kernel: int = 3, stride: int = 1) -> caffe.net_spec.Top:
    made = L.Convolution(
        bottom,
        kernel_size=kernel,
        stride=stride,
        num_output=outputs,
        pad=kernel // 2,
        bias_term=False,
        weight_filler=MSRA,
        param=[{"lr_mult": 1, "decay_mult": 1}],
    )
    normalized = L.BatchNorm(made, in_place=True, param=[{"lr_mult": 0}] * 3)
    return L.Scale(normalized, in_place=True, scale_param={"bias_term": True})


def residual(depth: int) -> caffe.NetSpec:
    net = caffe.NetSpec()
    net.data, net.label = L.DummyData(
        ntop=2, shape=[{"dim": [2, 3, 16, 16]}, {"dim": [2]}], data_filler={"type": "constant"}
    )
    top = L.ReLU(conv(net.data, 8), in_place=True)
    for _ in range(depth):
        branch = conv(L.ReLU(conv(top, 8), in_place=True), 8)
        top = L.ReLU(L.Eltwise(top, branch, operation=P.Eltwise.SUM), in_place=True)
    net.pool = L.Pooling(top, pool=P.Pooling.AVE, global_pooling=True)
    net.score = L.InnerProduct(net.pool, num_output=10, weight_filler={"type": "xavier"})
    net.loss = L.SoftmaxWithLoss(net.score, net.label)
    return net


def dense(blocks: int) -> caffe.NetSpec:
    net = caffe.NetSpec()
    net.data = L.Input(shape={"dim": [1, 3, 8, 8]})
    top = net.data
    for _ in range(blocks):
        top = L.Concat(top, L.ReLU(conv(top, 12 / 3), in_place=True), axis=1)
    net["score"] = top
    return net


def single_shot() -> caffe.NetSpec:
    """In the manner of the branch ssd: keys, updates, deletions, and messages of the fork."""
    net = caffe.NetSpec()
    net.data = L.Input(shape={"dim": [1, 3, 32, 32]})
    net["conv1"] = L.Convolution(
        net.data, num_output=8, kernel_size=3, pad=1, weight_filler={"type": "xavier"}
    )
    net["relu1"] = L.ReLU(net["conv1"], in_place=True)
    net.update("conv1", {"num_output": 16})
    net["norm"] = L.Normalize(
        net["relu1"], scale_filler={"type": "constant", "value": 20}, across_spatial=False
    )
    net["unused"] = L.Pooling(net["norm"], kernel_size=2)
    del net["unused"]
    net["perm"] = L.Permute(net["norm"], order=[0, 2, 3, 1])
    net["flat"] = L.Flatten(net["perm"], axis=1)
    net["prior"] = L.PriorBox(
        net["norm"], net.data, min_size=8.0, aspect_ratio=[2, 3], variance=[0.1, 0.1, 0.2, 0.2]
    )
    assert net.keys()[-2:] == ["flat", "prior"]
    return net


@pytest.mark.parametrize(
    ("net", "layers", "parameters"),
    [(residual(3), 35, 3_993), (dense(4), 21, 1_364), (single_shot(), 7, 449)],
)
def test_generated_nets_are_built(net: caffe.NetSpec, layers: int, parameters: int) -> None:
    proto = net.to_proto()
    planned = cf.load_net(io.BytesIO(str(proto).encode()))
    assert len(proto.layer) == layers
    assert planned.plan.num_parameters == parameters
    assert planned.fill(seed=1).num_parameters == planned.plan.num_parameters


def test_names_are_pycaffes() -> None:
    data = L.Input(shape={"dim": [1, 4]})
    first = L.InnerProduct(data, num_output=2)
    silent = L.Silence(L.ReLU(first), ntop=0)
    proto = caffe.to_proto(silent, first)
    assert [layer.name for layer in proto.layer] == ["Input1", "InnerProduct1", "ReLU1", "Silence1"]
    assert [list(layer.bottom) for layer in proto.layer] == [[], ["Input1"], ["InnerProduct1"], ["ReLU1"]]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda data: L.Convolution(data, num_outputs=3), "has no field 'num_outputs'.*did you mean"),
        (lambda data: L.Convolution(data, num_output=2.5), "whole number"),
        (lambda data: L.Convolution("data", num_output=2), "is not a Top"),
    ],
)
def test_mistakes_are_named(make: object, said: str) -> None:
    data = L.Input(shape={"dim": [1, 4, 5, 5]})
    with pytest.raises((AttributeError, TypeError, cf.CaffeFillersError), match=said):
        caffe.to_proto(make(data))  # type: ignore[operator]


def test_numpy_numbers_and_arrays() -> None:
    data = L.Input(shape={"dim": np.array([1, 4, 5, 5])})
    proto = caffe.to_proto(L.Convolution(data, num_output=np.int64(3), kernel_size=np.array([1, 2])))
    assert list(proto.layer[1].convolution_param.kernel_size) == [1, 2]


def test_enums_and_types() -> None:
    assert P.Pooling.AVE == caffe.proto.caffe_pb2.PoolingParameter.AVE == 1
    assert P.Data.LMDB == 1
    assert {"Convolution", "InnerProduct", "Split"} <= set(caffe.layer_type_list())
    assert caffe.net_spec.param_name_dict()["InnerProduct"] == "inner_product"


def test_crop_aligns_a_deconvolution_with_its_input() -> None:
    """By hand: pad 100 before, then five poolings, then a kernel of 64 and a stride of 32."""
    data = L.Input(shape={"dim": [1, 3, 100, 100]})
    top = L.Convolution(data, num_output=4, kernel_size=3, pad=100)
    for _ in range(5):
        top = L.Pooling(L.ReLU(top), kernel_size=2, stride=2)
    top = L.Deconvolution(top, convolution_param={"num_output": 4, "kernel_size": 64, "stride": 32})
    axis, scale, shift = coord_map.coord_map_from_to(top, data)
    assert (axis, scale.tolist(), shift.tolist()) == (1, [1.0], [-115.0])
    cropped = coord_map.crop(top, data)
    assert cropped.fn.params["crop_param"] == {"axis": 2, "offset": [115]}


def test_no_crop_without_a_common_input() -> None:
    one, other = (L.Input(shape={"dim": [1, 3, 9, 9]}) for _ in range(2))
    with pytest.raises(RuntimeError, match="compute map"):
        coord_map.crop(one, other)
    with pytest.raises(AssertionError, match="scale mismatch"):
        coord_map.crop(L.Pooling(one, kernel_size=2, stride=2), one)
