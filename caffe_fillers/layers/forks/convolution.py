"""Convolutions and inner products under other names, whose blobs are those of the plain layers."""

from __future__ import annotations

from caffe_fillers.layers.contract import Setup, Weights, layer
from caffe_fillers.layers.convolution import convolution, deconvolution
from caffe_fillers.layers.inner_product import inner_product
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import Shape


@layer(
    *("DepthwiseConvolution", "ConvolutionDepthwise", "ConvolutionRistretto"),
    bottoms=(1, None),
    tops=(1, None),
    same_number=True,
    weights_need_shape=True,
    weights=Weights.KERNEL,
)
def same_as_convolution(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """yonghenglh6/DepthwiseConvolution: faster code for group = channels; Ristretto: rounded arithmetic."""
    return convolution(parameter, bottoms)


@layer(
    "DeconvolutionRistretto",
    bottoms=(1, None),
    tops=(1, None),
    same_number=True,
    weights_need_shape=True,
    weights=Weights.BACKWARD_KERNEL,
)
def same_as_deconvolution(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Ristretto's deconvolution."""
    return deconvolution(parameter, bottoms)


@layer("FcRistretto", weights_need_shape=True, weights=Weights.DENSE)
def same_as_inner_product(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """Ristretto's inner product."""
    return inner_product(parameter, bottoms)
