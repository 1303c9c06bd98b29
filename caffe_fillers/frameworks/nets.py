"""A Caffe net's weights as another framework would draw them, in Caffe's layout.

A port that names the framework's own initializers starts from these: each
filler becomes the initializer that is the same distribution, a tensor is
drawn in the framework's layout and order of axes, and turned back. Blobs are
drawn in the order of the net from one global seed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from caffe_fillers.distributions import Values
from caffe_fillers.errors import FillerError, UnknownNameError
from caffe_fillers.frameworks.initializers import equivalent, frameworks
from caffe_fillers.frameworks.initializers.contract import Tensor
from caffe_fillers.frameworks.mxnet.stream import RandomState
from caffe_fillers.frameworks.tensorflow.nets import SEMANTICS
from caffe_fillers.model import Model, model_of
from caffe_fillers.plan import Fill, Given, Step
from caffe_fillers.planner import PlannedNet
from caffe_fillers.rng import Stream
from caffe_fillers.schema import LayerParameter

Draw = Callable[[Any, Tensor], Values]


def model_as(framework: str, net: PlannedNet, seed: int) -> Model:
    """The net's weights as tensorflow (graph mode), tensorflow2, keras or mxnet draws them.

    A filler that the framework has no initializer for is a `FillerError`
    that names the layer.
    """
    if framework not in FRAMEWORKS:
        raise UnknownNameError("framework", framework, FRAMEWORKS)
    draw = FRAMEWORKS[framework](seed)
    arrays: dict[int, Values] = {}
    for layer in net.layers:
        for blob in layer.blobs:
            if blob.step not in arrays:
                arrays[blob.step] = _values(framework, net.steps[blob.step], layer.parameter, draw)
    return model_of(net, lambda step: iter([arrays[step].ravel()]))


def _values(framework: str, step: Step, layer: LayerParameter, draw: Draw) -> Values:
    if isinstance(step, Given):
        return np.frombuffer(step.values, "<f4")
    assert isinstance(step, Fill)
    try:
        distribution = step.distribution()
        if not distribution.is_random:  # the same everywhere
            return distribution.sample(step.shape, Stream(0))
        return _drawn(framework, step, layer, draw)
    except FillerError as error:
        raise FillerError(f"layer {step.layer!r} blob {step.index}: {error}") from error


def _drawn(framework: str, fill: Fill, layer: LayerParameter, draw: Draw) -> Values:
    table = _TABLES.get(framework, framework)
    found, tensor = equivalent(table, fill, layer), frameworks[table].tensor(fill, layer)
    if found.rule is None:
        raise FillerError(
            f"{_NAMES[table]} has no initializer like the {fill.filler.type_name} filler "
            f"({fill.distribution()}): fill the net as Caffe does, without --as"
        )
    return tensor.to_caffe(np.asarray(draw(found.rule, tensor)), fill.shape)


def _tensorflow(semantics: str, seed: int) -> Draw:
    drawer = SEMANTICS[semantics](seed)
    return lambda rule, tensor: np.asarray(drawer.draw(rule, tensor.shape))


def _mxnet(seed: int) -> Draw:
    state = RandomState(seed)
    return lambda rule, tensor: np.asarray(rule.fill(tensor.shape, state))


FRAMEWORKS: dict[str, Callable[[int], Draw]] = {
    "tensorflow": partial(_tensorflow, "tf1"),
    "tensorflow2": partial(_tensorflow, "tf2"),
    "keras": partial(_tensorflow, "keras"),
    "mxnet": _mxnet,
}
_TABLES = {"tensorflow": "tf1", "tensorflow2": "tf1"}
"""Those whose initializers stand in the table by another name."""
_NAMES = {"tf1": "TensorFlow", "keras": "Keras", "mxnet": "MXNet"}
