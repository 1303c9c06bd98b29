"""Batch normalization as forks have it: bn_layer.cpp, batch_norm_layer.cpp."""

from __future__ import annotations

from typing import Any

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import Constant, from_parameter
from caffe_fillers.layers.contract import Param, Setup, layer
from caffe_fillers.layers.forks.common import filler_or, fork_param
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, format_shape, legacy_dim

_STATISTICS = (2, 3)  # indices of mean and variance, which a solver must leave alone


@layer("BN", "BN@segnet", "BN@enet", tops=(1, 3), weights_need_shape=True, normalizes=True)
def bn(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """SegNet's scale and shift, 1xCx1x1, or slope, bias, mean and variance where those are asked for."""
    bn_param = fork_param(parameter, "bn_param")
    if any(bn_param.HasField(name) for name in ("slope_filler", "bias_filler", "frozen", "momentum", "eps")):
        return bn_yjxiong(parameter, bottoms)
    num, channels, height, width = (legacy_dim(bottoms[0], axis) for axis in range(4))
    shape = (1, channels, 1, 1)
    params = (
        Param(shape, from_parameter(bn_param.scale_filler)),
        Param(shape, from_parameter(bn_param.shift_filler)),
    )
    return Setup(((num, channels, height, width), shape, shape)[: len(parameter.top)], params)


@layer("BN@yjxiong", weights_need_shape=True, normalizes=True)
def bn_yjxiong(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Slope, bias, mean and variance, 1xC; the variance begins with 1 where the layer is frozen."""
    frozen = fork_param(parameter, "bn_param").frozen
    shape = (1, legacy_dim(bottoms[0], 1))
    return Setup(bottoms, _four(parameter, shape, float(frozen)), _unlearned(parameter, frozen=frozen))


@layer("SyncBN", weights_need_shape=True, normalizes=True)
def sync_bn(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Plan it as yjxiong's BN that is not frozen, whatever it says: yjxiong/caffe, sync_bn_layer.cpp."""
    shape = (1, legacy_dim(bottoms[0], 1))
    return Setup(bottoms, _four(parameter, shape, 0.0), _unlearned(parameter, frozen=False))


@layer("BN@pspnet", weights_need_shape=True, normalizes=True)
def bn_pspnet(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Plan it as yjxiong's, its blobs 1xCx1x1."""
    frozen = fork_param(parameter, "bn_param").frozen
    shape = (1, legacy_dim(bottoms[0], 1), 1, 1)
    return Setup(bottoms, _four(parameter, shape, float(frozen)), _unlearned(parameter, frozen=frozen))


@layer("BN@happynear", weights_need_shape=True, normalizes=True)
def bn_happynear(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Plan it as yjxiong's, but the variance always begins with 1 and `param` stays unchanged."""
    return Setup(bottoms, _four(parameter, (1, legacy_dim(bottoms[0], 1)), 1.0))


@layer("BatchNorm@nvidia15", weights_need_shape=True, normalizes=True)
def batch_norm_nvidia15(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Scale, bias, mean, variance and a count: NVIDIA/caffe, branch caffe-0.15. All are 0 without fillers."""
    batch_norm_param: Any = parameter.batch_norm_param
    channels = bottoms[0][1:2] or (1,)
    fillers = (batch_norm_param.scale_filler, batch_norm_param.bias_filler)
    learned = tuple(Param(channels, from_parameter(filler)) for filler in fillers)
    statistics = tuple(Param(shape, Constant()) for shape in (channels, channels, (1,)))
    return Setup(bottoms, (*learned, *statistics))


@layer("BatchNorm@jacinto", weights_need_shape=True, normalizes=True)
def batch_norm_jacinto(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Plan it as NVIDIA's, the correction 0: tidsp/caffe-jacinto, branch caffe-0.16."""
    return _batch_norm(parameter, bottoms[0], correction=0.0)


@layer("BatchNorm@nvidia", "BatchNorm@jacinto17", weights_need_shape=True, normalizes=True)
def batch_norm(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Mean, variance and a correction of 1; with `scale_bias` or one of their fillers scale and bias too.

    NVIDIA/caffe, branch caffe-0.17. What `param` says is overwritten.
    """
    return _batch_norm(parameter, bottoms[0], correction=1.0)


def _batch_norm(parameter: LayerParameter, shape: Shape, *, correction: float) -> Setup:
    """Plan what NVIDIA/caffe has from 0.16 on."""
    batch_norm_param: Any = parameter.batch_norm_param
    channels = shape[1:2] or (1,)
    params = [Param(channels, Constant()), Param(channels, Constant()), Param((1,), Constant(correction))]
    has = batch_norm_param.HasField
    if batch_norm_param.scale_bias or has("scale_filler") or has("bias_filler"):
        params.append(Param(channels, filler_or(batch_norm_param, "scale_filler", 1.0)))
        params.append(Param(channels, filler_or(batch_norm_param, "bias_filler", 0.0)))
    saved = LayerParameter()
    saved.CopyFrom(parameter)
    while len(saved.param) < len(params):
        saved.param.add()
    for index, spec in enumerate(saved.param[: len(params)]):
        spec.lr_mult = spec.decay_mult = 0.0 if index < 3 else 1.0
    return Setup((shape,), tuple(params), saved)


@layer("Normalize", weights_need_shape=True)
def normalize(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """SSD's: a scale per channel, or a single one, which is a blob without axes; 1 without a filler."""
    norm_param = fork_param(parameter, "norm_param")
    if len(bottoms[0]) < 2:
        raise NetError(f"its bottom has shape {format_shape(bottoms[0])}; Normalize needs channels in axis 1")
    shape = () if norm_param.channel_shared else (bottoms[0][1],)
    return Setup(bottoms, (Param(shape, filler_or(norm_param, "scale_filler", 1.0)),))


def _four(parameter: LayerParameter, shape: Shape, variance: float) -> tuple[Param, ...]:
    bn_param = fork_param(parameter, "bn_param")
    fillers = (from_parameter(bn_param.slope_filler), from_parameter(bn_param.bias_filler))
    return tuple(Param(shape, filler) for filler in (*fillers, Constant(), Constant(variance)))


def _unlearned(parameter: LayerParameter, *, frozen: bool) -> LayerParameter:
    """Four `param` entries, with zero rates for the statistics, and for all where the layer is frozen."""
    saved = LayerParameter()
    saved.CopyFrom(parameter)
    while len(saved.param) < 4:
        saved.param.add()
    for index in range(4) if frozen else _STATISTICS:
        saved.param[index].lr_mult = saved.param[index].decay_mult = 0
    return saved
