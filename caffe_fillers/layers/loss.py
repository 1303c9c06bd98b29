"""Losses and measures: a scalar from predictions and labels."""

from __future__ import annotations

from caffe_fillers.errors import NetError
from caffe_fillers.layers.contract import Setup, layer
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, canonical_axis, count, differ, format_shape, legacy_dim

SCALAR: Shape = ()


@layer("SoftmaxWithLoss", bottoms=2, tops=(1, 2), loss=True)
def softmax_with_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The second top, if any, has the probabilities."""
    _same_items(bottoms)
    _labels_fit(bottoms, parameter.softmax_param.axis)
    return Setup((SCALAR, bottoms[0])[: max(1, len(parameter.top))])


@layer("InfogainLoss", bottoms=(2, 3), tops=(1, 2), loss=True)
def infogain_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The matrix is the third bottom or a file, which does not matter to shapes."""
    _same_items(bottoms)
    infogain_loss_param = parameter.infogain_loss_param
    if parameter.loss_param.HasField("normalize"):
        raise NetError("normalize is too old for InfogainLoss; use normalization")
    if len(bottoms) < 3 and not infogain_loss_param.HasField("source"):
        raise NetError("it needs the infogain matrix, as a third bottom or as infogain_loss_param.source")
    _labels_fit(bottoms, infogain_loss_param.axis)
    classes = bottoms[0][canonical_axis(infogain_loss_param.axis, len(bottoms[0]))]
    if len(bottoms) == 3 and differ(count(bottoms[2]), classes * classes):
        raise NetError(f"the matrix has shape {format_shape(bottoms[2])}; it must be {classes}x{classes}")
    return Setup((SCALAR, bottoms[0])[: max(1, len(parameter.top))])


@layer("SigmoidCrossEntropyLoss", bottoms=2, loss=True)
def sigmoid_cross_entropy_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A target for each value."""
    _same_items(bottoms)
    if differ(count(bottoms[0]), count(bottoms[1])):
        raise NetError(
            f"predictions {format_shape(bottoms[0])} and targets {format_shape(bottoms[1])} differ"
        )
    return Setup((SCALAR,))


@layer("EuclideanLoss", bottoms=2, loss=True)
def euclidean_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Bottoms of equally many values per item."""
    _same_items(bottoms)
    if differ(count(bottoms[0], 1), count(bottoms[1], 1)):
        raise NetError(
            f"its bottoms have the shapes {format_shape(bottoms[0])} and {format_shape(bottoms[1])}"
        )
    return Setup((SCALAR,))


@layer("HingeLoss", bottoms=2, loss=True)
def hinge_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Only the number of items is compared."""
    _same_items(bottoms)
    return Setup((SCALAR,))


@layer("MultinomialLogisticLoss", bottoms=2, loss=True)
def multinomial_logistic_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """One label per item."""
    _same_items(bottoms)
    _singletons(bottoms[1], (1, 2, 3))
    return Setup((SCALAR,))


@layer("ContrastiveLoss", bottoms=3, loss=True)
def contrastive_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Two rows of features per item and whether they belong together."""
    if differ(legacy_dim(bottoms[0], 1), legacy_dim(bottoms[1], 1)):
        raise NetError(f"features {format_shape(bottoms[0])} and {format_shape(bottoms[1])} differ in length")
    for shape, axes in zip(bottoms, ((2, 3), (2, 3), (1, 2, 3)), strict=True):
        _singletons(shape, axes)
    _same_items(bottoms)
    return Setup((SCALAR,))


@layer("Accuracy", bottoms=2, tops=(1, 2))
def accuracy(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The second top, if any, has the accuracy per class."""
    axis = canonical_axis(parameter.accuracy_param.axis, len(bottoms[0]))
    _labels_fit(bottoms, axis)
    labels = count(bottoms[1])
    if labels > 0 and parameter.accuracy_param.top_k > count(bottoms[0]) // labels:
        raise NetError(f"top_k {parameter.accuracy_param.top_k} is more than there are classes")
    return Setup((SCALAR, (bottoms[0][axis],))[: len(parameter.top)])


@layer("ArgMax")
def argmax(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The top_k along an axis, or of each item's values altogether."""
    shape, argmax_param = list(bottoms[0]), parameter.argmax_param
    top_k = argmax_param.top_k
    if argmax_param.HasField("axis"):
        axis = canonical_axis(argmax_param.axis, len(shape))
        choices, shape[axis] = shape[axis], top_k
    else:
        choices = count(bottoms[0], 1)
        shape = [shape[0], 2 if argmax_param.out_max_val else 1, top_k] + [1] * (len(shape) - 3)
    if top_k < 1 or top_k > choices:
        raise NetError(f"top_k {top_k} must be from 1 to {choices}, the values it chooses from")
    return Setup((tuple(shape),))


def _same_items(bottoms: tuple[Shape, ...]) -> None:
    """`LossLayer::Reshape`."""
    if not bottoms[0] or not bottoms[1] or differ(bottoms[0][0], bottoms[1][0]):
        raise NetError(
            f"data {format_shape(bottoms[0])} and labels {format_shape(bottoms[1])} differ in axis 0"
        )


def _labels_fit(bottoms: tuple[Shape, ...], axis: int) -> None:
    """A label for everything but the axis of classes."""
    axis = canonical_axis(axis, len(bottoms[0]))
    needed = count(bottoms[0], 0, axis) * count(bottoms[0], axis + 1)
    if differ(needed, count(bottoms[1])):
        raise NetError(
            f"predictions {format_shape(bottoms[0])} with classes in axis {axis} need {needed} labels, "
            f"not {format_shape(bottoms[1])}"
        )


def _singletons(shape: Shape, axes: tuple[int, ...]) -> None:
    if any(differ(legacy_dim(shape, axis), 1) for axis in axes):
        raise NetError(f"a bottom has shape {format_shape(shape)}; axes {axes} must have length 1")
