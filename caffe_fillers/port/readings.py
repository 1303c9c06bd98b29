"""What a layer asks for, as targets with channels last read it: told once, and refused once."""

from __future__ import annotations

from dataclasses import dataclass

from caffe_fillers.errors import UsageError
from caffe_fillers.layers.windows import Windows, windows
from caffe_fillers.port import channels_last
from caffe_fillers.port.graph import Node
from caffe_fillers.port.initialisers.contract import number
from caffe_fillers.port.nodes import check_size, known, one_to_one, operands, pair, plain_lstm
from caffe_fillers.schema import LRNParameter, PoolingParameter
from caffe_fillers.shapes import Shape, canonical_axis

PRODUCT_LIMITS = "from axis 1 on, or the last axis alone"
EMBED_LIMITS = "bottoms of up to two axes"
LSTM_LIMITS = "no static input, no exposed states"
WINDOW_LIMITS = "one bottom, two spatial axes"
POOLING_LIMITS = "not stochastic, no mask; the image's size is fixed where windows reach over its edge"
STATISTICS_LIMITS = "inference alone, by its statistics"
DROPOUT_LIMITS = "inference alone, where it does nothing"
MVN_LIMITS = "images alone"


@dataclass(frozen=True)
class Pool:
    """A pooling: averages or maxima of windows, or of whole images, which then have no windows.

    `before` is the padding, `after` what the last windows see behind the
    image; for an average `beyond` is what of that does not count.
    """

    average: bool
    everything: bool
    size: Shape = ()
    stride: Shape = ()
    before: Shape = ()
    after: Shape = ()

    @property
    def beyond(self) -> Shape:
        """What windows see behind the padding."""
        return tuple(max(end - pad, 0) for end, pad in zip(self.after, self.before, strict=True))


def pool(node: Node) -> Pool:
    """The windows of a Pooling, which Caffe's rounding up may push over the edge."""
    parameter = node.layer.pooling_param
    one_to_one(node)
    if parameter.pool not in (PoolingParameter.MAX, PoolingParameter.AVE):
        raise UsageError("stochastic pooling is not carried over")
    average = parameter.pool == PoolingParameter.AVE
    if parameter.global_pooling:
        return Pool(average, everything=True)
    edges = channels_last.pooled_edges(node)
    return Pool(average, False, pair(parameter, "kernel"), pair(parameter, "stride"), *edges)


def image_window(node: Node) -> Windows:
    """The windows of a Convolution or Deconvolution of images."""
    one_to_one(node)
    parameter = node.layer.convolution_param
    if len(node.blobs[0]) != 4 or canonical_axis(parameter.axis, node.rank) != 1:
        raise UsageError("only images, with their channels on axis 1, are carried over")
    window = windows(parameter, 2)
    if node.layer.type == "Convolution":
        check_size(node.bottoms[0], window)
    return window


def flattens(node: Node) -> bool:
    """Whether an InnerProduct puts all axes but the first into one; else it goes along the last."""
    axis = canonical_axis(node.layer.inner_product_param.axis, node.rank)
    if node.rank == axis + 1 and node.rank != 4:
        return False
    if axis != 1:
        raise UsageError(f"a product over the axes from {axis} on is not carried over")
    if node.rank == 4:
        known(node.bottoms[0])
    return True


def check_embed(node: Node) -> None:
    """Refuse an Embed that would make four axes, which are no image."""
    if node.rank > 2:
        raise UsageError("only bottoms of up to two axes are carried over")


def check_lstm(node: Node) -> None:
    """Refuse an LSTM with a static input, exposed states, or streams of more than a vector."""
    plain_lstm(node)
    if node.rank != 3:
        raise UsageError("only inputs of time steps x streams x values are carried over")


def by_operand(node: Node) -> str:
    """A Scale or Bias by a second bottom, as code; nothing where it has parameters of its own."""
    operator = "*" if node.layer.type == "Scale" else "+"
    return f"{{0}} {operator} {channels_last.operand(node)}" if operands(node) else ""


def axis_word(node: Node, axis: int) -> str:
    """An axis as an argument, where it is not the last."""
    own = channels_last.axis_of(node, axis)
    return "" if own == node.rank - 1 else f", axis={own}"


def is_within(node: Node) -> bool:
    """Whether an LRN sums over a square of each channel."""
    return node.layer.lrn_param.norm_region == LRNParameter.WITHIN_CHANNEL


def response_call(node: Node) -> str:
    """An LRN as a call of the printed `local_response`, or of `local_response_within`."""
    parameter = node.layer.lrn_param
    words = ", ".join(
        [str(parameter.local_size), *(number(each) for each in (parameter.alpha, parameter.beta))]
    )
    if is_within(node):
        return f"local_response_within({{0}}, {words})"
    k = "" if parameter.k == 1 else f", {number(parameter.k)}"
    return f"local_response({{0}}, {words}{k})"


def deviation_call(node: Node) -> str:
    """An MVN as a call of the printed `mean_variance`; eps is added to the deviation, not to the variance."""
    parameter = node.layer.mvn_param
    if node.rank != 4:
        raise UsageError("only images are carried over")
    axes = (1, 2, 3) if parameter.across_channels else (1, 2)
    variance = "" if parameter.normalize_variance else ", variance=False"
    eps = float(number(parameter.eps))
    given = "" if eps == 1e-9 else f", eps={number(eps)}"
    return f"mean_variance({{0}}, {axes}{variance}{given})"
