"""A Caffe net's weights as another framework would draw them, in Caffe's layout.

A port that names the framework's own initialisers starts from these: each
filler becomes the initialiser that is the same distribution, a tensor is
drawn in the framework's layout and order of axes, and turned back. Blobs are
drawn in the order of the net from one global seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from caffe_fillers import fillers
from caffe_fillers.distributions import Values
from caffe_fillers.errors import FillerError, UnknownNameError
from caffe_fillers.fans import VarianceNorm
from caffe_fillers.frameworks.mxnet import initializers as mxnet
from caffe_fillers.frameworks.mxnet.stream import RandomState
from caffe_fillers.frameworks.tensorflow import initializers as tensorflow
from caffe_fillers.frameworks.tensorflow.nets import SEMANTICS
from caffe_fillers.model import Model, ModelBlob, ModelLayer
from caffe_fillers.plan import Fill, Given, Plan, PlannedBlob
from caffe_fillers.rng import Stream
from caffe_fillers.schema import LayerParameter, NetParameter

Draw = Callable[[Fill, LayerParameter], Values]

_MODES = {VarianceNorm.FAN_IN: "fan_in", VarianceNorm.FAN_OUT: "fan_out", VarianceNorm.AVERAGE: "fan_avg"}
_FACTORS = {VarianceNorm.FAN_IN: "in", VarianceNorm.FAN_OUT: "out", VarianceNorm.AVERAGE: "avg"}


def model_as(framework: str, plan: Plan, saved: NetParameter, seed: int) -> Model:
    """The net's weights as tensorflow (graph mode), tensorflow2, keras or mxnet draws them.

    A filler that the framework has no initialiser for is a `FillerError`
    that names the layer.
    """
    if framework not in FRAMEWORKS:
        raise UnknownNameError("framework", framework, FRAMEWORKS)
    draw = FRAMEWORKS[framework](seed)
    arrays: dict[int, Values] = {}
    blobs: dict[int, list[ModelBlob]] = {}
    for blob in plan.blobs:
        if blob.step not in arrays:
            arrays[blob.step] = _values(plan, blob, saved.layer[blob.layer_id], draw)
        chunks = partial(_one_chunk, arrays[blob.step])
        blobs.setdefault(blob.layer_id, []).append(ModelBlob(blob.shape, chunks, plan.owner(blob)))
    layers = tuple(
        ModelLayer(layer, tuple(blobs.get(layer_id, ()))) for layer_id, layer in enumerate(saved.layer)
    )
    return Model(NetParameter(name=saved.name), layers)


def _one_chunk(values: Values) -> Iterator[Values]:
    yield values.ravel()


def _values(plan: Plan, blob: PlannedBlob, layer: LayerParameter, draw: Draw) -> Values:
    step = plan.steps[blob.step]
    if isinstance(step, Given):
        return np.frombuffer(step.values, "<f4")
    assert isinstance(step, Fill)
    try:
        distribution = step.distribution()
        if not distribution.is_random:  # the same everywhere
            return distribution.sample(step.shape, Stream(0))
        return draw(step, layer)
    except FillerError as error:
        raise FillerError(f"layer {step.layer!r} blob {step.index}: {error}") from error


def _tensorflow(semantics: str, seed: int) -> Draw:
    drawer = SEMANTICS[semantics](seed)

    def draw(fill: Fill, layer: LayerParameter) -> Values:
        initializer = _look_up(_TENSORFLOW, fill, "TensorFlow")
        order = _axes(fill, layer)
        shape = tuple(fill.shape[axis] for axis in order)
        tensor: Values = np.asarray(drawer.draw(initializer, shape))
        turned: Values = tensor.transpose(np.argsort(order))
        return turned

    return draw


def _mxnet(seed: int) -> Draw:
    state = RandomState(seed)

    def draw(fill: Fill, layer: LayerParameter) -> Values:
        return _look_up(_MXNET, fill, "MXNet").fill(fill.shape, state)  # type: ignore[no-any-return]

    return draw


FRAMEWORKS: dict[str, Callable[[int], Draw]] = {
    "tensorflow": partial(_tensorflow, "tf1"),
    "tensorflow2": partial(_tensorflow, "tf2"),
    "keras": partial(_tensorflow, "keras"),
    "mxnet": _mxnet,
}


def _axes(fill: Fill, layer: LayerParameter) -> list[int]:
    """The order of axes in TensorFlow: spatial axes first, then inputs, then outputs.

    An Embed and a transposed inner product have inputs first already; a
    deconvolution's kernel is turned the same way, its outputs before inputs.
    """
    axes = list(range(len(fill.shape)))
    if len(axes) < 2 or layer.type == "Embed" or layer.inner_product_param.transpose:
        return axes
    return [*axes[2:], 1, 0]


def _look_up(table: dict[type, Callable[[Any], Any]], fill: Fill, framework: str) -> Any:
    kind = type(fill.filler)
    sparse = fill.filler.sparse >= 0
    if kind not in table or sparse:
        name = f"{'sparse ' if sparse else ''}{fill.filler.type_name}"
        raise FillerError(f"{framework} has no initialiser like the {name} filler")
    return table[kind](fill.filler)


_TENSORFLOW: dict[type, Callable[[Any], Any]] = {
    fillers.Constant: lambda filler: tensorflow.Constant(filler.value),
    fillers.Uniform: lambda filler: tensorflow.RandomUniform(filler.min, filler.max),
    fillers.Gaussian: lambda filler: tensorflow.RandomNormal(filler.mean, filler.std),
    fillers.Xavier: lambda filler: tensorflow.VarianceScaling(1.0, _MODES[filler.variance_norm], "uniform"),
    fillers.MSRA: lambda filler: tensorflow.VarianceScaling(
        2.0, _MODES[filler.variance_norm], "untruncated_normal"
    ),
}


def _mxnet_uniform(filler: fillers.Uniform) -> mxnet.Initializer:
    if filler.min != -filler.max:
        raise FillerError(f"MXNet's Uniform is even about zero, not {filler.min:g} to {filler.max:g}")
    return mxnet.Uniform(filler.max)


def _mxnet_normal(filler: fillers.Gaussian) -> mxnet.Initializer:
    if filler.mean:
        raise FillerError(f"MXNet's Normal has mean 0, not {filler.mean:g}")
    return mxnet.Normal(filler.std)


_MXNET: dict[type, Callable[[Any], Any]] = {
    fillers.Constant: lambda filler: mxnet.Constant(filler.value),
    fillers.Uniform: _mxnet_uniform,
    fillers.Gaussian: _mxnet_normal,
    fillers.Xavier: lambda filler: mxnet.Xavier("uniform", _FACTORS[filler.variance_norm], 3),
    fillers.MSRA: lambda filler: mxnet.Xavier("gaussian", _FACTORS[filler.variance_norm], 2),
}
