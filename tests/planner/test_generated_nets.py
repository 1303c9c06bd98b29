"""Nets that nobody wrote: whatever is built is consistent, whatever is broken ends in our own error."""

from __future__ import annotations

import io

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import caffe_fillers as cf
from caffe_fillers import prototxt
from caffe_fillers.formats import caffemodel
from caffe_fillers.plan import Draw, Fill
from caffe_fillers.schema import FillerParameter, LayerParameter, NetParameter
from caffe_fillers.shapes import count

FILLERS = st.one_of(
    st.builds(FillerParameter, type=st.just("constant"), value=st.floats(-1, 1, width=32)),
    st.builds(FillerParameter, type=st.just("uniform"), min=st.floats(-1, 0, width=32)),
    st.builds(FillerParameter, type=st.just("gaussian"), std=st.floats(0.125, 1, width=32)),
    st.builds(FillerParameter, type=st.sampled_from(["xavier", "msra"]), variance_norm=st.integers(0, 2)),
    st.just(FillerParameter(type="positive_unitball")),
)


@st.composite
def layers(draw: st.DrawFn, index: int, blobs: list[str]) -> LayerParameter:
    """A layer that takes any of the blobs there are and keeps them at four axes."""
    layer = LayerParameter(name=f"layer{index}", bottom=[draw(st.sampled_from(blobs))])
    layer.top.append(f"blob{index}")
    layer.type = draw(
        st.sampled_from(["Convolution", "Deconvolution", "Pooling", "ReLU", "PReLU", "Scale", "BatchNorm"])
    )
    if layer.type in ("Convolution", "Deconvolution"):
        param = layer.convolution_param
        param.num_output = 4 * draw(st.integers(1, 3))
        param.group = draw(st.sampled_from([1, 2, 4]))
        param.kernel_size.append(draw(st.integers(1, 3)))
        param.pad.append(1)
        param.stride.append(draw(st.integers(1, 2)))
        param.weight_filler.CopyFrom(draw(FILLERS))
        param.bias_filler.CopyFrom(draw(FILLERS))
        if draw(st.booleans()):
            layer.param.add(
                name=draw(st.sampled_from(["shared", "other"])), share_mode=draw(st.integers(0, 1))
            )
    elif layer.type == "Pooling":
        layer.pooling_param.kernel_size = draw(st.integers(1, 2))
        layer.pooling_param.stride = draw(st.integers(1, 2))
    elif layer.type == "PReLU":
        layer.prelu_param.filler.CopyFrom(draw(FILLERS))
    elif layer.type == "Scale":
        layer.scale_param.bias_term = draw(st.booleans())
        layer.scale_param.filler.CopyFrom(draw(FILLERS))
    return layer


@st.composite
def nets(draw: st.DrawFn) -> NetParameter:
    """A few layers one behind the other or side by side, some sharing weights, as Caffe may well refuse."""
    net = NetParameter(name="generated")
    data = net.layer.add(name="data", type="Input", top=["data"])
    data.input_param.shape.add(dim=[2, 4, draw(st.integers(6, 9)), 8])
    blobs = ["data"]
    for index in range(draw(st.integers(1, 6))):
        net.layer.append(draw(layers(index, blobs)))
        blobs.append(f"blob{index}")
    return net


def load(text: str) -> cf.Net:
    return cf.load_net(io.BytesIO(text.encode()))


@settings(max_examples=60)
@given(nets(), st.integers(0, 2**32 - 1))
def test_shapes_plan_and_fill_agree(net: NetParameter, seed: int) -> None:
    try:
        loaded = load(prototxt.write(net))
    except cf.CaffeFillersError:
        return  # shapes that do not share, images smaller than the kernel
    owned = [blob for blob in loaded.plan.blobs if blob.owner is None]
    steps = [blob.step for blob in owned]
    assert len(set(steps)) == len(steps), "no two blobs own the same fill"
    fills = [number for number, step in enumerate(loaded.plan.steps) if isinstance(step, Fill)]
    assert set(steps) <= set(fills)
    stream = cf.Stream(seed)
    weights = loaded.fill(stream=stream)
    for blob in loaded.plan.blobs:
        assert weights[loaded.plan.layer(blob.layer_id).name][blob.index].shape == blob.shape
    assert weights.num_parameters == loaded.plan.num_parameters == sum(count(blob.shape) for blob in owned)
    assert stream.position >= sum(step.words for step in loaded.plan.steps if isinstance(step, Draw))
    assert stream.position == position_of_steps(loaded, seed)
    written = io.BytesIO()
    caffemodel.write(written, loaded.model(seed))
    read = caffemodel.read(io.BytesIO(written.getvalue()))
    for layer, index, blob in read.blobs():
        assert blob.array().tobytes() == weights[layer.name][index].tobytes()


def position_of_steps(net: cf.Net, seed: int) -> int:
    """Draw each step of the plan by itself."""
    stream = cf.Stream(seed)
    for step in net.plan.steps:
        if isinstance(step, Fill):
            step.filler.fill(step.shape, stream, np.float32)
        elif isinstance(step, Draw):
            stream.skip(step.words)
    return stream.position


@settings(max_examples=150)
@given(nets(), st.data())
def test_a_damaged_net_ends_in_our_own_error(net: NetParameter, data: st.DataObject) -> None:
    text = prototxt.write(net)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    damaged = (
        text[:start]
        + data.draw(st.sampled_from(["", "0", "-1", "{", '"', "type", "bottom: 'x' "]))
        + text[end:]
    )
    try:
        load(damaged)
    except cf.CaffeFillersError as error:
        assert str(error)
