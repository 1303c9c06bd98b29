"""Segmentation: SegNet, ENet, PSPNet. None of these layers has a blob."""

from __future__ import annotations

from caffe_fillers.errors import NetError
from caffe_fillers.layers.contract import Role, Setup, layer
from caffe_fillers.layers.forks.common import fork_param, four_axes
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, differ, format_shape


@layer("Upsample", bottoms=(1, 2))
def upsample(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Enlarge to `upsample_h` x `upsample_w`, or by `scale`: caffe-segnet upsample_layer.cpp.

    The second bottom is the mask of the pooling that it undoes.
    """
    param = fork_param(parameter, "upsample_param")
    num, channels, height, width = four_axes(bottoms[0])
    if len(bottoms) == 2 and differ(bottoms[0], bottoms[1]):
        raise NetError(f"bottom is {format_shape(bottoms[0])}, its mask {format_shape(bottoms[1])}")
    if param.HasField("upsample_h") and param.HasField("upsample_w"):
        return Setup(((num, channels, param.upsample_h, param.upsample_w),))
    if param.HasField("scale_h") != param.HasField("scale_w"):
        raise NetError("give upsample_h and upsample_w, or scale_h and scale_w, or scale")
    scales = (param.scale_h, param.scale_w) if param.HasField("scale_h") else (param.scale, param.scale)
    if min(scales) < 2:
        raise NetError("scale must be at least 2")
    top = (height * scales[0] - int(param.pad_out_h), width * scales[1] - int(param.pad_out_w))
    return Setup(((num, channels, *top),))


@layer("Interp")
def interp(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Bilinear resizing to height x width, or by shrink_factor and zoom_factor: PSPNet interp_layer.cpp:42.

    One factor alone wins over height and width, which win over both.
    """
    param = fork_param(parameter, "interp_param")
    num, channels, *lengths = four_axes(bottoms[0])
    shrinks, zooms = param.HasField("shrink_factor"), param.HasField("zoom_factor")
    if shrinks == zooms and param.HasField("height") and param.HasField("width"):
        return Setup(((num, channels, param.height, param.width),))
    if not shrinks and not zooms:
        raise NetError("interp_param needs shrink_factor, zoom_factor, or height and width")
    if (shrinks and param.shrink_factor < 1) or (zooms and param.zoom_factor < 1):
        raise NetError("shrink_factor and zoom_factor must be at least 1")
    lengths = [length + param.pad_beg + param.pad_end for length in lengths]
    if shrinks:
        lengths = [(length - 1) // param.shrink_factor + 1 for length in lengths]
    if zooms:
        lengths = [length + (length - 1) * (param.zoom_factor - 1) for length in lengths]
    return Setup(((num, channels, *lengths),))


@layer(
    "SegAccuracy",
    "FCNAccuracy",
    "SegmentationAccuracy",
    bottoms=(2, 3),
    tops=(1, None),
    role=Role.MEASURE,
    accepts_unranked=True,
)
def segmentation_accuracy(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A few measures, which nothing learned reads."""
    return Setup((None,) * len(parameter.top))
