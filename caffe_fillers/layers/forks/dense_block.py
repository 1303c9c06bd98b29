"""A block of a DenseNet as one layer: senlinuc/caffe_ocr 81642f61e, DenseBlock_layer.cpp."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import Constant, from_parameter
from caffe_fillers.layers.contract import Param, Setup, layer, require_buildable
from caffe_fillers.layers.forks.common import fork_param, four_axes
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape

_PLAIN, _BOTTLENECK = 5, 10
"""Blobs of each transition, without and with a bottleneck (`use_BC`)."""

_UNLEARNED = {False: (3, 4), True: (3, 4, 8, 9)}
"""Statistics among them, which a solver must leave alone."""


@layer("DenseBlock", weights_need_shape=True, ignores_given_blobs=True)
def dense_block(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Transitions that are filled one after another and stored by kind: all kernels, then all scales."""
    block = fork_param(parameter, "denseblock_param")
    num, channels, height, width = four_axes(bottoms[0])
    require_buildable(block.numTransition, "transitions")
    transitions = range(block.numTransition)
    kinds = _BOTTLENECK if block.use_BC else _PLAIN
    events = [
        Param(shape, filler, index=kind * len(transitions) + transition)
        for transition in transitions
        for kind, shape, filler in _transition(block, channels + transition * block.growthRate)
    ]
    events.append(Param((1,), Constant(), index=kinds * len(transitions)))
    saved = LayerParameter()
    saved.CopyFrom(parameter)
    saved.ClearField("param")
    for index in range(len(events)):
        unlearned = index == len(events) - 1 or index // len(transitions) in _UNLEARNED[block.use_BC]
        rate = 0.0 if unlearned else 1.0
        saved.param.add(lr_mult=rate, decay_mult=rate)
    if parameter.param and list(parameter.param) != list(saved.param):  # other than in its own file
        raise NetError("DenseBlock sets the param of its blobs itself and takes none: remove them")
    top = (num, channels + len(transitions) * block.growthRate, height, width)
    return Setup((top,), tuple(events), saved)


def _transition(block: Any, channels: int) -> Iterator[tuple[int, Shape, Any]]:
    """Kind, shape and filler of a transition's blobs, in the order in which they are filled."""
    kernel, scale, bias = map(
        from_parameter, (block.Filter_Filler, block.BN_Scaler_Filler, block.BN_Bias_Filler)
    )
    inner = 4 * block.growthRate
    wide: Shape = (1, channels, 1, 1)
    narrow: Shape = (1, inner, 1, 1)
    if not block.use_BC:
        yield 0, (block.growthRate, channels, 3, 3), kernel
    else:
        yield 0, (block.growthRate, inner, 3, 3), kernel
        yield 5, (inner, channels, 1, 1), kernel
    for kind, filler in ((1, scale), (2, bias), (3, Constant()), (4, Constant(1.0))):
        yield kind, wide, filler
        if block.use_BC:
            yield kind + 5, narrow, filler
