"""Inner products against class centers, and what face recognition puts around them.

happynear/caffe-windows (NormFace) and wy1iu/sphereface.
"""

from __future__ import annotations

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import Constant, from_parameter
from caffe_fillers.layers.contract import Param, Role, Setup, layer, require_outputs
from caffe_fillers.layers.forks.common import filler_or, fork_param, four_axes, require_axes
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, canonical_axis, count


@layer("MarginInnerProduct", bottoms=2, tops=(1, 2), weights_need_shape=True)
def margin_inner_product(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Weights outputs x inputs, no bias; the second top is lambda: margin_inner_product_layer.cpp."""
    return _inner_product(parameter, bottoms, "margin_inner_product_param", own_weights=True)


@layer("LargeMarginInnerProduct", bottoms=(2, 3), tops=2, weights_need_shape=True)
def large_margin_inner_product(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Plan it as above; a third bottom brings the weights: largemargin_inner_product_layer.cpp."""
    return _inner_product(
        parameter, bottoms, "largemargin_inner_product_param", own_weights=len(bottoms) == 2
    )


@layer("InnerDistance", bottoms=(1, 3), weights_need_shape=True)
def inner_distance(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Distances to the rows of the weights, which a second bottom may bring: inner_distance_layer.cpp."""
    param = fork_param(parameter, "inner_distance_param")
    axis = canonical_axis(param.axis, len(bottoms[0]))
    outputs = param.num_output if len(bottoms) == 1 else require_axes(bottoms[1], 1)[0]
    require_outputs(outputs)
    inputs = count(bottoms[0], axis)
    shape = (inputs, outputs) if param.transpose else (outputs, inputs)
    own = len(bottoms) <= (2 if param.update_center_only else 1)
    params = (Param(shape, from_parameter(param.weight_filler)),) if own else ()
    return Setup(((*bottoms[0][:axis], outputs),), params)


@layer(
    "CenterLoss", bottoms=2, tops=(1, 2), role=Role.LOSS, weights_need_shape=True, default_loss_weight=False
)
def center_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A center for each class: center_loss_layer.cpp, whose LayerSetUp does not call that of LossLayer."""
    param = fork_param(parameter, "center_loss_param")
    require_outputs(param.num_output)
    shape = (param.num_output, count(bottoms[0], canonical_axis(param.axis, len(bottoms[0]))))
    tops: tuple[Shape | None, ...] = ((), None)
    return Setup(tops[: max(1, len(parameter.top))], (Param(shape, from_parameter(param.center_filler)),))


@layer("Local", weights_need_shape=True)
def local(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A convolution whose kernels differ from place to place: local_layer.cpp."""
    param = fork_param(parameter, "local_param")
    num, channels, *lengths = four_axes(bottoms[0])
    kernel, outputs = param.kernel_size, param.num_output
    if kernel < 1 or outputs < 1 or any(length < kernel for length in lengths):
        raise NetError("local_param needs num_output and a kernel_size that fits into its bottom")
    height, width = ((length + 2 * param.pad - kernel) // param.stride + 1 for length in lengths)
    weight = Param(
        (outputs, 1, channels * kernel * kernel, height * width), from_parameter(param.weight_filler)
    )
    bias = Param((1, 1, outputs, height * width), from_parameter(param.bias_filler))
    return Setup(((num, outputs, height, width),), (weight, bias) if param.bias_term else (weight,))


@layer("ChannelScale", bottoms=2, tops=(1, 2), accepts_unranked=True)
def channel_scale(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Plan one value with `global_scale`, which is -1 until data has passed: channel_scale_layer.cpp."""
    if not fork_param(parameter, "channel_scale_param").global_scale:
        return Setup(bottoms[:1])
    return _running_norm(parameter, bottoms)


@layer("MovingNormalize", tops=(1, 2), accepts_unranked=True)
def moving_normalize(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The running norm, -1 until data has passed: moving_normalize_layer.cpp."""
    return _running_norm(parameter, bottoms)


@layer("GlobalLSEMargin", bottoms=(2, 3), tops=(1, 2), accepts_unranked=True)
def global_lse_margin(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A scale, 30 without a filler, and a margin of 0: global_lse_margin_layer.cpp."""
    params = (Param((1,), filler_or(parameter.scale_param, "filler", 30.0)), Param((1,), Constant()))
    saved = _with_params(parameter, 2)
    if not parameter.param:
        saved.param[0].lr_mult = float(len(bottoms) != 3)
    return Setup((bottoms[0], (5,))[: len(parameter.top)], params, saved)


def _inner_product(
    parameter: LayerParameter, bottoms: tuple[Shape, ...], name: str, *, own_weights: bool
) -> Setup:
    param = fork_param(parameter, name)
    axis = canonical_axis(param.axis, len(bottoms[0]))
    outputs = param.num_output if own_weights else require_axes(bottoms[2], 1)[0]
    require_outputs(outputs)
    shape = (outputs, count(bottoms[0], axis))
    params = (Param(shape, from_parameter(param.weight_filler)),) if own_weights else ()
    return Setup(((*bottoms[0][:axis], outputs), (1,))[: len(parameter.top)], params)


def _running_norm(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A statistic, which a solver must leave alone."""
    if parameter.param and parameter.param[0].lr_mult != 0:
        raise NetError("its blob is a statistic that is not learned: set lr_mult: 0 in its param entry")
    tops = (bottoms[0], (1,))[: len(parameter.top)]
    return Setup(tops, (Param((1,), Constant(-1.0)),), _with_params(parameter, 1))


def _with_params(parameter: LayerParameter, number: int) -> LayerParameter:
    """The layer with `param` entries that keep a solver off, as far as it has none."""
    saved = LayerParameter()
    saved.CopyFrom(parameter)
    while len(saved.param) < number:
        saved.param.add(lr_mult=0, decay_mult=0)
    return saved
