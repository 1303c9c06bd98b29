"""Convolutions and inner products under other names, whose blobs are those of the plain layers."""

from __future__ import annotations

from caffe_fillers.layers.contract import Setup, Weights, layer
from caffe_fillers.layers.convolution import convolution, deconvolution
from caffe_fillers.layers.forks.common import four_axes
from caffe_fillers.layers.inner_product import inner_product
from caffe_fillers.schema import LayerParameter
from caffe_fillers.shapes import UNKNOWN, Shape


@layer(
    *("DepthwiseConvolution", "ConvolutionRistretto"),
    bottoms=(1, None),
    tops=(1, None),
    same_number=True,
    weights_need_shape=True,
    weights=Weights.KERNEL,
)
def same_as_convolution(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """yonghenglh6/DepthwiseConvolution: faster code for group = channels; Ristretto: rounded arithmetic."""
    return convolution(parameter, bottoms)


@layer("ConvolutionDepthwise", weights_need_shape=True, weights=Weights.KERNEL)
def convolution_depthwise(parameter: LayerParameter, bottoms: tuple[Shape, ...]) -> Setup:
    """A kernel for each channel, whatever `num_output` and `group` say: ShuffleNet's conv_dw_layer.cpp.

    >>> layer = LayerParameter(type="ConvolutionDepthwise")
    >>> layer.convolution_param.num_output = 54
    >>> layer.convolution_param.kernel_size.append(3)
    >>> [param.shape for param in convolution_depthwise(layer, ((1, 60, 8, 8),)).events]
    [(60, 1, 3, 3), (60,)]
    """
    channels = four_axes(bottoms[0])[1]
    if channels is UNKNOWN:
        return convolution(parameter, bottoms)
    whole = LayerParameter()
    whole.CopyFrom(parameter)
    whole.convolution_param.num_output = whole.convolution_param.group = channels
    return convolution(whole, bottoms)


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
