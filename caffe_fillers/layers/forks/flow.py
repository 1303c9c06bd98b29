"""Optical flow: lmb-freiburg/flownet2 at b92e198b5.

Layers that this fork shapes once, when the net is built, say so in the file:
`reshape_every_iter: false`.
"""

from __future__ import annotations

from typing import Any

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import Constant
from caffe_fillers.layers.contract import Param, Role, Setup, layer
from caffe_fillers.layers.forks.common import ceil_divide, fork_param, four_axes, require_axes, saved_with
from caffe_fillers.schema import LayerParameter
from caffe_fillers.schema.dialects import class_in
from caffe_fillers.shapes import UNKNOWN, Shape, differ, format_shape


@layer("Correlation", "Correlation1D", bottoms=2)
def correlation(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A channel for each displacement: correlation_layer.cpp, correlation_layer1d.cpp."""
    param = fork_param(parameter, "correlation_param")
    if not (param.HasField("kernel_size") and param.HasField("max_displacement")):
        raise NetError("correlation_param needs kernel_size and max_displacement")
    if param.kernel_size % 2 == 0:
        raise NetError(f"kernel_size {param.kernel_size} is even; a correlation needs an odd one")
    if min(param.stride_1, param.stride_2) < 1:
        raise NetError("stride_1 and stride_2 must be at least 1")
    num, _, height, width = _same_images(bottoms)
    radius = (param.kernel_size - 1) // 2
    wide = param.max_displacement + radius
    flat = parameter.type == "Correlation1D"
    high, pad = (radius, 0) if flat else (wide, param.pad)
    top_height = ceil_divide(height + 2 * pad - 2 * high, param.stride_1)
    top_width = ceil_divide(width + 2 * param.pad - 2 * wide, param.stride_1)
    if top_height < 1 or top_width < 1:
        raise NetError(
            f"the displacements and the kernel do not fit into a bottom of {format_shape(bottoms[0])}"
        )
    return Setup(((num, _displacements(param, flat=flat), top_height, top_width),))


@layer("Resample", "Downsample", bottoms=(1, 2))
def resample(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Resize as the second bottom, or as given: resample_layer.cpp, downsample_layer.cpp."""
    num, channels, *_ = four_axes(bottoms[0])
    if len(bottoms) == 2:
        size = four_axes(bottoms[1])[2:]
    elif parameter.type == "Resample":
        param = fork_param(parameter, "resample_param")
        size = (param.height, param.width)
    else:
        param = fork_param(parameter, "downsample_param")
        size = (param.top_height, param.top_width)
    if any(length < 1 for length in size):
        raise NetError("height and width must be given and at least 1")
    return Setup(((num, channels, *size),), saved=_shaped_once(parameter))


@layer("Accum", bottoms=(1, None))
def accum(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Bottoms one after another in the channels, at the largest size or that of the last: accum_layer.cpp."""
    param = fork_param(parameter, "accum_param")
    images = [four_axes(shape) for shape in bottoms]
    if param.have_reference:
        *images, reference = images
        if not images:
            raise NetError("with have_reference it needs two bottoms or more")
        size: tuple[int, ...] = reference[2:]
    else:
        size = _accumulated_size(param, images)
    return Setup(((images[0][0], sum(image[1] for image in images), *size),))


@layer("FlowWarp", bottoms=2)
def flow_warp(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The image moved by a flow of two channels: flow_warp_layer.cpp."""
    image, flow = (four_axes(shape) for shape in bottoms)
    if differ(flow, (image[0], 2, *image[2:])):
        raise NetError(f"the flow has shape {format_shape(flow)} for an image of {format_shape(image)}")
    return Setup((image,))


@layer("ChannelNorm")
def channel_norm(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The norm over the channels: channel_norm_layer.cpp."""
    num, _, height, width = four_axes(bottoms[0])
    return Setup(((num, 1, height, width),))


@layer("Mean", "BlackAugmentation", bottoms=(1, None), tops=(1, None), same_number=True)
def each_image(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Each top is shaped as its bottom: mean_layer.cpp, black_augmentation_layer.cpp."""
    return Setup(bottoms)


@layer("DataAugmentation", bottoms=(1, 2), tops=(1, 2), weights_need_shape=True)
def data_augmentation(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A crop; its blobs are a count of iterations, and with `recompute_mean` two means.

    data_augmentation_layer.cpp.
    """
    param = fork_param(parameter, "augmentation_param")
    num, channels, height, width = four_axes(bottoms[0])
    size = (height, width)
    if param.HasField("crop_width") and param.HasField("crop_height"):
        size = (param.crop_height, param.crop_width)
        if height < size[0] or width < size[1]:
            raise NetError(f"a crop of {format_shape(size)} is larger than the image {height}x{width}")
    shapes: tuple[Shape, ...] = ((1, 1, 1, 1),)
    if param.recompute_mean:
        shapes += ((1, channels, *size), (1, channels, 1, 1))
    saved = _shaped_once(parameter)
    for _ in () if parameter.blobs else shapes:
        saved.param.add(lr_mult=0, decay_mult=0)
    coefficients = bottoms[1] if len(bottoms) == 2 else (num, _num_coefficients(), 1, 1)
    tops = ((num, channels, *size), coefficients)[: len(parameter.top)]
    return Setup(tops, tuple(Param(shape, Constant()) for shape in shapes), saved)


@layer("FlowAugmentation", bottoms=3)
def flow_augmentation(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A crop of the flow: flow_augmentation_layer.cpp."""
    param = fork_param(parameter, "augmentation_param")
    num, channels, *_ = four_axes(bottoms[0])
    if min(param.crop_height, param.crop_width) < 1:
        raise NetError("augmentation_param needs crop_width and crop_height")
    if differ(channels, 2):
        raise NetError(f"a flow has two channels, not {channels}")
    return Setup(((num, channels, param.crop_height, param.crop_width),), saved=_shaped_once(parameter))


@layer("GenerateAugmentationParameters", bottoms=(0, 3))
def augmentation_parameters(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Coefficients for each image: generate_augmentation_parameters_layer.cpp."""
    num = require_axes(bottoms[0], 1)[0] if bottoms else fork_param(parameter, "augmentation_param").num
    return Setup(((num, _num_coefficients(), 1, 1),), saved=_shaped_once(parameter))


@layer("LpqLoss", bottoms=(1, 2), role=Role.LOSS, accepts_unranked=True)
@layer("L1Loss@flownet2", bottoms=(1, 2), role=Role.LOSS, accepts_unranked=True)
def scalar_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A scalar, of one bottom or of the difference of two: l1loss_layer.cpp, lpq_loss_layer.cpp."""
    return Setup(((),))


@layer("FLOWriter", "FloatWriter", "ImgWriter", "PFMWriter", tops=0, role=Role.MEASURE, accepts_unranked=True)
def writer(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Writes its bottom to files when data passes."""
    return Setup(())


def _same_images(bottoms: tuple[Shape, ...]) -> tuple[int, int, int, int]:
    first, second = (four_axes(shape) for shape in bottoms)
    if differ(first[1:], second[1:]):
        raise NetError(f"bottoms {format_shape(first)} and {format_shape(second)} must have equal images")
    return first


def _displacements(param: Any, *, flat: bool) -> int:
    radius = param.max_displacement // param.stride_2
    width = radius + 1 if flat and param.single_direction else 2 * radius + 1
    return int(width if flat else width * width)


def _accumulated_size(param: Any, images: list[tuple[int, int, int, int]]) -> tuple[int, int]:
    """The largest height and width, or the declared ones if both are larger."""
    height, width = (_largest([image[axis] for image in images]) for axis in (2, 3))
    declared = (param.top_height, param.top_width)
    if param.HasField("size_divisible_by"):
        if param.size_divisible_by < 1:
            raise NetError("size_divisible_by must be at least 1")
        divisor = param.size_divisible_by
        declared = (ceil_divide(height, divisor) * divisor, ceil_divide(width, divisor) * divisor)
    if UNKNOWN in (height, width):
        return height, width
    return declared if declared[0] > height and declared[1] > width else (height, width)


def _largest(lengths: list[int]) -> int:
    return UNKNOWN if UNKNOWN in lengths else max(lengths)


def _num_coefficients() -> int:
    return len(class_in("flownet2", "AugmentationCoeff").DESCRIPTOR.fields)


def _shaped_once(parameter: LayerParameter) -> LayerParameter:
    return saved_with(parameter, reshape_every_iter=False)
