"""The one table: what `--as` draws by is what `port` prints, and has the filler's distribution."""

from __future__ import annotations

import math

import numpy as np
import pytest

from caffe_fillers import distributions, fillers
from caffe_fillers.fans import Fans
from caffe_fillers.frameworks import mxnet, tensorflow
from caffe_fillers.frameworks.initializers import equivalent, frameworks
from caffe_fillers.frameworks.initializers.named import NAMED
from caffe_fillers.frameworks.tensorflow.plain import resolve
from caffe_fillers.plan import Fill
from caffe_fillers.schema import ConvolutionParameter, InnerProductParameter, LayerParameter

GROUPED, TRANSPOSED = ConvolutionParameter(group=4), InnerProductParameter(transpose=True)
LAYERS = {
    "convolution": (LayerParameter(type="Convolution"), (8, 4, 3, 5)),
    "depthwise": (LayerParameter(type="Convolution", convolution_param=GROUPED), (8, 1, 3, 3)),
    "deconvolution": (LayerParameter(type="Deconvolution"), (4, 8, 3, 3)),
    "inner product": (LayerParameter(type="InnerProduct"), (10, 6)),
    "transposed": (LayerParameter(type="InnerProduct", inner_product_param=TRANSPOSED), (6, 10)),
    "embed": (LayerParameter(type="Embed"), (6, 10)),
}
FILLERS = {
    "constant": fillers.Constant(0.5),
    "uniform": fillers.Uniform(-0.25, 0.25),
    "gaussian": fillers.Gaussian(std=0.01),
    **{f"xavier {norm}": fillers.Xavier(norm) for norm in ("FAN_IN", "FAN_OUT", "AVERAGE")},
    **{f"msra {norm}": fillers.MSRA(norm) for norm in ("FAN_IN", "FAN_OUT", "AVERAGE")},
    "leaky": fillers.filler_types.variant("msra", "alpha")(alpha=0.25),
    "intel": fillers.filler_types.variant("msra", "scale")(scale=0.5),
}


def moments(rule: object, shape: tuple[int, ...]) -> tuple[float, float]:
    """Mean and standard deviation of what a rule draws for a shape."""
    if isinstance(rule, mxnet.MSRAPrelu):
        rule = rule.xavier
    if isinstance(rule, mxnet.Xavier):
        scale = rule.scale(shape)
        return 0.0, scale / math.sqrt(3) if rule.rnd_type == "uniform" else scale
    if isinstance(rule, mxnet.Uniform | mxnet.Normal):
        return 0.0, rule.scale / math.sqrt(3) if isinstance(rule, mxnet.Uniform) else rule.sigma
    if isinstance(rule, mxnet.Constant):
        return rule.value, 0.0
    plain = resolve(rule, shape)
    if isinstance(plain, tensorflow.RandomUniform):
        return (plain.minval + plain.maxval) / 2, (plain.maxval - plain.minval) / math.sqrt(12)
    return (plain.value, 0.0) if isinstance(plain, tensorflow.Constant) else (plain.mean, plain.stddev)


@pytest.mark.parametrize("filler", FILLERS)
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("framework", ["keras", "tf1", "mxnet"])
def test_the_rule_has_the_fillers_moments(framework: str, name: str, filler: str) -> None:
    layer, shape = LAYERS[name]
    fill = Fill("layer", 0, shape, FILLERS[filler])
    rule = equivalent(framework, fill, layer).rule
    declared = fill.distribution()
    found = moments(rule, frameworks[framework].tensor(fill, layer).shape)
    assert found == pytest.approx((declared.mean, declared.std), rel=3e-7)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("framework", ["torch", "keras", "tf1", "jax", "mxnet"])
def test_a_tensor_turns_back_into_the_blob(framework: str, name: str) -> None:
    """The first axis of the blob is what lies along the tensor's outputs."""
    layer, shape = LAYERS[name]
    tensor = frameworks[framework].tensor(Fill("layer", 0, shape, fillers.Xavier()), layer)
    places = np.indices(tensor.shape)
    output = np.zeros(tensor.shape, np.int64)
    for axis in tensor.outputs:
        output = output * tensor.shape[axis] + places[axis]
    if name not in ("transposed", "embed"):  # whose first axis is the inputs'
        wanted = np.arange(shape[0]).reshape(-1, *[1] * (len(shape) - 1))
        assert np.array_equal(tensor.to_caffe(output, shape), np.broadcast_to(wanted, shape))
    assert np.array_equal(
        np.sort(tensor.to_caffe(np.arange(math.prod(shape)), shape), axis=None), np.arange(math.prod(shape))
    )


def test_a_distribution_without_an_initializer_is_loaded() -> None:
    fill = Fill("ip", 0, (4, 5), fillers.filler_types["gaussian_unitball"]())
    assert isinstance(fill.distribution(), distributions.UnitNorm)
    for framework in frameworks:
        found = equivalent(framework, fill, LayerParameter(type="InnerProduct"))
        assert (found.code, found.rule) == ("", None)
        assert found.comment.endswith("load the values")


KERAS = {
    "Keras' and TensorFlow's glorot_uniform": tensorflow.GLOROT_UNIFORM,
    "Keras' he_uniform": tensorflow.HE_UNIFORM,
    "Keras' he_normal, truncated": tensorflow.HE_NORMAL,
    "Keras' glorot_normal, truncated": tensorflow.GLOROT_NORMAL,
    "Keras' lecun_normal, truncated": tensorflow.LECUN_NORMAL,
}


@pytest.mark.parametrize("name", KERAS)
def test_named_initializers_are_the_frameworks_own(name: str) -> None:
    (named,) = (each for each in NAMED if each.name == name)
    declared, rule = named.distribution(Fans(36, 72)), resolve(KERAS[name], (3, 3, 4, 8))
    if isinstance(rule, tensorflow.RandomUniform):
        assert declared.support == pytest.approx((rule.minval, rule.maxval))
    else:
        assert declared.support == pytest.approx((-2 * rule.stddev, 2 * rule.stddev))
