"""Layers that evaluate scores: softmax_layer.cpp, accuracy_layer.cpp, argmax_layer.cpp."""

from __future__ import annotations

from caffe_fillers.errors import NetError
from caffe_fillers.layers.contract import Role, Setup, layer, refuse_in_place
from caffe_fillers.layers.windows import int32
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, canonical_axis, count, differ, format_shape

SCALAR: Shape = ()


@layer("Softmax")
def softmax(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Probabilities along an axis."""
    canonical_axis(parameter.softmax_param.axis, len(bottoms[0]))
    return Setup(bottoms)


@layer("Accuracy", bottoms=2, tops=(1, 2), role=Role.MEASURE)
def accuracy(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The second top, if any, has the accuracy per class."""
    scores, labels = bottoms
    if count(labels) == 0:
        raise NetError(f"there are no labels in shape {format_shape(labels)}")
    if int32(parameter.accuracy_param.top_k) > count(scores) // count(labels):
        raise NetError(f"top_k {parameter.accuracy_param.top_k} is more than there are classes")
    axis = canonical_axis(parameter.accuracy_param.axis, len(scores))
    check_labels(bottoms, axis)
    if len(parameter.top) > 1:
        refuse_in_place(parameter)
    return Setup((SCALAR, (scores[axis],))[: len(parameter.top)])


@layer("ArgMax")
def argmax(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The top_k along an axis, or of each item's values altogether."""
    shape, argmax_param = bottoms[0], parameter.argmax_param
    top_k = argmax_param.top_k
    axis = canonical_axis(argmax_param.axis if argmax_param.HasField("axis") else 0, len(shape))
    if argmax_param.HasField("axis"):
        choices, top = shape[axis], (*shape[:axis], top_k, *shape[axis + 1 :])
    else:
        choices = count(shape, 1)
        top = (shape[0], 2 if argmax_param.out_max_val else 1, top_k, *[1] * (len(shape) - 3))
    if top_k < 1 or top_k > choices:
        raise NetError(f"top_k {top_k} must be from 1 to {choices}, the values it chooses from")
    return Setup((top,))


def check_labels(bottoms: tuple[Shape, ...], axis: int) -> None:
    """There is a label for everything but the axis of classes."""
    axis = canonical_axis(axis, len(bottoms[0]))
    needed = count(bottoms[0], 0, axis) * count(bottoms[0], axis + 1)
    if differ(needed, count(bottoms[1])):
        raise NetError(
            f"predictions {format_shape(bottoms[0])} with classes in axis {axis} need {needed} labels, "
            f"not {format_shape(bottoms[1])}"
        )
