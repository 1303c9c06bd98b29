"""C3D 1.0, whose blobs all have five axes: facebookarchive/C3D, C3D-v1.0, at 71336a220.

Num, channels, length, height and width. Layers that are older than volumes
leave a length of 1 behind.
"""

from __future__ import annotations

from typing import Any

from caffe_fillers.errors import NetError
from caffe_fillers.fillers import from_parameter
from caffe_fillers.layers.contract import Param, Role, Setup, Weights, layer
from caffe_fillers.layers.forks.common import ceil_divide, chosen, five_axes, fork_param
from caffe_fillers.layers.forks.volumes import convolved, deconvolved, only, pooled
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, count, differ, format_shape

_SCALAR: Shape = (1, 1, 1, 1, 1)


@layer("Convolution3D@c3d10", weights_need_shape=True, weights=Weights.KERNEL)
def convolution_3d(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Plan it as in C3D 1.1, with the fields of `convolution_param`: convolution3d_layer.cpp."""
    param: Any = parameter.convolution_param
    return convolved(param, bottoms[0], bias_term=param.bias_term)


@layer("Deconvolution3D@c3d10", weights_need_shape=True, weights=Weights.BACKWARD_KERNEL)
def deconvolution_3d(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Plan it as in C3D 1.1, with the fields of `convolution_param`: deconvolution3d_layer.cpp."""
    param: Any = parameter.convolution_param
    return deconvolved(param, bottoms[0], bias_term=param.bias_term)


@layer("Pooling3D@c3d10")
def pooling_3d(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Plan it as in C3D 1.1, with the fields of `pooling_param`: pool3d_layer.cpp."""
    return pooled(parameter.pooling_param, bottoms[0])


@layer("Convolution@c3d10", weights_need_shape=True, weights=Weights.KERNEL)
def convolution(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Weights are outputs x inputs/group x 1 x size x size, biases 1x1x1x1xN: conv_layer.cpp."""
    param = parameter.convolution_param
    num, channels, _, *image = five_axes(bottoms[0])
    outputs, group = param.num_output, param.group
    size, stride, pad = only(param.kernel_size, 0), only(param.stride, 1), only(param.pad, 0)
    if min(size, stride, outputs, group) < 1:
        raise NetError("num_output, kernel_size, stride and group must be at least 1")
    if differ(outputs % group, 0) or differ(channels % group, 0):
        raise NetError(f"group {group} must divide the {channels} channels and the num_output {outputs}")
    params = [Param((outputs, channels // group, 1, size, size), from_parameter(param.weight_filler))]
    if param.bias_term:
        params.append(Param((1, 1, 1, 1, outputs), from_parameter(param.bias_filler)))
    lengths = ((length + 2 * pad - size) // stride + 1 for length in image)
    return Setup(((num, outputs, 1, *lengths),), tuple(params))


@layer("Im2col@c3d10")
def im2col(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Every window's values in the channels: im2col_layer.cpp."""
    param = parameter.convolution_param
    num, channels, _, *image = five_axes(bottoms[0])
    size, stride, pad = only(param.kernel_size, 0), only(param.stride, 1), only(param.pad, 0)
    if min(size, stride) < 1:
        raise NetError("kernel_size and stride must be at least 1")
    lengths = ((length + 2 * pad - size) // stride + 1 for length in image)
    return Setup(((num, channels * size * size, 1, *lengths),))


@layer("Pooling@c3d10")
def pooling(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Windows over height and width, rounded up: pooling_layer.cpp."""
    param = parameter.pooling_param
    num, channels, _, *image = five_axes(bottoms[0])
    if min(param.kernel_size, param.stride) < 1:
        raise NetError("kernel_size and stride must be at least 1")
    if param.pad and chosen(param, "pool") != "AVE":
        raise NetError("a pad goes with average pooling alone")
    lengths = (ceil_divide(length + 2 * param.pad - param.kernel_size, param.stride) + 1 for length in image)
    return Setup(((num, channels, 1, *lengths),))


@layer("InnerProduct@c3d10", weights_need_shape=True, weights=Weights.DENSE)
def inner_product(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Weights are 1x1x1xNxK, so that their fan_in is N*K, biases 1x1x1x1xN: inner_product_layer.cpp."""
    param = parameter.inner_product_param
    shape = five_axes(bottoms[0])
    params = [Param((1, 1, 1, param.num_output, count(shape, 1)), from_parameter(param.weight_filler))]
    if param.bias_term:
        params.append(Param((1, 1, 1, 1, param.num_output), from_parameter(param.bias_filler)))
    return Setup(((shape[0], param.num_output, 1, 1, 1),), tuple(params))


@layer("BNLL@c3d10", "Dropout@c3d10", "Power@c3d10", "ReLU@c3d10", "Sigmoid@c3d10", "TanH@c3d10")
def neuron(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Keep the shape in place; a new top has a length of 1: neuron_layer.cpp."""
    if parameter.top[0] == parameter.bottom[0]:
        return Setup(bottoms)
    return Setup((_flat(bottoms[0]),))


@layer("EltwiseProduct", bottoms=(2, None))
def eltwise_product(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A product of bottoms that agree but for their length: eltwise_product_layer.cpp."""
    flat = [_flat(shape) for shape in bottoms]
    if any(differ(flat[0], other) for other in flat[1:]):
        raise NetError(f"bottoms {', '.join(map(format_shape, bottoms))} must have equal shapes")
    return Setup((flat[0],))


@layer("Concat@c3d10", bottoms=(2, None))
def concat(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Along num or channels: concat_layer.cpp."""
    axis = parameter.concat_param.concat_dim
    if axis > 1:
        raise NetError(f"concat_dim {axis} is neither 0 nor 1")
    shapes = [five_axes(shape) for shape in bottoms]
    top = list(shapes[0])
    top[axis] = sum(shape[axis] for shape in shapes)
    if differ(count(tuple(top)), sum(count(shape) for shape in shapes)):
        raise NetError(f"bottoms {', '.join(map(format_shape, bottoms))} do not fit together")
    return Setup((tuple(top),))


@layer("Flatten@c3d10")
def flatten(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """All but num go into the channels, of a bottom whose length is 1: flatten_layer.cpp."""
    num, channels, length, height, width = five_axes(bottoms[0])
    if differ(length, 1):
        raise NetError(
            f"its bottom has shape {format_shape(bottoms[0])}; only a length of 1 can be flattened"
        )
    return Setup(((num, channels * height * width, 1, 1, 1),))


@layer("LRN@c3d10", "Softmax@c3d10", "VoxelSoftmax")
def same_shape(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """lrn_layer.cpp, softmax_layer.cpp, voxel_wise_softmax_layer.cpp."""
    return Setup((five_axes(bottoms[0]),))


@layer("Split@c3d10", tops=(1, None), role=Role.COPY)
def split(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The first top is the bottom itself: split_layer.cpp."""
    return Setup(bottoms * len(parameter.top))


@layer("DownSampling")
def down_sampling(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Length, height and width divided by whole factors: down_sampling_layer.cpp."""
    param = fork_param(parameter, "down_sampling_param")
    if min(param.spatial_factor, param.temporal_factor) < 2:
        raise NetError("down_sampling_param needs spatial_factor and temporal_factor of at least 2")
    num, channels, length, height, width = five_axes(bottoms[0])
    image = (height // param.spatial_factor, width // param.spatial_factor)
    return Setup(((num, channels, length // param.temporal_factor, *image),))


@layer("Accuracy@c3d10", bottoms=2, role=Role.MEASURE, accepts_unranked=True)
def accuracy(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Accuracy and logarithm of the loss: accuracy_layer.cpp."""
    return Setup(((1, 2, 1, 1, 1),))


@layer(
    "SoftmaxWithLoss@c3d10",
    "VoxelSoftmaxWithLoss",
    bottoms=2,
    tops=0,
    role=Role.MEASURE,
    accepts_unranked=True,
)
def softmax_with_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A loss without a top: softmax_loss_layer.cpp, voxel_wise_softmax_loss_layer.cpp."""
    return Setup(())


@layer(
    *("EuclideanLoss@c3d10", "HingeLoss@c3d10", "InfogainLoss@c3d10", "MultinomialLogisticLoss@c3d10"),
    *("SigmoidCrossEntropyLoss@c3d10", "VoxelCustomLoss"),
    bottoms=2,
    tops=(0, 1),
    role=Role.MEASURE,  # a LOSS would get a top and a loss_weight
)
def loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A loss of as many items as labels, with a top if one is named: loss_layer.cpp."""
    if differ(bottoms[0][:1], bottoms[1][:1]):
        raise NetError(
            f"data {format_shape(bottoms[0])} and labels {format_shape(bottoms[1])} differ in axis 0"
        )
    return Setup((_SCALAR,) * len(parameter.top))


def _flat(shape: Shape) -> Shape:
    num, channels, _, height, width = five_axes(shape)
    return num, channels, 1, height, width
