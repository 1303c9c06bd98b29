"""Losses: a scalar from predictions and labels, loss_layer.cpp and what derives from it."""

from __future__ import annotations

from caffe_fillers.errors import NetError
from caffe_fillers.layers.contract import Role, Setup, layer, refuse_in_place
from caffe_fillers.layers.scores import SCALAR, check_labels
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, canonical_axis, count, differ, format_shape, legacy_dim


@layer("SoftmaxWithLoss", bottoms=2, tops=(1, 2), role=Role.LOSS)
def softmax_with_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The second top, if any, would have the probabilities.

    No net with that top can be built: the softmax inside is given the loss
    weights too and has one top, so it refuses two, and the layer itself
    refuses one.
    """
    refuse_in_place(parameter)
    _check_items(bottoms)
    check_labels(bottoms, parameter.softmax_param.axis)
    if len(parameter.top) > 1:
        raise NetError(
            "a second top never gets past Caffe's check of loss_weight; "
            "leave it out and let a Softmax layer give the probabilities"
        )
    return Setup((SCALAR,))


@layer("InfogainLoss", bottoms=(2, 3), tops=(1, 2), role=Role.LOSS)
def infogain_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The matrix is the third bottom or a file, which does not matter to shapes."""
    refuse_in_place(parameter)
    _check_items(bottoms)
    infogain_loss_param = parameter.infogain_loss_param
    if parameter.loss_param.HasField("normalize"):
        raise NetError("normalize is too old for InfogainLoss; use normalization")
    if len(bottoms) < 3 and not infogain_loss_param.HasField("source"):
        raise NetError("it needs the infogain matrix, as a third bottom or as infogain_loss_param.source")
    check_labels(bottoms, infogain_loss_param.axis)
    classes = bottoms[0][canonical_axis(infogain_loss_param.axis, len(bottoms[0]))]
    if len(bottoms) == 3 and differ(count(bottoms[2]), classes * classes):
        raise NetError(f"the matrix has shape {format_shape(bottoms[2])}; it must be {classes}x{classes}")
    return Setup((SCALAR, bottoms[0])[: max(1, len(parameter.top))])


@layer("SigmoidCrossEntropyLoss", bottoms=2, role=Role.LOSS)
def sigmoid_cross_entropy_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A target for each value."""
    refuse_in_place(parameter)
    _check_items(bottoms)
    _check_equal(bottoms, 0)
    return Setup((SCALAR,))


@layer("EuclideanLoss", bottoms=2, role=Role.LOSS)
def euclidean_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Bottoms of equally many values per item."""
    refuse_in_place(parameter)
    _check_items(bottoms)
    _check_equal(bottoms, 1)
    return Setup((SCALAR,))


@layer("HingeLoss", bottoms=2, role=Role.LOSS)
def hinge_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Only the number of items is compared."""
    _check_items(bottoms)
    return Setup((SCALAR,))


@layer("MultinomialLogisticLoss", bottoms=2, role=Role.LOSS)
def multinomial_logistic_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """One label per item."""
    _check_items(bottoms)
    _check_singletons(bottoms[1], (1, 2, 3))
    return Setup((SCALAR,))


@layer("ContrastiveLoss", bottoms=3, role=Role.LOSS)
def contrastive_loss(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Two rows of features per item and whether they belong together."""
    if differ(legacy_dim(bottoms[0], 1), legacy_dim(bottoms[1], 1)):
        raise NetError(f"features {format_shape(bottoms[0])} and {format_shape(bottoms[1])} differ in length")
    for shape, axes in zip(bottoms, ((2, 3), (2, 3), (1, 2, 3)), strict=True):
        _check_singletons(shape, axes)
    _check_items(bottoms)
    return Setup((SCALAR,))


def _check_items(bottoms: tuple[Shape, ...]) -> None:
    """`LossLayer::Reshape`."""
    if not bottoms[0] or not bottoms[1] or differ(bottoms[0][0], bottoms[1][0]):
        raise NetError(
            f"data {format_shape(bottoms[0])} and labels {format_shape(bottoms[1])} differ in axis 0"
        )


def _check_equal(bottoms: tuple[Shape, ...], start: int) -> None:
    if differ(count(bottoms[0], start), count(bottoms[1], start)):
        raise NetError(
            f"predictions {format_shape(bottoms[0])} and targets {format_shape(bottoms[1])} "
            "must have equally many values"
        )


def _check_singletons(shape: Shape, axes: tuple[int, ...]) -> None:
    if any(differ(legacy_dim(shape, axis), 1) for axis in axes):
        raise NetError(f"a bottom has shape {format_shape(shape)}; axes {axes} must have length 1")
