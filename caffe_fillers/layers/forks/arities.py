"""BVLC's layers that a fork gives more bottoms or tops."""

from __future__ import annotations

from caffe_fillers.fillers import from_parameter
from caffe_fillers.layers.contract import Param, Role, Setup, Weights, data_layer, layer
from caffe_fillers.layers.data import image_data
from caffe_fillers.layers.inner_product import inner_product
from caffe_fillers.layers.loss import (
    contrastive_loss,
    euclidean_loss,
    sigmoid_cross_entropy_loss,
    softmax_with_loss,
)
from caffe_fillers.layers.scores import SCALAR, accuracy, check_labels
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape, canonical_axis, legacy_dim
from caffe_fillers.sources import Sources


@layer("SoftmaxWithLoss@rfcn", bottoms=2, tops=(1, 3), role=Role.LOSS)
def softmax_with_loss_rfcn(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A scalar, the probabilities and the loss of each label: caffe-rfcn softmax_loss_layer.cpp."""
    check_labels(bottoms, parameter.softmax_param.axis)
    return Setup((SCALAR, *bottoms)[: max(1, len(parameter.top))])


@layer("SoftmaxWithLoss@happynear", "SoftmaxWithLoss@intel", bottoms=(2, 3), tops=(1, 2), role=Role.LOSS)
def softmax_with_loss_weighed(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The third bottom, if any, weighs the labels: softmax_loss_layer.cpp of caffe-windows and Intel."""
    return softmax_with_loss(parameter, bottoms[:2])


@layer("SigmoidCrossEntropyLoss@intel", bottoms=(2, 3), role=Role.LOSS)
def sigmoid_cross_entropy_loss_weighed(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The third bottom, if any, weighs the targets: intel/caffe sigmoid_cross_entropy_loss_layer.cpp."""
    return sigmoid_cross_entropy_loss(parameter, bottoms[:2])


@layer("EuclideanLoss@happynear", bottoms=(2, 3), role=Role.LOSS)
def euclidean_loss_weighed(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The third bottom, if any, weighs the items: caffe-windows euclidean_loss_layer.cpp."""
    return euclidean_loss(parameter, bottoms[:2])


@layer("ContrastiveLoss@happynear", bottoms=4, role=Role.LOSS)
def contrastive_loss_weighed(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The labels of both rows of features: caffe-windows contrastive_loss_layer.cpp."""
    return contrastive_loss(parameter, bottoms[:3])


@layer("Accuracy@happynear", bottoms=(2, 3), tops=(1, 2), role=Role.MEASURE)
def accuracy_weighed(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """The third bottom, if any, weighs the labels: caffe-windows accuracy_layer.cpp."""
    return accuracy(parameter, bottoms[:2])


@data_layer("ImageData@happynear", tops=(2, 3))
def image_data_weighed(parameter: LayerParameter, sources: Sources) -> Setup:
    """The third top, if any, weighs the classes: caffe-windows image_data_layer.cpp."""
    setup = image_data(parameter, sources)
    tops = (*setup.tops, setup.tops[1])[: len(parameter.top)]
    return Setup(tops, setup.events, notes=setup.notes, assumed=setup.assumed)


@layer("InnerProduct@happynear", bottoms=(1, 3), weights_need_shape=True, weights=Weights.DENSE)
def inner_product_given(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Bottoms 1 and 2 take the place of weights and bias: caffe-windows inner_product_layer.cpp."""
    if len(bottoms) == 1:
        return inner_product(parameter, bottoms)
    inner_product_param = parameter.inner_product_param
    axis = canonical_axis(inner_product_param.axis, len(bottoms[0]))
    outputs = legacy_dim(bottoms[1], 0)
    has_bias = inner_product_param.bias_term and len(bottoms) == 2
    bias = Param((outputs,), from_parameter(inner_product_param.bias_filler))
    return Setup(((*bottoms[0][:axis], outputs),), (bias,) if has_bias else ())
