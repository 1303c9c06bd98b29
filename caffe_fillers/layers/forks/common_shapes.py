"""Layers without blobs whose top is shaped as a bottom."""

from __future__ import annotations

from caffe_fillers.errors import NetError
from caffe_fillers.layers.contract import Setup, layer
from caffe_fillers.layers.forks.common import fork_param
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, differ, format_shape


@layer("ShuffleChannel")
def shuffle_channel(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Channels dealt out anew among `group` groups: farmingyard/ShuffleNet shuffle_channel_layer.cpp."""
    group = fork_param(parameter, "shuffle_channel_param").group
    if group < 1:
        raise NetError("shuffle_channel_param needs a group of at least 1")
    return Setup(bottoms)


@layer("Axpy", bottoms=3)
def axpy(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Bottom 0, a factor per channel, times bottom 1 plus bottom 2: hujie-frank/SENet axpy_layer.cpp."""
    factors, shape, summand = bottoms
    if differ(shape, summand) or differ(factors[:2], shape[:2]):
        raise NetError(
            f"bottoms {', '.join(map(format_shape, bottoms))} do not fit: factors, x and y are needed"
        )
    return Setup((shape,))


@layer(
    *("NegReLU", "Insanity", "Noise", "Truncation", "SoftTruncation", "Arccos", "Cosine", "Flip"),
    *("SpatialDropout", "MnActivation", "LRNRistretto", "Normalize@happynear", "Normalize@yjxiong"),
    *("ReLU6", "HardSwish", "HardSigmoid", "Mish", "SeLu", "SeLU", "GRN", "ScaleFilter"),
    tops=(1, 2),
)
def same_shape(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Each value on its own, or normalized in place, as far as shapes go."""
    return Setup((bottoms[0], None)[: len(parameter.top)])
