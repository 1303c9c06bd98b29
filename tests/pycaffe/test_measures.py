"""Losses and accuracies by hand, item by item as the loops of Caffe's Forward_cpu go."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from google.protobuf import text_format

from caffe_fillers.errors import UsageError
from caffe_fillers.pycaffe.measures import measures
from caffe_fillers.schema import LayerParameter

SCORES = np.random.default_rng(1).normal(size=(3, 4, 2)).astype(np.float32)
LABELS = np.array([[0, 3], [1, 2], [2, 2]], np.float32)


def measured(kind: str, text: str, *bottoms: np.ndarray) -> list[float]:
    parameter = text_format.Parse(text, LayerParameter(type=kind))
    return [np.asarray(each).tolist() for each in measures[kind](parameter, bottoms)]


def cross_entropies() -> list[tuple[int, float]]:
    made = []
    for item in range(3):
        for place in range(2):
            scores, label = SCORES[item, :, place].astype(float), int(LABELS[item, place])
            made.append((label, -math.log(math.exp(scores[label]) / sum(map(math.exp, scores)))))
    return made


@pytest.mark.parametrize(
    ("text", "divide"),
    [
        ("", lambda kept: kept),
        ("loss_param { normalize: false }", lambda kept: 3),
        ("loss_param { normalization: FULL ignore_label: 2 }", lambda kept: 6),
        ("loss_param { ignore_label: 2 }", lambda kept: kept),
        ("loss_param { normalization: NONE }", lambda kept: 1),
    ],
)
def test_softmax_with_loss(text: str, divide: Callable[[int], int]) -> None:
    losses = [loss for label, loss in cross_entropies() if "ignore" not in text or label != 2]
    (found,) = measured("SoftmaxWithLoss", text, SCORES, LABELS)
    assert found == pytest.approx(sum(losses) / divide(len(losses)))


def test_infogain_loss_weights_classes_by_the_labels_row() -> None:
    matrix = np.random.default_rng(2).normal(size=(4, 4)).astype(np.float32)
    total = 0.0
    for item in range(3):
        for place in range(2):
            exponents = np.exp(SCORES[item, :, place].astype(float))
            total -= matrix[int(LABELS[item, place])] @ np.log(exponents / exponents.sum())
    loss, chances = measured("InfogainLoss", "", SCORES, LABELS, matrix)
    assert loss == pytest.approx(total / 6)
    assert np.sum(chances) == pytest.approx(6)
    assert measured("InfogainLoss", "", SCORES, LABELS, np.eye(4))[0] == pytest.approx(
        measured("SoftmaxWithLoss", "", SCORES, LABELS)[0]
    )


def test_sigmoid_cross_entropy_loss() -> None:
    x, target = np.array([[1.5, -40.0], [90.0, 0.0]]), np.array([[1.0, 0.25], [1.0, -1.0]])
    each = [-math.log(1 / (1 + math.exp(-1.5))), 0.25 * 40, 0.0]
    assert measured("SigmoidCrossEntropyLoss", "loss_param { ignore_label: -1 }", x, target)[0] == (
        pytest.approx(sum(each) / 2)
    )
    valid = "loss_param { ignore_label: -1 normalization: VALID }"
    assert measured("SigmoidCrossEntropyLoss", valid, x, target)[0] == pytest.approx(sum(each) / 3)


def test_euclidean_loss() -> None:
    assert measured("EuclideanLoss", "", np.array([[1.0, 2], [3, 4]]), np.array([[0.0, 0], [3, 0]])) == [5.25]


@pytest.mark.parametrize(
    ("text", "loss"), [("", (0.5 + 3 + 0 + 2) / 2), ("hinge_loss_param { norm: L2 }", 13.25 / 2)]
)
def test_hinge_loss(text: str, loss: float) -> None:
    assert measured("HingeLoss", text, np.array([[0.5, 2.0], [-1.0, -1.0]]), np.array([0, 1])) == [loss]


def test_multinomial_logistic_loss() -> None:
    chances = np.array([[0.5, 0.5], [1.0, 0.0]])
    expected = -(math.log(0.5) + math.log(1e-20)) / 2
    assert measured("MultinomialLogisticLoss", "", chances, np.array([1, 1])) == [pytest.approx(expected)]


@pytest.mark.parametrize(("text", "apart"), [("margin: 4", 1.0), ("margin: 10 legacy_version: true", 1.0)])
def test_contrastive_loss(text: str, apart: float) -> None:
    first, second = np.array([[3.0, 0], [1, 2]]), np.zeros((2, 2))
    found = measured(
        "ContrastiveLoss", f"contrastive_loss_param {{ {text} }}", first, second, np.array([0, 1])
    )
    assert found == [(apart + 5) / 4]


def test_accuracy_counts_ties_as_wrong_and_classes_by_themselves() -> None:
    scores = np.array([[1.0, 1.0, 0.0], [0, 2, 1], [3, 0, 1], [0, 1, 2]])
    labels = np.array([0.0, 1, 1, 2])
    assert measured("Accuracy", "", scores, labels) == [0.5, [0.0, 0.5, 1.0]]
    assert measured("Accuracy", "accuracy_param { top_k: 2 }", scores, labels)[0] == 0.75
    assert measured("Accuracy", "accuracy_param { ignore_label: 1 }", scores, labels) == [0.5, [0, 0, 1]]


def test_a_label_without_a_class_is_refused() -> None:
    with pytest.raises(UsageError, match="7, and there are 4 classes"):
        measured("SoftmaxWithLoss", "", SCORES, np.full((3, 2), 7))
