"""Losses and accuracies of Caffe, computed in numpy.

The layers' files in src/caffe/layers, BVLC/caffe 9b8915401; each function is
registered under the type that it computes. None of a fork's own variants is
here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from caffe_fillers.errors import UsageError
from caffe_fillers.schema import HingeLossParameter, LayerParameter, LossParameter
from caffe_fillers.shapes import canonical_axis

Values: TypeAlias = "NDArray[np.floating]"
Measure: TypeAlias = Callable[[LayerParameter, Sequence[Values]], tuple[Values, ...]]

measures: dict[str, Measure] = {}
"""By layer type: from the layer and the values of its bottoms to those of its tops."""

_FLT_MIN = np.finfo(np.float32).tiny
_LOG_THRESHOLD = 1e-20
"""kLOG_THRESHOLD, include/caffe/layers/loss_layer.hpp."""


def _measure(name: str) -> Callable[[Measure], Measure]:
    def decorate(function: Measure) -> Measure:
        measures[name] = function
        return function

    return decorate


@_measure("Silence")
def silence(parameter: LayerParameter, bottoms: Sequence[Values]) -> tuple[Values, ...]:
    """Nothing."""
    return ()


@_measure("SoftmaxWithLoss")
def softmax_with_loss(parameter: LayerParameter, bottoms: Sequence[Values]) -> tuple[Values, ...]:
    """Mean of -log(probability of the label)."""
    scores, labels, kept = _labeled(parameter, bottoms, parameter.softmax_param.axis)
    chosen = np.take_along_axis(_softmax(scores), labels[:, np.newaxis], axis=1)[:, 0]
    loss = -np.log(np.maximum(chosen, _FLT_MIN))[kept].sum()
    normalizer = _normalizer(parameter, labels, kept, LossParameter.VALID)
    return (np.asarray(loss / normalizer),)


@_measure("InfogainLoss")
def infogain_loss(parameter: LayerParameter, bottoms: Sequence[Values]) -> tuple[Values, ...]:
    """Mean of -log(probability), weighted by the row of the matrix that a label has; the third bottom."""
    if len(bottoms) < 3:
        raise UsageError("forward reads no infogain_loss_param.source: give the matrix as a third bottom")
    scores, labels, kept = _labeled(parameter, bottoms, parameter.infogain_loss_param.axis)
    probabilities = _softmax(scores)
    rows = bottoms[2].reshape(scores.shape[1], scores.shape[1])[labels]
    losses = -np.moveaxis(rows, -1, 1) * np.log(np.maximum(probabilities, _LOG_THRESHOLD))
    loss = losses.sum(axis=1)[kept].sum()
    mean = np.asarray(loss / _normalizer(parameter, labels, kept, LossParameter.VALID))
    return mean, probabilities.reshape(bottoms[0].shape)


@_measure("SigmoidCrossEntropyLoss")
def sigmoid_cross_entropy_loss(parameter: LayerParameter, bottoms: Sequence[Values]) -> tuple[Values, ...]:
    """Sum of cross entropies over the items, or over what the normalization says."""
    x, target = bottoms[0].astype(np.float64), bottoms[1].astype(np.float64)
    kept = _kept(parameter, target.astype(np.int64))
    losses = np.maximum(x, 0) - x * target + np.log1p(np.exp(-np.abs(x)))
    items = target.reshape(len(target), -1)
    normalizer = _normalizer(parameter, items, kept, LossParameter.BATCH_SIZE)
    return (np.asarray(losses[kept].sum() / normalizer),)


@_measure("EuclideanLoss")
def euclidean_loss(parameter: LayerParameter, bottoms: Sequence[Values]) -> tuple[Values, ...]:
    """Half the squared distance, a mean over the items."""
    first, second = (bottom.astype(np.float64).ravel() for bottom in bottoms)
    return (np.asarray(np.square(first - second).sum() / len(bottoms[0]) / 2),)


@_measure("HingeLoss")
def hinge_loss(parameter: LayerParameter, bottoms: Sequence[Values]) -> tuple[Values, ...]:
    """Return how far the labels' scores are below 1 and the others above -1, or the squares of that."""
    items = len(bottoms[0])
    signed = bottoms[0].astype(np.float64).reshape(items, -1)
    labels = _in_range(bottoms[1].ravel()[:items].astype(np.int64), signed.shape[1])
    signed[np.arange(items), labels] *= -1
    margins = np.maximum(0, 1 + signed)
    squared = parameter.hinge_loss_param.norm == HingeLossParameter.L2
    return (np.asarray((np.square(margins) if squared else margins).sum() / items),)


@_measure("MultinomialLogisticLoss")
def multinomial_logistic_loss(parameter: LayerParameter, bottoms: Sequence[Values]) -> tuple[Values, ...]:
    """Mean of -log(probability of the label), where the bottom holds probabilities."""
    items = len(bottoms[0])
    probabilities = bottoms[0].astype(np.float64).reshape(items, -1)
    labels = _in_range(bottoms[1].ravel()[:items].astype(np.int64), probabilities.shape[1])
    chosen = np.maximum(probabilities[np.arange(items), labels], _LOG_THRESHOLD)
    return (np.asarray(-np.log(chosen).sum() / items),)


@_measure("ContrastiveLoss")
def contrastive_loss(parameter: LayerParameter, bottoms: Sequence[Values]) -> tuple[Values, ...]:
    """Squared distances of pairs that belong together, and how far others are within the margin."""
    items, param = len(bottoms[0]), parameter.contrastive_loss_param
    first, second = (bottom.astype(np.float64).reshape(items, -1) for bottom in bottoms[:2])
    squared = np.square(first - second).sum(axis=1)
    if param.legacy_version:
        apart = np.maximum(param.margin - squared, 0)
    else:
        apart = np.square(np.maximum(param.margin - np.sqrt(squared), 0))
    losses = np.where(bottoms[2].ravel()[:items].astype(np.int64) != 0, squared, apart)
    return (np.asarray(losses.sum() / items / 2),)


@_measure("Accuracy")
def accuracy(parameter: LayerParameter, bottoms: Sequence[Values]) -> tuple[Values, ...]:
    """The fraction of labels with fewer than top_k scores as high among the others; then that by class."""
    param = parameter.accuracy_param
    scores, labels, kept = _labeled(parameter, bottoms, param.axis)
    own = np.take_along_axis(scores, labels[:, np.newaxis], axis=1)
    right = ((scores >= own).sum(axis=1) - 1 < param.top_k)[kept]
    classes = scores.shape[1]
    total = np.bincount(labels[kept], minlength=classes)
    by_class = np.bincount(labels[kept], weights=right, minlength=classes) / np.maximum(total, 1)
    return np.asarray(right.mean() if right.size else 0.0), by_class


def _labeled(
    parameter: LayerParameter, bottoms: Sequence[Values], axis: int
) -> tuple[Values, NDArray[np.int64], NDArray[np.bool_]]:
    """Scores as outer x classes x inner, labels as outer x inner, and which of them are not ignored.

    An ignored label is 0 from here on.
    """
    axis = canonical_axis(axis, bottoms[0].ndim)
    shape = bottoms[0].shape
    outer = int(np.prod(shape[:axis], dtype=np.int64))
    scores = bottoms[0].astype(np.float64).reshape(outer, shape[axis], -1)
    labels = bottoms[1].astype(np.int64).reshape(outer, -1)
    kept = _kept(parameter, labels)
    return scores, _in_range(np.where(kept, labels, 0), shape[axis]), kept


def _kept(parameter: LayerParameter, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which labels count: a loss and an accuracy each have an `ignore_label` of their own."""
    kept = np.ones(labels.shape, np.bool_)
    for param in (parameter.loss_param, parameter.accuracy_param):
        if param.HasField("ignore_label"):
            kept &= labels != param.ignore_label
    return kept


def _in_range(labels: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    if labels.size and not 0 <= labels.min() <= labels.max() < classes:
        raise UsageError(f"a label is {labels.min()} or {labels.max()}, and there are {classes} classes")
    return labels


def _softmax(scores: Values) -> Values:
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))


def _normalizer(
    parameter: LayerParameter, items: NDArray[Any], kept: NDArray[np.bool_], default: Any
) -> float:
    """`get_normalizer` of softmax_loss_layer.cpp: by what a sum of losses is divided."""
    param, mode = parameter.loss_param, default
    if param.HasField("normalization"):
        mode = param.normalization
    elif param.HasField("normalize"):
        mode = LossParameter.VALID if param.normalize else LossParameter.BATCH_SIZE
    sizes = {
        LossParameter.FULL: items.size,
        LossParameter.VALID: int(kept.sum()),
        LossParameter.BATCH_SIZE: len(items),
    }
    return float(max(1, sizes.get(mode, 1)))
